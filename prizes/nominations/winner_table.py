"""Earlier winners as a table. The year and the title find one."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Country
from events.shared.tables.cells import whole_number
from events.shared.tables.resources import Row, TableResource, with_columns
from prizes.models import EarlierWinner
from prizes.nominations import duplicates
from prizes.nominations.similar_titles import title_key

WINNER_COLUMNS = ("year", "title", "entity_name", "country")


@with_columns(*WINNER_COLUMNS)
class EarlierWinnerResource(TableResource):
    """One row per project that won in an earlier year."""

    related = ("country",)
    required_columns = ("year", "title")
    sample_columns = WINNER_COLUMNS
    sample_rows = (
        ("2019", "Schools on the Air", "Radio Bamako", "ML"),
        ("2018", "Fjord Sensors", "University of Bergen", "NO"),
    )

    class Meta:
        model = EarlierWinner
        fields = WINNER_COLUMNS
        import_id_fields = ("year", "title")
        name = "earlier winners"

    def get_or_init_instance(self, instance_loader: Any, row: Row) -> tuple[EarlierWinner, bool]:
        year = self.at("year", lambda: whole_number(row["year"], most=2100))
        if not year or year < 1990:
            raise ValidationError({"year": _("Enter a year such as 2019")})
        known = self.get_queryset().filter(year=year, title_key=title_key(row["title"])).first()
        if known:
            return known, False
        made = EarlierWinner(year=year)
        self.at("title", lambda: duplicates.rename(made, title=row["title"]))
        return made, True

    def read_country(self, winner: EarlierWinner, text: str) -> None:
        winner.country = self.find.one(text, Country) if text else None
