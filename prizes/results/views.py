"""The results, their tables as CSV and XLSX, and certificates. The same for everyone."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from events.shared.formatting.names import file_note
from events.shared.pages.public import public_page
from events.shared.pdf.certificates import source
from events.shared.pdf.responses import pdf_response
from events.shared.tables.table_responses import table_response
from prizes.count import turnout
from prizes.editions import public_edition
from prizes.editions.public_edition import find_edition
from prizes.models import Count, Edition
from prizes.results import certificates, champions_by_groups
from prizes.results import results_page as outcome
from registration.statistics import charts

# A page is kept no longer than this. One that changes at a set time, as an announcement does, ends at that moment by itself.
FRESH = 30
TOP_COUNTRIES = 12


def _end_at(response: HttpResponse, *, moment: datetime | None, now: datetime) -> HttpResponse:
    """Let the finished page live until a moment at the longest."""
    if moment is not None:
        response.life = max((moment - now).total_seconds(), 0)  # type: ignore[attr-defined]
    return response


@public_page(seconds=FRESH)
def results(request: HttpRequest, forum: str) -> HttpResponse:
    """What comes and when; from their announcement on the champions with their votes, and later the winners."""
    now = timezone.now()
    edition = find_edition(forum)
    shown = outcome.shown(edition, now=now)
    context: dict[str, Any] = {
        "forum": edition.forum,
        "edition": edition,
        "now": now,
        "shown": shown,
        "count": shown.count,
        "timeline": public_edition.Timeline(edition, now),
    }
    if shown.champions and shown.count is not None:
        context |= _announced(edition, shown=shown)
    return _end_at(render(request, "prizes/results/page.html", context), moment=shown.next_change, now=now)


def _announced(edition: Edition, *, shown: outcome.ShownResults) -> dict[str, Any]:
    """What the page has once the champions are announced."""
    assert shown.count is not None  # noqa: S101  there is no announcement without a count
    sections = outcome.sections(found=shown)
    tables = turnout.tables(shown.count)
    return {
        "sections": sections,
        "figures": outcome.figures(edition),
        "champions": sum(len(section.champions) for section in sections),
        "winners": sum(line.is_winner for section in sections for line in section.champions),
        "groups": {name: champions_by_groups.groups(name, sections=sections) for name in champions_by_groups.TABLES},
        "has_attendees": not turnout.hides_attendees(shown.count),
        "set_aside": outcome.set_aside(shown.count),
        "sponsors": public_edition.sponsors(edition),
        "turnout": {name: (table, charts.bars(table)) for name, table in tables.items()},
        "countries": (tables["country"], charts.bars(tables["country"], most=TOP_COUNTRIES)),
        "by_country": turnout.by_country(tables),
        "bundle_size": file_note("", size=shown.count.bundle_bytes) if shown.count.bundle else "",
    }


@public_page(seconds=FRESH)
def results_file(request: HttpRequest, forum: str, table: str, ending: str) -> HttpResponse:
    """The results or one table beside them (`ending`: csv or xlsx); 404 before the champions are announced, and for an unknown one."""
    now = timezone.now()
    shown = outcome.shown(find_edition(forum), now=now)
    if shown.count is None or not shown.champions:
        raise Http404
    if table == "results":
        header, rows = outcome.table(found=shown)
    elif table in champions_by_groups.TABLES:
        header, rows = _champions(table, shown=shown)
    elif table in turnout.SHOWN:
        header, rows = _turnout(shown.count, table=table)
    else:
        raise Http404
    response = table_response(f"{forum}-prizes-{table}.{ending}", header, rows=rows)
    return _end_at(response, moment=shown.next_change, now=now)


def _champions(table: str, *, shown: outcome.ShownResults) -> tuple[list[str], list[list[object]]]:
    groups = champions_by_groups.groups(table, sections=outcome.sections(found=shown))
    header = ["code", "name", "nominees", "champions", *(["winners"] if shown.winners else [])]
    return header, [list(group[: len(header)]) for group in groups]


def _turnout(count: Count, *, table: str) -> tuple[list[str], list[list[object]]]:
    found = turnout.tables(count)[table]
    rows: list[list[object]] = [
        [row.code, row.label, row.counts.people if row.counts else "", "yes" if row.counts else "no"]
        for row in found.rows
    ]
    rows.append(["total", "", found.total.people, "yes"])
    return ["code", "name", "people", "is_shown"], rows


@public_page(seconds=FRESH, is_never_late=True)
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """The certificate as a PDF in the address's language. Unknown codes, other spellings and an embargo look alike: 404."""
    now = timezone.now()
    found = certificates.find(code, now=now)
    if found is None or found.code != code:
        raise Http404
    return pdf_response(request, source(certificates.page(found)), name=f"certificate-{found.code}.pdf", now=now)
