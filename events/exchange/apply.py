"""An import, all or nothing: it reads a file, plans, and does what the plan says in one transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events.exchange import plan, plan_writer
from events.exchange.plan import Plan
from events.exchange.readers import file_formats, tables
from events.exchange.readers.records import Programme, Talk, refusal
from events.models import Forum, Session, User
from events.schedule import draft_timetable
from events.schedule.releases import releases
from events.shared.admin.admin_recording import EVERY
from events.shared.history import acts
from events.shared.history.verbs import Verb
from events.shared.pages import revision
from events.shared.pages.find_forum import check_open
from events.shared.tables.answers import Answers
from events.shared.tables.headers import OpenColumns

# One well-known zone for each offset, tried in turn for a file whose times have offsets but name no zone.
CANDIDATES = (
    "Europe/Zurich", "UTC", "Europe/London", "Europe/Athens", "Europe/Moscow", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "America/Sao_Paulo", "Africa/Lagos", "Africa/Johannesburg",
    "Africa/Nairobi", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok", "Asia/Shanghai",
    "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
REASONS = 5
LONGEST_FORUM = timedelta(days=400)


def bring_in(
    data: bytes,
    *,
    slug: str,
    answers: Answers,
    by: User | None,
    now: datetime,
    is_dry: bool = False,
    is_released: bool = False,
    seen: str | None = None,
) -> Plan:
    """Take the programme of a file into the forum of an address; the forum is made where it is not there.

    Returns the plan, with what could not be used. `is_dry`: it is done and taken back, under the forum's lock; the plan
    tells the clashes that there would be, and why a release would be refused. `is_released`: the public sees it at once
    (a forum that never had a session comes as the file has it, clashes and all, and is public; another one is released,
    and the release refuses what it refuses). `seen`: the digest of the plan that somebody agreed to; `answers`: what they said
    of columns and names that nobody knows.

    Refuses what `file_formats.read` and `releases.release` refuse, `archived` (the forum is), `no-dates` where a new forum would
    have no days, a bad address, `slug-taken` where somebody else makes the forum at this moment, and `moved-meanwhile` where it would do
    something else than what was seen; then nothing has happened. The file is read before anything is locked.
    """
    there = Forum.objects.filter(slug=slug).first()
    programme = file_formats.read(data, forum=there, today=now.date(), answers=answers)
    made: Plan | None = None
    try:
        with transaction.atomic():
            # Others may still write rows that only name the forum: `no_key`.
            forum = Forum.objects.select_for_update(no_key=True).filter(slug=slug).first()
            if forum:
                check_open(forum)
            forum = forum or _new_forum(programme, slug=slug, is_public=is_released and bool(programme.talks))
            made = plan.make(programme, forum=forum, is_released=is_released, answers=answers)
            made.check_seen(seen)
            _do(made, by=by, now=now, is_released=is_released)
            transaction.set_rollback(is_dry)
    except ValidationError as fault:
        if made is None or not is_dry:
            raise
        made.refused = list(fault.messages)
    return made


def _do(made: Plan, *, by: User | None, now: datetime, is_released: bool) -> None:
    """Write what the plan says, and release it where that is asked for; the plan then knows its clashes."""
    forum, is_first = made.forum, made.is_new_forum
    if is_first:
        _save(forum)
    elif is_released:
        is_first = not Session.objects.filter(forum=forum).exists() and releases.latest(forum) is None
    has_changes = is_first or not made.is_empty
    if has_changes:
        numbers = {"new": len(made.new), "changed": len(made.changed)}
        with acts.act(forum, verb=Verb.IMPORT_PROGRAMME, by=by, now=now, after=numbers, kept=EVERY) as act:
            plan_writer.write(made, act=act, by=by, now=now, is_public=is_first and is_released)
        revision.bump()
    if is_released:
        made.released = _release(made, is_first=is_first, by=by, now=now)
    if has_changes:
        made.clashes, made.more_clashes = draft_timetable.blocking(forum)


# --- a new forum ----------------------------------------------------------------------------------
def _new_forum(programme: Programme, *, slug: str, is_public: bool) -> Forum:
    """The forum that a file speaks of, unsaved. Refuses `no-dates` (of a table: its columns are asked about), and what its fields
    refuse."""
    zone = ZoneInfo(programme.zone or _fitting_zone(programme.talks))
    days = [talk.starts.astimezone(zone).date() for talk in programme.talks if talk.starts]
    # One that ends in the small hours belongs to the day before.
    days += [(talk.ends.astimezone(zone) - timedelta(hours=6)).date() for talk in programme.talks if talk.ends]
    if programme.starts and programme.ends and programme.starts <= programme.ends:
        days += [programme.starts, programme.ends]
    if not days:
        sentence = _("The file says no dates. Add the forum first, then bring in the file")
        raise _no_dates([sentence, *_reasons(programme)], programme)
    first, last = min(days), max(days)
    if last - first > LONGEST_FORUM:
        raise _no_dates([_("The file reaches over more than a year. Add the forum first")], programme)
    forum = Forum(
        slug=slug,
        name=programme.title or slug,
        theme=programme.theme,
        starts=first,
        ends=last,
        time_zone=zone.key,
        place=zone.key.split("/")[-1].replace("_", " "),
        is_virtual=False,
        is_public=is_public,
    )
    forum.set_usual_registration()
    forum.full_clean()
    return forum


def _no_dates(sentences: list[str], programme: Programme) -> ValidationError:
    if programme.headers:
        return OpenColumns(sentences, headers=programme.headers, columns=tables.COLUMN_CHOICES, code="no-dates")
    return ValidationError([refusal(text, code="no-dates") for text in sentences])


def _reasons(programme: Programme) -> list[str]:
    """Why a file without dates has none: the first lines of it that could not be used."""
    problems = programme.problems
    lines = [": ".join(filter(None, (problem.where, problem.text))) for problem in problems[:REASONS]]
    rest = len(problems) - len(lines) + programme.hidden_problems
    return [*lines, _("And %(n)s more") % {"n": rest}] if rest else lines


def _fitting_zone(talks: Iterable[Talk]) -> str:
    """The zone that fits the offsets of all times of a file; UTC where none fits."""
    offsets = {(talk.starts, talk.offset) for talk in talks if talk.starts and talk.offset is not None}
    for name in CANDIDATES:
        zone = ZoneInfo(name)
        if all(starts.astimezone(zone).utcoffset() == offset for starts, offset in offsets):
            return name
    return "UTC"


def _save(forum: Forum) -> None:
    """Make a forum. Refuses `slug-taken` where somebody else made one of this address since it was looked for."""
    try:
        with transaction.atomic():
            forum.save()
    except IntegrityError:
        words = _("Somebody has just made a forum with this address. Bring the file in again")
        raise refusal(words, code="slug-taken") from None


# --- releasing ------------------------------------------------------------------------------------
def _release(made: Plan, *, is_first: bool, by: User | None, now: datetime) -> int | None:
    note = _("Brought in from a file")
    forum = made.forum
    if is_first and made.items:
        return releases.record_first(forum, note=note, now=now).number
    if not releases.waiting(forum).exists():
        return None
    try:
        return releases.release(forum, note=note, by=by, now=now).number
    except ValidationError as fault:
        if getattr(fault, "code", None) == "nothing-changed":
            return None
        if "blocking-clash" not in {one.code for one in fault.error_list}:
            raise
        words = _(
            "The release is refused while these clashes stand. Bring the file in without a release, solve them on the board,"
            " then release"
        )
        raise ValidationError([ValidationError(words, code="blocking-clash"), *fault.error_list]) from None
