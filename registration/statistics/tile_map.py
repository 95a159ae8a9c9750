"""The map of countries: one square for each, by region, without borders. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from events.models import Country
from events.models.reference import Region
from events.shared.formatting.names import term
from registration.statistics.charts import shade
from registration.statistics.tables import PublicTable


class Tile(NamedTuple):
    """The square of a country. `number`: its attendances; None where they are hidden, or where it is not in the table at all
    (`is_listed`)."""

    code: str
    label: str
    number: int | None
    is_listed: bool

    @property
    def shade(self) -> int:
        return shade(self.number)


class RegionTiles(NamedTuple):
    """The squares of a region in the order of their names."""

    label: str
    tiles: list[Tile]


def tile_map(table: PublicTable, *, countries: Iterable[Country]) -> list[RegionTiles]:
    """The regions with a square for each of the `countries`. `table`: the public one by country. No region where it is empty: a
    country that is not listed looks like one from where nobody came."""
    counts = {row.code: row.counts for row in table.rows}
    tiles: dict[str, list[Tile]] = {region: [] for region in Region.values}
    for country in countries if counts else []:
        counted = counts.get(country.code)
        number = counted.attendances if counted else None
        tiles[country.region].append(Tile(country.code, term(country), number, country.code in counts))
    return [
        RegionTiles(str(Region(region).label), sorted(found, key=lambda tile: tile.label))
        for region, found in tiles.items()
        if found
    ]
