"""Conflicts of interest as the data propose them. The expert answers each: the data say where to look, not what is so.

Known limits: a speaker has no link to an account, so people are matched with speakers by their names; organisations
are compared by their names as people typed them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from events.models import Appearance
from events.models.reference import StakeholderType
from prizes.models import Assignment, Expert, Nomination
from prizes.nominations.similar_titles import entity_key
from registration.models import Registration

Conflict = Assignment.Conflict

# Where anybody can have an address: sharing one of these says nothing.
_FREE_MAIL = (
    "126.com 163.com aol.com free.fr gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.com hotmail.fr"
    " icloud.com laposte.net live.com mail.com mail.ru me.com msn.com naver.com orange.fr outlook.com pm.me"
    " proton.me protonmail.com qq.com rediffmail.com rocketmail.com sina.com wanadoo.fr web.de yahoo.co.in"
    " yahoo.co.jp yahoo.co.uk yahoo.com yahoo.fr yandex.com yandex.ru ymail.com zoho.com"
)
FREE_MAIL = frozenset(_FREE_MAIL.split())


@dataclass(frozen=True)
class Party:
    """What is known of one side: an expert, a nominated entity, or a nominator. Empty values tie nobody to anybody."""

    organisations: frozenset[str] = frozenset()  # as `key` writes them
    country: str = ""
    is_government: bool = False
    domain: str = ""  # of the e-mail address; empty for free mail
    sessions: frozenset[int] = frozenset()  # in which the person speaks


@dataclass
class Evidence:
    """The rows that conflicts are looked for in, fetched once for many pairs."""

    organisations: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))  # user → keys
    sessions: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))  # user → sessions spoken in


@lru_cache(maxsize=4096)  # each name is compared with hundreds of others
def key(name: str) -> str:
    """An organisation's name for comparing, wherever it is: capitals, accents, signs and blanks don't count."""
    return entity_key(name, "")


def domain(email: str) -> str:
    """The domain of an address, in lower case; empty for free mail."""
    found = email.rpartition("@")[2].strip().lower()
    return "" if found in FREE_MAIL else found


def between(expert: Party, *, entity: Party, nominator: Party) -> list[Assignment.Conflict]:
    """Return the conflicts between an expert and a nomination (its entity and its nominator), in the table's order."""
    are_two_governments = (
        expert.is_government and entity.is_government and "" not in {expert.country, entity.country}
    ) and expert.country != entity.country  # two “Ministry of Health”
    found = {
        Conflict.SAME_ORGANISATION: bool(expert.organisations & entity.organisations) and not are_two_governments,
        Conflict.SAME_GOVERNMENT: expert.is_government
        and entity.is_government
        and expert.country != ""
        and expert.country == entity.country,
        Conflict.NOMINATOR_TIES: (expert.domain != "" and expert.domain == nominator.domain)
        or bool(expert.organisations & nominator.organisations),
        Conflict.CO_SPEAKER: bool(expert.sessions & nominator.sessions),
    }
    return [conflict for conflict, is_there in found.items() if is_there]


def gather(experts: Iterable[Expert], nominations: Iterable[Nomination]) -> Evidence:
    """Fetch what `find` needs for these experts and nominations of one edition: three queries, however many they are.

    Both come with their accounts (`user`, `nominator`) fetched.
    """
    experts, nominations = list(experts), list(nominations)
    evidence = Evidence()
    if not experts or not nominations:
        return evidence
    people = {expert.user for expert in experts} | {nomination.nominator for nomination in nominations}
    forum = nominations[0].edition.forum_id
    names: dict[int, set[str]] = {person.pk: {_plain(person.name)} for person in people}
    rows = Registration.objects.active().filter(forum=forum, user__in=people)
    for user, name, organisation in rows.values_list("user_id", "name", "organisation"):
        names[user].add(_plain(name))
        if key(organisation):
            evidence.organisations[user].add(key(organisation))
    wanted = {name for each in names.values() for name in each if name}
    speaking: dict[str, set[int]] = defaultdict(set)
    spoken = Appearance.objects.filter(session__forum=forum).values_list("speaker__name", "session_id")
    for name, session in spoken:
        if _plain(name) in wanted:
            speaking[_plain(name)].add(session)
    for person in people:
        for name in names[person.pk]:
            evidence.sessions[person.pk] |= speaking.get(name, set())
    return evidence


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def find(expert: Expert, nomination: Nomination, *, evidence: Evidence | None = None) -> list[Assignment.Conflict]:
    """Return the conflicts that the data propose between an expert and a nomination; `evidence` saves the queries."""
    known = evidence or gather([expert], [nomination])
    one = Party(
        organisations=_keys(expert.organisation) | frozenset(known.organisations.get(expert.user_id, ())),
        country=expert.country_id or "",
        is_government=expert.stakeholder_type == StakeholderType.GOVERNMENT,
        domain=domain(expert.user.email),
        sessions=frozenset(known.sessions.get(expert.user_id, ())),
    )
    entity = Party(
        organisations=_keys(nomination.entity_name),
        country=nomination.country_id or "",
        is_government=nomination.stakeholder_type == StakeholderType.GOVERNMENT,
    )
    nominator = Party(
        organisations=frozenset(known.organisations.get(nomination.nominator_id, ())),
        domain=domain(nomination.nominator.email),
        sessions=frozenset(known.sessions.get(nomination.nominator_id, ())),
    )
    return between(one, entity=entity, nominator=nominator)


def _keys(name: str) -> frozenset[str]:
    found = key(name)
    return frozenset({found}) if found else frozenset()
