"""What is drawn of the public figures of a forum, put together once: the page of statistics and the Outcome Document show these values."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import number_format
from django.utils.translation import ngettext

from events.models import SDG, Country
from registration.models import Tally
from registration.sessions.attendance.linked_tables import SESSION
from registration.statistics import charts, tables
from registration.statistics.charts import Bar, LineChart
from registration.statistics.heat_map import HeatRow, heat_map
from registration.statistics.tables import PublicFigures, PublicTable
from registration.statistics.tile_map import RegionTiles, tile_map

TOP_SESSIONS = 10


@dataclass(frozen=True)
class PublicCharts:
    """`charts`: each table of groups with its bars, by dimension. `lines`: of the `growth`, with what they show in a sentence (`finding`);
    `tile_map`: the map of countries; `heat`: attendances of Action Lines by the `goals`."""

    charts: dict[str, tuple[PublicTable, list[Bar]]]
    growth: PublicTable
    lines: LineChart | None
    finding: str
    tile_map: list[RegionTiles]
    goals: list[SDG]
    heat: list[HeatRow]


def public_charts(found: PublicFigures, *, language: str, now: datetime) -> PublicCharts:
    """All charts as of `now`, from the copy that is published (decision 0060): none can tell more than the tables do."""
    by: dict[str, PublicTable] = {
        name: tables.table(found, dimension=name) for name in (*tables.BY_SIZE, *tables.IN_ORDER)
    }
    by |= {tables.SPEAKERS: tables.speakers(found), SESSION: tables.sessions(found, language=language)}
    growth = tables.growth(found, now=now)
    weeks = min(len(growth.rows), found.forum.whole_weeks)
    finding = ngettext(
        "In %(weeks)s week the attendances grew to %(attendances)s, the different people to %(people)s.",
        "In %(weeks)s weeks the attendances grew to %(attendances)s, the different people to %(people)s.",
        weeks,
    )
    goals, heat = heat_map(found)
    attendances, people = (number_format(number, force_grouping=True) for number in found.total)
    return PublicCharts(
        {name: (one, charts.bars(one, most=TOP_SESSIONS if name == SESSION else None)) for name, one in by.items()},
        growth,
        charts.lines(growth, weeks=found.forum.weeks),
        finding % {"weeks": weeks, "attendances": attendances, "people": people},
        tile_map(by[Tally.Dimension.COUNTRY], countries=Country.objects.all()),
        goals,
        heat,
    )
