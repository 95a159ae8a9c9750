"""Who gets a mailing: the people of the groups that were chosen, each once, without those who are left out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet, TextChoices
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from events.mailings import hooks
from events.mailings.hooks import MailGroup
from events.mailings.options import GroupForm
from events.models import ERASED_DOMAIN, Forum, Mailing, RefusedMail, Session, User
from events.shared.formatting.names import known_language
from events.shared.mail import refused_kinds
from events.shared.mail.bounces import suppressed
from events.shared.rights import memberships

SAMPLE_DOMAIN = ".sample.invalid"


class LeftOutReason(TextChoices):
    """Why somebody of the groups gets nothing."""

    EXCLUDED = "excluded", _("of a group that you leave out")
    REFUSED = "refused", _("refused mails of this kind")
    CLOSED = "closed", _("account closed or erased")
    NO_ADDRESS = "no-address", _("no address")
    BAD_ADDRESS = "bad-address", _("address written wrongly")
    SUPPRESSED = "suppressed", _("address that takes no mail")
    SAMPLE = "sample", _("made-up people of the sample")


class Recipient(NamedTuple):
    """Somebody who gets a mailing. `group`: its place in `Mailing.groups`; `title`: of what is their own."""

    user_id: int | None
    address: str
    name: str
    language: str
    group: int
    title: str


@dataclass
class Receivers:
    """Who gets a mailing, and of those who do not their names, by the reason."""

    people: list[Recipient]
    left_out: dict[str, list[str]] = field(default_factory=dict)
    on_several: int = 0  # stood in more than one of the groups

    @cached_property
    def languages(self) -> Counter[str]:
        """How many there are of each language."""
        return Counter(one.language for one in self.people)


@dataclass(frozen=True)
class Chosen:
    """A group as it was chosen. `form`: its options; `number`: its place in `Mailing.groups`."""

    group: MailGroup
    form: forms.Form
    is_excluded: bool
    number: int

    @property
    def session(self) -> Session | None:
        """The session that the group is about, where one was chosen."""
        return self.form.cleaned_data.get("session") if self.form.is_valid() else None

    def people(self, forum: Forum, *, now: datetime) -> QuerySet[Any, Any]:
        """Rows of `hooks.mail_receivers`; none while an option is wrong."""
        return self.group.people(forum, self.form.cleaned_data, now) if self.form.is_valid() else User.objects.none()


def known() -> dict[str, MailGroup]:
    """All groups by their keys, in the order of the apps."""
    return {
        group.key: group
        for app in ("registration", "events", "prizes")
        for function in hooks.mail_groups.of(app)
        for group in function()
    }


def offered(user: User, *, forum: Forum) -> list[MailGroup]:
    """The groups that an account may choose in a forum."""
    return [group for group in known().values() if group.is_offered and memberships.has(user, group.right, forum)]


def chosen(said: Sequence[Mapping[str, Any]], *, forum: Forum, prefix: str = "") -> list[Chosen]:
    """The groups as `Mailing.groups` has them, each with its options in a bound form; those that no app has any more are left
    out. `prefix`: of the names of the fields, before the number of the group."""
    rows = []
    for number, one in enumerate(said):
        if (group := known().get(one["key"])) is None:
            continue
        name = f"{prefix}{number}"
        data = MultiValueDict({f"{name}-{key}": values for key, values in one["options"].items()})
        form = (group.form or GroupForm)(data, forum=forum, prefix=name)
        rows.append(Chosen(group, form, bool(one.get("is_excluded")), number))
    return rows


def receivers(mailing: Mailing, rows: Sequence[Chosen], *, now: datetime) -> Receivers:
    """Find who gets a mailing. Whoever stands in several groups is one of the first; titles of one group are put together."""
    found, on_several, names = _once_each(mailing, rows, now=now)
    reasons = _reasons(mailing, found, open_=names, rows=rows, now=now)
    left_out: dict[str, list[str]] = defaultdict(list)
    people = []
    for key, person in found.items():
        if reason := reasons.get(key):
            left_out[reason].append(person.name or person.address)
        else:
            people.append(person)
    return Receivers(people, dict(left_out), on_several)


def _once_each(
    mailing: Mailing, rows: Sequence[Chosen], *, now: datetime
) -> tuple[dict[str, Recipient], int, dict[str, bool]]:
    """Everybody of the groups by their address, how many stood in several, and whether each account is open."""
    found: dict[str, Recipient] = {}
    titles: dict[str, list[str]] = defaultdict(list)
    several: set[str] = set()
    is_open: dict[str, bool] = {}
    for one in rows:
        if one.is_excluded:
            continue
        for user_id, address, active, language, name, title in with_accounts(one.people(mailing.forum, now=now)):
            key = (address or f"#{user_id}").lower()
            person = found.setdefault(
                key, Recipient(user_id, address or "", name or "", known_language(language), one.number, "")
            )
            if person.group != one.number:
                several.add(key)
            elif title and title not in titles[key]:
                titles[key].append(title)
            is_open[key] = active
    people = {key: person._replace(title="; ".join(titles[key])) for key, person in found.items()}
    return people, len(several), is_open


def with_accounts(rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """An address without an account counts as that of the account which confirmed it. One query where there are any."""
    listed = [tuple(row) for row in rows]
    loose = {row[1].lower() for row in listed if row[0] is None and row[1]}
    if not loose:
        return listed
    confirmed = User.objects.filter(emailaddress__email__in=loose, emailaddress__verified=True)
    owners = {
        address: (key, own, is_active, language)
        for address, key, own, is_active, language in confirmed.values_list(
            "emailaddress__email", "pk", "email", "is_active", "language"
        )
    }
    return [(*owners.get((row[1] or "").lower(), row[:4]), *row[4:]) if row[0] is None else row for row in listed]


def _reasons(
    mailing: Mailing,
    found: Mapping[str, Recipient],
    *,
    open_: Mapping[str, bool],
    rows: Sequence[Chosen],
    now: datetime,
) -> dict[str, str]:
    """Why some of these people get nothing: the reason, by the key of each."""
    excluded = {
        (row[1] or f"#{row[0]}").lower()
        for one in rows
        if one.is_excluded
        for row in with_accounts(one.people(mailing.forum, now=now))
    }
    kind = refused_kinds.refusable().get(mailing.kind, "")
    bounced = suppressed.among(found.keys())
    refuse = set(RefusedMail.objects.filter(kind=kind).values_list("user", flat=True))
    reasons: dict[str, str] = {}
    for key, person in found.items():
        if not open_[key] or key.endswith(ERASED_DOMAIN):
            reasons[key] = LeftOutReason.CLOSED
        elif not person.address:
            reasons[key] = LeftOutReason.NO_ADDRESS
        elif not _is_address(key):
            reasons[key] = LeftOutReason.BAD_ADDRESS
        elif key in bounced:
            reasons[key] = LeftOutReason.SUPPRESSED
        elif settings.EMAIL_URL and key.endswith(SAMPLE_DOMAIN):
            reasons[key] = LeftOutReason.SAMPLE
        elif key in excluded:
            reasons[key] = LeftOutReason.EXCLUDED
        elif person.user_id in refuse:
            reasons[key] = LeftOutReason.REFUSED
    return reasons


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
