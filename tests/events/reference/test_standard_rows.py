from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from events.models import SDG, ActionLine, Country, MatrixLink, SessionType, Theme
from events.models.reference import PrizeRegion, Region
from events.reference import standard_rows

pytestmark = pytest.mark.django_db


def test_countries_are_the_195_of_the_united_nations_each_in_one_region_of_each_scheme():
    rows = standard_rows.data("countries")

    assert len({row["code"] for row in rows}) == len({row["name"] for row in rows}) == 195
    assert [len({row["translations"][code]["name"] for row in rows}) for code in ("fr", "ar")] == [195, 195]
    assert Country.objects.count() == 195
    assert {*Country.objects.values_list("region", flat=True)} == {*Region.values}
    assert {*Country.objects.values_list("prize_region", flat=True)} == {*PrizeRegion.values}
    names = {country.code: (country.name, country.translations["fr"]["name"]) for country in Country.objects.all()}
    assert [names[code] for code in ("TR", "VA", "PS")] == [
        ("Türkiye", "Türkiye"),
        ("Holy See", "Saint-Siège"),
        ("State of Palestine", "État de Palestine"),
    ]


def test_rows_are_there_after_migrate_and_are_not_added_again():
    assert (ActionLine.objects.count(), SDG.objects.count(), SessionType.objects.count()) == (19, 17, 23)
    assert ActionLine.objects.filter(parent__code="C7").count() == 8
    assert MatrixLink.objects.filter(action_line__code="C7-E-ENV").count() == 5
    assert list(SDG.objects.filter(has_white_text=True).values_list("number", flat=True)) == [1, 4, 8, 10, 13, 16, 17]
    assert standard_rows.load() == 0


def test_migrate_keeps_what_organisers_changed_and_fills_an_empty_table_again():
    ActionLine.objects.filter(code="C9").update(title="Media and journalism")
    MatrixLink.objects.filter(action_line__code="C11", sdg=17).delete()
    call_command("migrate", verbosity=0)
    assert ActionLine.objects.get(code="C9").title == "Media and journalism"
    assert MatrixLink.objects.filter(action_line__code="C11").count() == 0

    MatrixLink.objects.all().delete()
    assert standard_rows.load() == sum(map(len, standard_rows.data("wsis_sdg_matrix").values()))


def test_organisers_find_a_country_in_another_language(organiser_site):
    assert organiser_site.get("/admin/events/country/?q=suisse").context["cl"].result_count == 1


def test_themes_of_health_are_added_to_those_of_a_site_that_has_some():
    migration = import_module("events.migrations.0077_themes_of_health")
    Theme.objects.exclude(code="health").delete()
    Theme.objects.create(code="covid-19", name="The pandemic", order=40)

    for _time in range(2):
        migration.add(apps, connection.schema_editor())

    assert list(Theme.objects.values_list("name", flat=True)) == ["Health", "The pandemic", "Well-being"]
    assert {"COVID-19", "Well-being"} <= {row["name"] for row in standard_rows.data("themes")}
