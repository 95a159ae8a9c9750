"""Conflicts of interest as the data propose them. The expert answers each: the data say where to look, not what is so.

People belong to the organisation of their registration, under all its names and its initials; experts and nominations name
theirs as people typed them, so these are compared by their letters. A speaker is the account that the speaker connected.
Known limit: one without an account is matched with people by the name.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from events.models import Appearance, OrganisationName
from events.models.reference import StakeholderType
from prizes.models import Assignment, Expert, Nomination
from prizes.nominations.similar_titles import entity_key
from registration.models import Registration

Conflict = Assignment.Conflict

# Where anybody can have an address: sharing one of these says nothing.
FREE_MAIL = frozenset((Path(__file__).parents[1] / "data" / "free_mail_domains.txt").read_text().split())


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
    accounts: dict[str, set[int]] = defaultdict(set)  # of each name
    for person in people:
        accounts[_plain(person.name)].add(person.pk)
    rows = Registration.objects.active().filter(forum=forum, user__in=people).select_related("affiliation")
    members: dict[int, set[int]] = defaultdict(set)  # organisation → users
    for row in rows.only("user", "name", "organisation", "affiliation__name", "affiliation__acronym"):
        accounts[_plain(row.name)].add(row.user_id)
        evidence.organisations[row.user_id] |= _keys(row.organisation)
        if row.affiliation:
            members[row.affiliation.pk].add(row.user_id)
            evidence.organisations[row.user_id] |= _keys(row.affiliation.name) | _keys(row.affiliation.acronym)
    others = OrganisationName.objects.filter(organisation__in=members).values_list("organisation", "name")
    for organisation, name in others:
        for user in members[organisation]:
            evidence.organisations[user] |= _keys(name)
    _add_sessions(evidence, forum=forum, accounts=accounts)
    return evidence


def _add_sessions(evidence: Evidence, *, forum: int, accounts: dict[str, set[int]]) -> None:
    """The sessions in which these people speak; `accounts`: of each name."""
    accounts.pop("", None)
    spoken = Appearance.objects.filter(session__forum=forum).order_by()
    for name, account, session in spoken.values_list("speaker__name", "speaker__account", "session_id"):
        for user in {account} if account else accounts.get(_plain(name), ()):
            evidence.sessions[user].add(session)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def find(expert: Expert, nomination: Nomination, *, evidence: Evidence | None = None) -> list[Assignment.Conflict]:
    """Return the conflicts that the data propose between an expert and a nomination (its entity and its nominator), in the
    table's order; `evidence` saves the queries. What is empty ties nobody to anybody."""
    known = evidence or gather([expert], [nomination])
    one, other = expert.user_id, nomination.nominator_id
    organisations = _keys(expert.organisation) | known.organisations[one]
    are_governments = expert.stakeholder_type == nomination.stakeholder_type == StakeholderType.GOVERNMENT
    countries = {expert.country_id, nomination.country_id}
    is_homonym = are_governments and len(countries - {None}) == 2  # two “Ministry of Health”
    own_domain = domain(expert.user.email)
    found = {
        Conflict.SAME_ORGANISATION: organisations & _keys(nomination.entity_name) and not is_homonym,
        Conflict.SAME_GOVERNMENT: are_governments and len(countries) == 1 and None not in countries,
        Conflict.NOMINATOR_TIES: own_domain == domain(nomination.nominator.email) != ""
        or organisations & known.organisations[other],
        Conflict.CO_SPEAKER: known.sessions[one] & known.sessions[other],
    }
    return [conflict for conflict, is_there in found.items() if is_there]


def _keys(name: str) -> frozenset[str]:
    return frozenset({key(name)} - {""})
