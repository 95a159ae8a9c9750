"""The chapters of the sessions: one for each Action Line, in which each session stands once, and what came of no session."""

from collections.abc import Iterator
from datetime import datetime
from itertools import batched

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from events.models import ActionLine, Appearance, Forum, Outcome, Session, SessionReport, Speaker
from events.models.outcome import public_report
from events.outcomes.report.report_draft import TEXTS
from events.shared.admin.admin_bases import label_of
from events.shared.formatting import times
from events.shared.formatting.markdown import Run
from events.shared.formatting.names import session_text, term
from prizes.outcome_document.parts import Paragraph, Part, ShortLines, Tiles, apart, heading, number, paragraph, prose
from registration.models import Tally
from registration.sessions.attendance.linked_tables import SESSION
from registration.statistics import tables
from registration.statistics.public_charts import PublicCharts

A_TIME = 25  # sessions


def held(forum: Forum, *, now: datetime) -> list[Session]:
    """The public sessions of a forum that took place or will, with their lines and outcomes, without what either say. Three queries."""
    rows = Session.objects.public(now).filter(forum=forum, state=Session.State.SCHEDULED).defer("description")
    outcomes = Outcome.objects.public(now).only("session")
    return list(rows.prefetch_related("action_lines", Prefetch("outcomes", outcomes)).order_by("starts", "pk"))


def _whole(sessions: list[Session], *, now: datetime) -> Iterator[Session]:
    """Sessions with all that is said of them, a few at a time: all of a large forum would take tens of megabytes. Fourteen queries."""
    panel = Appearance.objects.released().select_related("speaker__organisation", "speaker__country")
    rows = Session.objects.select_related("forum", "type", "room", "report").prefetch_related(
        "organisers",
        "action_lines",
        "sdgs",
        Prefetch("appearances", panel),
        Prefetch("outcomes", Outcome.objects.public(now).whole()),
    )
    for some in batched(sessions, A_TIME, strict=False):
        yield from rows.filter(pk__in=[one.pk for one in some]).order_by("starts", "pk")


def chapters(sessions: list[Session], *, shown: PublicCharts, forum: Forum, now: datetime) -> Iterator[Part]:
    """A chapter for each Action Line of some sessions. A session stands in the first of its lines; the others lead there."""
    of_line, of_session = (
        {row.code: row for row in shown.charts[name][0].rows} for name in (Tally.Dimension.ACTION_LINE, SESSION)
    )
    lines = {line: [one for one in sessions if line in one.action_lines.all()] for line in ActionLine.objects.all()}
    lines = {line: those for line, those in lines.items() if those}
    first = {one: line for line in reversed(lines) for one in lines[line]}
    for line, those in lines.items():
        yield heading(1, f"{line.label} {term(line.title)}")
        yield _line_figures(those, row=of_line.get(line.code))
        yield from _sessions([one for one in those if first[one] == line], rows=of_session, now=now)
        if elsewhere := [one for one in those if first[one] != line]:
            yield heading(2, _("Sessions of other chapters that are about this Action Line, too"))
            yield ShortLines(
                [paragraph(Run(session_text(one), link=f"#{_anchor(one)}"), style="item") for one in elsewhere]
            )
    if rest := [one for one in sessions if one not in first]:
        yield heading(1, _("Further sessions"))
        yield from _sessions(rest, rows=of_session, now=now)
    yield from _other_outcomes(sessions, forum=forum, now=now)


def _anchor(session: Session) -> str:
    return f"session-{session.code}"


def _line_figures(sessions: list[Session], *, row: tables.StatisticsRow | None) -> Tiles:
    """How many sessions, attendances (as the public table has them) and outcomes."""
    outcomes = sum(len(one.outcomes.all()) for one in sessions)
    attendances = row.counts.attendances if row and row.counts else 0
    shown = _("not shown") if row and not row.counts else number(attendances)
    return Tiles(
        [
            (number(len(sessions)), ngettext("session", "sessions", len(sessions))),
            (shown, npgettext("below a figure", "attendance", "attendances", attendances)),
            (number(outcomes), npgettext("below a figure", "outcome", "outcomes", outcomes)),
        ]
    )


def _sessions(sessions: list[Session], *, rows: dict[str, tables.StatisticsRow], now: datetime) -> Iterator[Part]:
    for one in _whole(sessions, now=now):
        yield from _session(one, row=rows.get(one.code))


def _session(session: Session, *, row: tables.StatisticsRow | None) -> Iterator[Part]:
    """When it was and by whom, who spoke, and what its hosts report; where they report nothing, what was announced."""
    assert session.starts is not None  # noqa: S101  a public session has both
    assert session.ends is not None  # noqa: S101
    yield heading(2, session_text(session), anchor=_anchor(session))
    when = times.dated_span(session.starts, ends=session.ends, forum=session.forum, form="l j F Y")
    about = [when, term(session.type), term(session.room)]
    yield paragraph(apart(" · ").join(part for part in about if part), style="quiet")
    facts = {
        _("Organisers"): _(", ").join(organisation.name for organisation in session.organisers.all()),
        _("Action Lines"): _(", ").join(line.label for line in session.action_lines.all()),
        _("Goals"): _(", ").join(goal.label for goal in session.sdgs.all()),
        _("Attendances"): "" if row is None else number(row.counts.attendances) if row.counts else _("not shown"),
    }
    if lines := [_labelled(label, text) for label, text in facts.items() if text]:
        yield ShortLines(lines)
    if panel := session.appearances.all():
        yield heading(3, _("Panellists"))
        yield ShortLines([_panellist(one) for one in panel])
    yield from _report(session, otherwise=session_text(session, "description"))
    if outcomes := session.outcomes.all():
        yield heading(3, _("Outcomes"))
        for outcome in outcomes:
            yield from _outcome(outcome)


def _labelled(label: str, text: str) -> Paragraph:
    return paragraph(Run(label + apart(), is_bold=True), text)


def _panellist(appearance: Appearance) -> Paragraph:
    speaker: Speaker = appearance.speaker
    parts = [
        speaker.position,
        speaker.organisation.name if speaker.organisation else "",
        term(speaker.country) if speaker.country else "",
    ]
    about = _(", ").join(part for part in parts if part)
    is_plain = appearance.role == Appearance.Role.PANELLIST
    role = "" if is_plain else f"{apart()}{appearance.get_role_display()}"
    name = Run(speaker.full_name, is_bold=True)
    return paragraph(name, f"{apart()}{about}" if about else "", Run(role, is_italic=True), style="item")


def _report(session: Session, *, otherwise: str) -> Iterator[Part]:
    report = public_report(session)
    if report is None and otherwise:
        yield heading(3, _("Description"))
        yield from prose(otherwise)
    for name in TEXTS:
        if text := getattr(report, name, ""):
            yield heading(3, label_of(SessionReport, name))
            yield from prose(text)


def _outcome(outcome: Outcome) -> Iterator[Part]:
    yield paragraph(Run(outcome.get_kind_display() + apart(), is_bold=True), outcome.title)
    names = [organisation.name for organisation in outcome.organisations.all()]
    day = times.long_date(outcome.date) if outcome.date else ""
    if about := apart(" · ").join(part for part in (_(", ").join(names), day) if part):
        yield paragraph(about, style="quiet")
    yield from prose(outcome.text)


def _other_outcomes(sessions: list[Session], *, forum: Forum, now: datetime) -> Iterator[Part]:
    """The outcomes of no session that stands in the document."""
    rows = Outcome.objects.public(now).filter(forum=forum).exclude(session__in=sessions).whole()
    if others := list(rows.order_by("order", "pk")):
        yield heading(1, _("Outcomes of the forum"))
        for outcome in others:
            yield from _outcome(outcome)
