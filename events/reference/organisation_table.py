"""Organisations as a table. The name, or another name, finds an organisation."""

from typing import Any

from events.models import Country, Organisation
from events.models.columns import one_line
from events.models.reference import StakeholderType
from events.reference import organisations
from events.shared.tables.cells import choice
from events.shared.tables.resources import Row, TableResource, with_columns

ORGANISATION_COLUMNS = ("name", "acronym", "stakeholder_type", "country", "website")


@with_columns(*ORGANISATION_COLUMNS)
class OrganisationResource(TableResource):
    """One row per organisation."""

    related = ("country",)
    required_columns = ("name", "stakeholder_type")
    sample_columns = ORGANISATION_COLUMNS
    sample_rows = (
        ("Ministry of Digital Economy of Mali", "", "government", "ML", "https://example.org"),
        ("International Telecommunication Union", "ITU", "united_nations", "", "https://www.itu.int"),
    )

    class Meta:
        model = Organisation
        fields = ORGANISATION_COLUMNS
        import_id_fields = ("name",)
        name = "organisations"

    def get_or_init_instance(self, instance_loader: Any, row: Row) -> tuple[Organisation, bool]:
        name = one_line(row["name"])
        known = organisations.meant(name) if name else None
        return (known, False) if known else (Organisation(name=name), True)

    def read_stakeholder_type(self, organisation: Organisation, text: str) -> None:
        organisation.stakeholder_type = choice(text, choices=StakeholderType.choices)

    def read_country(self, organisation: Organisation, text: str) -> None:
        organisation.country = self.find.one(text, Country) if text else None
