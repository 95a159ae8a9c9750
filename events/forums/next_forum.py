"""The next edition of a forum, made from the last one: its settings and what the organisers choose, nothing of people and
nothing public."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events.forums import copied_rows
from events.forums.copied_rows import OF_THE_YEAR, Copying
from events.models import Forum, HistoryEntry, Membership, User
from events.shared.admin.local_times import YEARS
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.rights import memberships

MOST_WEEKS = 520  # ten years
MOST_DAYS = 366


@transaction.atomic
def make(
    forum: Forum,
    *,
    name: str,
    slug: str,
    weeks: int,
    days: int,
    parts: Collection[str],
    with_roles: bool = False,
    by: User,
    now: datetime,
    authenticated: datetime | None = None,
) -> Forum:
    """Make the next forum, `weeks` after this one, with as many `days`; return it, and leave one line in the history.

    `parts`: keys of `copied_rows.parts()`. `with_roles`: the people with a role in this forum get it in the next one too, as
    far as `by` may give it (`events.shared.rights.memberships.give`: some roles then wait for a second supervisor). The row of the
    forum is locked: what others change at that moment waits, or is there before.

    Refuses what a new forum's fields refuse (a taken or reserved address), `year-out-of-range`, `taken` where somebody made one with this address
    at the same time, and, with roles, what `give` refuses of who acts (`not-supervisor`, `not-recent`, `no-second-factor`).
    """
    old = Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
    _check_year(old.starts.year + (7 * weeks + days) // 365)
    new = Forum(**copied_rows.values_of(old, weeks=weeks, without=OF_THE_YEAR) | {"name": name, "slug": slug})
    new.ends = new.starts + timedelta(days=days - 1)
    # Its name and theme are its own in every language.
    new.translations = {code: {"place": said["place"]} for code, said in old.translations.items() if "place" in said}
    new.full_clean()
    try:
        with transaction.atomic():
            new.save()
            counts = _fill(new, old=old, weeks=weeks, parts=parts)
    except IntegrityError as error:
        words = _("Somebody has just made a forum with this address, or two dates fall together. Nothing was made")
        raise ValidationError(words, code="taken") from error
    if with_roles:
        counts["roles"] = _give_roles(new, old=old, by=by, now=now, authenticated=authenticated)
    after = {"from": old.slug, "weeks": weeks, "rows": counts}
    after |= {"starts": old.starts.isoformat(), "ends": old.ends.isoformat()}
    log.record(new, verb=Verb.MAKE_NEXT, by=by, now=now, after=after)
    return new


def _check_year(year: int) -> None:
    if year not in YEARS:
        words = _("Choose a number of weeks with which the forum ends before 2100")
        raise ValidationError({"weeks": ValidationError(words, code="year-out-of-range")})


def _fill(new: Forum, *, old: Forum, weeks: int, parts: Collection[str]) -> Counter[str]:
    """Copy what belongs to the forum; return how many rows of each model."""
    new.co_organisers.set(old.co_organisers.all())
    new.session_types.set(old.session_types.all())
    copying = Copying(old, into=new, weeks=weeks)
    counts: Counter[str] = Counter()
    for part in copied_rows.parts():
        for rows in part.rows if part.key in parts else ():
            counts[rows.model._meta.model_name or ""] = copying.take(rows)
    return counts


def _give_roles(new: Forum, *, old: Forum, by: User, now: datetime, authenticated: datetime | None) -> int:
    """Give the roles of one forum in another; return how many. Who may not be given a role any more (a closed account), and
    who gives, is left out."""
    given = 0
    reason = _("As in %(forum)s") % {"forum": old.name}
    for held in Membership.objects.filter(forum=old).select_related("account"):
        try:
            with transaction.atomic():
                memberships.give(
                    held.account, role=held.role, forum=new, reason=reason, by=by, now=now, authenticated=authenticated
                )
        except ValidationError as refusal:
            if getattr(refusal, "code", "") not in {
                "to-oneself",
                "lacks-right",
                "closed-account",
                "has-role",
                "proposed-already",
            }:
                raise
        else:
            given += 1
    return given


def origin(forum: Forum) -> HistoryEntry | None:
    """The line of the history that says from which forum this one was made; None where it was not. One query."""
    return log.of(forum).filter(verb=Verb.MAKE_NEXT).first()
