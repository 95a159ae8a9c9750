"""The Outcome Document of a forum, put together once from the database; its files are drawn from that (`PROGRAMS`).

What is in it is what the public may see at a moment, read at one point in time, by the functions of the public pages.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime

from django.db import connection, transaction
from django.utils import translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import CommitmentReport, Forum
from events.outcomes.commitments import commitment_figures
from events.programme import forum_home
from events.programme.sharing import edition_weave
from events.shared.drawings import weave
from events.shared.formatting import markdown, times
from events.shared.formatting.markdown import Run
from events.shared.formatting.names import forum_name, listed, local_text
from prizes.outcome_document import figure_chapters, prize_chapter, session_chapters
from prizes.outcome_document.parts import Cover, DocumentContent, Part, heading, number, paragraph, prose, table, words
from registration.statistics.public_charts import public_charts
from registration.statistics.tables import PublicFigures

LONGEST = 80  # words of the chair's message on the cover


def document(forum: Forum, *, version: int, now: datetime) -> DocumentContent:
    """The document in the active language, as of `now`. Some sixty queries, and fourteen for each
    25 sessions of an Action Line."""
    language = translation.get_language() or "en"
    is_alone = connection.vendor == "postgresql" and not connection.in_atomic_block
    with transaction.atomic() if is_alone else nullcontext():
        if is_alone:  # all queries see the same rows, whatever is written while they run
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        figures = PublicFigures(forum)
        found = DocumentContent(
            language=language,
            direction="rtl" if translation.get_language_bidi() else "ltr",
            title=_("%(forum)s: Outcome Document") % {"forum": forum_name(forum)},
            contents=_("Contents"),
            cover=_cover(forum, version=version, figures=figures, now=now),
        )
        found.add(_parts(forum, figures=figures, now=now, language=language))
        return found


def _cover(forum: Forum, *, version: int, figures: PublicFigures, now: datetime) -> Cover:
    where = _("online") if forum.is_virtual else local_text(forum, "place")
    organisers = [forum.host, *forum.co_organisers.all()]
    notes = [
        _("Version %(number)s, with what was public on %(time)s")
        % {"number": version, "time": times.deadline(now, zone=forum.zone, forum=forum)}
    ]
    if figures.counted:
        counted = times.deadline(figures.counted, zone=forum.zone, forum=forum)
        notes.append(_("Counted from attendance records on %(time)s.") % {"time": counted})
    if forum.is_sample:
        notes.append(_("Sample data: sessions and figures are made up."))
    lines = [times.date_range(forum.starts, forum.ends), where, listed(dict.fromkeys(filter(None, organisers)))]
    chair = forum_home.chair(forum)
    return Cover(
        forum=words(forum_name(forum)),
        name=_("Outcome Document"),
        theme=words(local_text(forum, "theme")),
        lines=[words(line) for line in lines if line],
        message=words(Truncator(_beginning(chair.message)).words(LONGEST)),
        chair=words(", ".join(filter(None, (chair.name, chair.title)))),
        notes=notes,
        weave=weave.svg(edition_weave.paths(forum), rows=4),
        ground=weave.PALETTES[weave.palette_number(forum.starts.year)].ground,
    )


def _beginning(message: str) -> str:
    """The first paragraph of a Markdown text, as plain text; "" where there is none."""
    paragraphs = (block.runs for block in markdown.blocks(message) if block.kind == "text")
    return "".join(run.text for run in next(paragraphs, ()))


def _parts(forum: Forum, *, figures: PublicFigures, now: datetime, language: str) -> Iterator[Part]:
    yield from _message(forum)
    shown = public_charts(figures, language=language, now=now)
    yield from figure_chapters.in_figures(figures, shown=shown)
    sessions = session_chapters.held(forum, now=now)
    yield from session_chapters.chapters(sessions, shown=shown, forum=forum, now=now)
    yield from figure_chapters.attendance(figures, shown=shown)
    yield from figure_chapters.matrix(forum)
    yield from prize_chapter.prize(forum, now=now)
    yield from _partners(forum)
    yield from _commitments(forum, now=now)


def _message(forum: Forum) -> Iterator[Part]:
    chair = forum_home.chair(forum)
    if chair.message:
        yield heading(1, _("Message of the chair"))
        yield from prose(chair.message)
        yield paragraph(Run(chair.name, is_bold=True))
        if chair.title:
            yield paragraph(chair.title)


def _partners(forum: Forum) -> Iterator[Part]:
    if partners := forum_home.partners(forum):
        yield heading(1, _("Partners and sponsors"))
        kind = ""
        for partner in partners:
            if partner.kind != kind:
                kind = partner.kind
                yield heading(2, partner.get_kind_display())
            yield paragraph(partner.organisation.name, style="item")


def _commitments(forum: Forum, *, now: datetime) -> Iterator[Part]:
    """The annex. Who owns a commitment is its organisation, whatever became of the account."""
    found = commitment_figures.figures(forum, now=now)
    if not found.commitments:
        return
    yield heading(1, _("Annex: commitments"))
    kept = ngettext(
        "%(kept)s of %(total)s commitment was kept.", "%(kept)s of %(total)s commitments were kept.", found.all.total
    )
    yield paragraph(kept % {"kept": number(found.kept), "total": number(found.all.total)})
    rows = [
        [
            row.outcome.title,
            row.organisation.name,
            row.target,
            times.long_date(row.due) if row.due else "",
            row.latest.get_state_display() if row.latest else _("Nothing reported"),
        ]
        for row in found.commitments
    ]
    yield table([_("Commitment"), _("Organisation"), _("Target"), _("Due"), _("State")], rows, widths=[4, 3, 3, 3, 2])
    states = [*(str(label) for _state, label in CommitmentReport.State.choices), _("Nothing reported")]
    lines = [[line.label, number(line.total), *map(number, line.counts)] for line in found.by_line]
    if lines:
        yield heading(2, _("By Action Line"))
        note = _(
            "A commitment of several Action Lines or goals counts in each of them; one without any counts in none."
        )
        yield paragraph(note, style="quiet")
        yield table([_("Action Line"), _("All"), *states], lines, widths=[3, *[1] * (len(states) + 1)])
