import pytest
from django.core.management import call_command

from events.models import SDG, ActionLine, Country, MatrixLink, SessionType
from events.models.reference import PrizeRegion, Region
from events.reference import standard_rows

pytestmark = pytest.mark.django_db


def test_countries_are_the_195_of_the_united_nations():
    rows = standard_rows.data("countries")

    assert len({row["code"] for row in rows}) == 195
    assert len({row["name"] for row in rows}) == 195
    assert len({row["name_fr"] for row in rows}) == 195
    assert len({row["name_ar"] for row in rows}) == 195
    assert [row["code"] for row in rows if not (row["name"] and row["name_fr"] and row["name_ar"])] == []


def test_countries_stand_in_one_region_of_each_scheme():
    countries = Country.objects.all()

    assert countries.count() == 195
    assert {country.region for country in countries} == set(Region.values)
    assert {country.prize_region for country in countries} == set(PrizeRegion.values)


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


def test_rows_are_there_after_migrate():
    assert (ActionLine.objects.count(), SDG.objects.count(), SessionType.objects.count()) == (19, 17, 23)
    assert ActionLine.objects.filter(parent__code="C7").count() == 8
    assert MatrixLink.objects.filter(action_line__code="C7-E-ENV").count() == 5


def test_load_adds_nothing_when_rows_are_there():
    added = standard_rows.load()

    assert added == 0


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


def test_goals_have_white_digits_where_they_can_be_read():
    numbers = SDG.objects.filter(has_white_text=True).values_list("number", flat=True)

    assert list(numbers) == [1, 4, 8, 10, 13, 16, 17]
