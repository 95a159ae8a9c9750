"""Makes the sample forums: WSIS Forum 2020, the current edition and the one after it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from events.models import Forum, Proposal, Release, Session
from events.reference import standard_rows
from events.sample.loader import Loader, Row
from events.schedule import moves
from events.schedule.releases import releases
from events.shared.history import log as history
from events.shared.history.verbs import Verb

DATA = Path(__file__).resolve().parent.parent / "data" / "sample"
SLUG = "2020"
HALF_HOUR = timedelta(minutes=30)
CANCELLED, LATER = "SK7CPY", ("FT084U", "VDDMF1")  # sessions that the current edition's second version changes


def make(sample: Loader) -> tuple[Forum, Forum, Forum]:
    """Make 2020, an edition of 11 weeks in the third of which today is, and five days in the year after, with their programmes, calls,
    outcomes and partners. Atomicity is the caller's."""
    standard_rows.load()
    taken: set[str] = set(Forum.objects.values_list("slug", flat=True)) | {SLUG}
    made = sample.load(DATA, rest={"events.Forum": lambda row: _named(row, sample=sample, taken=taken)})
    past, current, following = made["events.Forum"]
    sessions = {session.code: session for session in made["events.Session"]}
    _on_air([one for one in sessions.values() if one.forum == current], now=sample.now)
    moves.place_new(sessions.values(), now=sample.now)
    first = "The programme of the sample, as it was first published."
    releases.record_first(past, note=first, now=datetime(2020, 6, 1, 8, tzinfo=UTC))
    releases.record_first(current, note=first, now=sample.now - timedelta(days=20))
    _second(current, sessions, now=sample.now - timedelta(days=1))
    for proposal in made["events.Proposal"]:
        _tell(proposal, now=sample.now)
    return past, current, following


def _named(row: Row, *, sample: Loader, taken: set[str]) -> Row:
    starts: Any = sample.moment(row["starts"])
    slug = SLUG if row["key"] == SLUG else free_slug(starts, taken=taken)
    taken.add(slug)
    return {"slug": slug, "name": row["name"].format(year=starts.year)}


def free_slug(first_day: date, *, taken: set[str]) -> str:
    """The year; year and month when that is taken; then with a number."""
    names = [f"{first_day:%Y}", f"{first_day:%Y-%m}", *[f"{first_day:%Y-%m}-{n}" for n in range(2, 100)]]
    return next(name for name in names if name not in taken)


def _on_air(sessions: list[Session], *, now: datetime) -> None:
    """A session that runs now is interpreted and broadcast, as one to come is in the files."""
    model = next(one for one in sessions if one.broadcast_url)
    for one in [one for one in sessions if one.is_live(now) and one.type.code != "exhibition"][:1]:
        one.languages, one.captioning, one.interpretation = model.languages, model.captioning, model.interpretation
        one.broadcast_url = f"https://example.org/live/{one.code}"
        one.save(update_fields=["languages", "captioning", "interpretation", "broadcast_url"])


def _second(forum: Forum, sessions: dict[str, Session], *, now: datetime) -> None:
    """The second version: one session is cancelled, two begin half an hour later. Nobody is mailed."""
    moves.cancel(sessions[CANCELLED], version=None, by=None, now=now)
    for one in (sessions[code] for code in LATER):
        assert one.starts is not None  # noqa: S101  the sample's sessions all have times
        assert one.ends is not None  # noqa: S101
        times = {"starts": one.starts + HALF_HOUR, "ends": one.ends + HALF_HOUR}
        moves.move(one, **times, room=one.room, version=None, by=None, now=now)
    releases.release(forum, note="One session is cancelled, two begin half an hour later.", by=None, now=now)
    Release.objects.filter(forum=forum).update(told=now)


def _tell(proposal: Proposal, *, now: datetime) -> None:
    if proposal.submitted:
        history.record(proposal, verb=Verb.SUBMIT_PROPOSAL, by=proposal.proposer, now=proposal.submitted)
    if proposal.state == Proposal.State.CHANGES:
        words = "Please name a moderator from another region."
        history.record(proposal, verb=Verb.ASK_CHANGES, by=None, now=now - timedelta(days=2), reason=words)
