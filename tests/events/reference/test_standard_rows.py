import pytest
from django.core.management import call_command

from events.models import SDG, ActionLine, Country, MatrixLink, SessionType
from events.models.reference import PrizeRegion, Region
from events.reference import standard_rows

pytestmark = pytest.mark.django_db


def test_countries_are_the_195_of_the_united_nations_each_in_one_region_of_each_scheme():
    rows = standard_rows.data("countries")

    for key in ("code", "name", "name_fr", "name_ar"):
        assert len({row[key] for row in rows if row[key]}) == 195
    assert Country.objects.count() == 195
    assert {*Country.objects.values_list("region", flat=True)} == {*Region.values}
    assert {*Country.objects.values_list("prize_region", flat=True)} == {*PrizeRegion.values}


@pytest.mark.parametrize(
    ("code", "name", "french"),
    [
        ("TR", "Türkiye", "Türkiye"),
        ("VN", "Viet Nam", "Viet Nam"),
        ("BO", "Bolivia (Plurinational State of)", "Bolivie (État plurinational de)"),
        ("KP", "Democratic People’s Republic of Korea", "République populaire démocratique de Corée"),
        ("VA", "Holy See", "Saint-Siège"),
        ("PS", "State of Palestine", "État de Palestine"),
    ],
)
def test_country_has_the_name_of_the_united_nations(code, name, french):
    country = Country.objects.get(code=code)

    assert (country.name, country.name_in("fr")) == (name, french)


def test_rows_are_there_after_migrate_and_are_not_added_again():
    assert (ActionLine.objects.count(), SDG.objects.count(), SessionType.objects.count()) == (19, 17, 23)
    assert ActionLine.objects.filter(parent__code="C7").count() == 8
    assert MatrixLink.objects.filter(action_line__code="C7-E-ENV").count() == 5
    assert list(SDG.objects.filter(has_white_text=True).values_list("number", flat=True)) == [1, 4, 8, 10, 13, 16, 17]
    assert standard_rows.load() == 0


def test_load_keeps_what_organisers_changed():
    ActionLine.objects.filter(code="C9").update(title="Media and journalism")
    MatrixLink.objects.filter(action_line__code="C11", sdg=17).delete()

    call_command("migrate", verbosity=0)

    assert ActionLine.objects.get(code="C9").title == "Media and journalism"
    assert MatrixLink.objects.filter(action_line__code="C11").count() == 0


def test_load_fills_an_empty_table_again():
    before = MatrixLink.objects.count()
    MatrixLink.objects.all().delete()
    ActionLine.objects.filter(code="C11").delete()

    added = standard_rows.load()

    assert added == before - 1


def test_load_without_the_tables_adds_nothing():
    class NoApps:
        def get_model(self, _app, _name):
            raise LookupError

    assert standard_rows.load(apps=NoApps()) == 0
