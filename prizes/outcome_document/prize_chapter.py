"""The chapter of the prize: its figures, champions and winners as far as they are announced, who voted, and the sponsors."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Forum
from events.shared.formatting.names import forum_name, local_text, term
from prizes.count import turnout
from prizes.editions import public_edition
from prizes.models import Edition
from prizes.outcome_document.parts import Part, Tiles, counted, heading, number, paragraph, table
from prizes.results import results_page
from prizes.results.results_page import CategoryResults, ShownResults
from registration.statistics import charts


def prize(forum: Forum, *, now: datetime) -> Iterator[Part]:
    """What the public page of the results has at a moment; nothing where the forum has no public prize."""
    edition = public_edition.edition_of(forum.slug)
    if edition is None:
        return
    yield heading(1, forum_name(edition.name))
    shown = results_page.shown(edition, now=now)
    if shown.count is None or not shown.champions:
        yield paragraph(_("The champions are not announced yet."))
    else:
        yield from _results(edition, shown=shown)
    if sponsors := public_edition.sponsors(edition):
        yield heading(2, _("Sponsors of the prize"))
        for sponsor in sponsors:
            yield paragraph(sponsor.organisation.name, style="item")


def _results(edition: Edition, *, shown: ShownResults) -> Iterator[Part]:
    assert shown.count is not None  # noqa: S101  champions are announced of a count
    sections = results_page.sections(found=shown)
    yield _figures(edition, shown=shown, sections=sections)
    yield paragraph(
        _("Votes cast are all choices; those of full ballots that were not set aside are valid.")
        if edition.require_all_categories
        else _("Votes cast are all choices; those of ballots that were not set aside are valid.")
    )
    if words := results_page.set_aside(shown.count):
        yield paragraph(words)
    for section in sections:
        yield from _category(section)
    tables = turnout.tables(shown.count)
    for name, dimension in (
        (_("Valid ballots by region"), turnout.Dimension.REGION),
        (_("Valid ballots by stakeholder type"), turnout.Dimension.STAKEHOLDER_TYPE),
    ):
        yield from counted(name, (tables[dimension], charts.bars(tables[dimension])), has_people=False)


def _figures(edition: Edition, *, shown: ShownResults, sections: list[CategoryResults]) -> Tiles:
    """From the projects submitted to the winners, and the votes: those that were cast, and the valid ones among them."""
    assert shown.count is not None  # noqa: S101  champions are announced of a count
    figures = results_page.figures(edition)
    champions = [line for section in sections for line in section.champions]
    winners = sum(line.is_winner for line in champions)
    cast, valid = figures["cast"], shown.count.valid_votes
    tiles = [
        (
            number(figures["submitted"]),
            ngettext("project submitted", "projects submitted", figures["submitted"]),
        ),
        *(
            [(number(figures["check"]), ngettext("passed the first check", "passed the first check", figures["check"]))]
            if figures["check"]
            else []
        ),
        (number(figures["nominated"]), ngettext("nominated", "nominated", figures["nominated"])),
        (number(len(champions)), ngettext("champion", "champions", len(champions))),
        *([(number(winners), ngettext("winner", "winners", winners))] if shown.winners else []),
        (number(cast), ngettext("vote cast", "votes cast", cast)),
        (number(valid), ngettext("valid vote", "valid votes", valid)),
    ]
    return Tiles(tiles)


def _category(section: CategoryResults) -> Iterator[Part]:
    line = section.category.action_line
    yield heading(2, f"{line.label} {local_text(section.category, 'title')}")
    rows = []
    for result in section.champions:
        nomination = result.nomination
        of = [nomination.entity_name, term(nomination.country) if nomination.country else ""]
        honour = _("Winner") if result.is_winner else _("Champion")
        rows.append([nomination.title, _(", ").join(part for part in of if part), honour, number(result.votes)])
    yield table([_("Project"), _("Entity"), _("Result"), _("Valid votes")], rows, widths=[5, 4, 2, 1])
