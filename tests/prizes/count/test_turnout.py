import pytest
from hypothesis import given
from hypothesis import strategies as st

from prizes.count import turnout
from registration.statistics import suppression
from registration.statistics.suppression import Counts
from tests.prizes.counted import counted, turn_out

REGIONS = {"KE": "africa", "ML": "africa", "TN": "arab-states", "JO": "arab-states", "FR": "europe"}


def cells(**numbers):
    return {code: Counts(n, n) for code, n in numbers.items()}


def test_small_countries_are_hidden_together_within_their_region():
    found = turnout.hidden_countries(
        cells(KE=90, ML=3, TN=50, JO=4, FR=70), regions=REGIONS, shown=frozenset(["africa", "arab-states", "europe"])
    )

    # Without regions ML and JO would do; but Africa's number less Kenya's gives Mali away.
    assert found == dict.fromkeys(["ML", "KE", "JO", "TN"], True)


def test_countries_of_hidden_regions_are_one_group():
    found = turnout.hidden_countries(cells(KE=3, TN=4, FR=70), regions=REGIONS, shown=frozenset(["europe"]))

    assert found == {"KE": True, "TN": True}


def test_countries_of_one_voter_each_are_not_even_named():
    five = dict.fromkeys("ABCDE", "africa")

    found = turnout.hidden_countries(cells(**dict.fromkeys("ABCDE", 1)), regions=five, shown=frozenset(["africa"]))

    assert found == dict.fromkeys("ABCDE", False)


@given(
    numbers=st.dictionaries(st.sampled_from([f"C{n}" for n in range(12)]), st.integers(0, 12)),
    regions=st.lists(st.sampled_from(["africa", "europe", "cis"]), min_size=12, max_size=12),
)
def test_no_subtraction_gives_a_small_country_away(numbers, regions):
    region_of = {f"C{n}": region for n, region in enumerate(regions)}
    by_region = {}
    for code, number in numbers.items():
        by_region[region_of[code]] = by_region.get(region_of[code], 0) + number
    hidden_regions = suppression.hidden_values(cells(**by_region))
    shown = frozenset(by_region) - (hidden_regions if hidden_regions is not None else frozenset(by_region))

    found = turnout.hidden_countries(cells(**numbers), regions=region_of, shown=shown)

    assert all(code in found for code, number in numbers.items() if 0 < number < 5)
    groups = [[c for c in numbers if region_of[c] == region] for region in shown]
    groups.append([c for c in numbers if region_of[c] not in shown])
    for group in groups:
        hidden = [numbers[code] for code in group if code in found]
        named = [code for code in group if found.get(code)]
        # What a reader gets by subtraction is the sum of a group's hidden cells: never that of one, and never one each.
        assert len(hidden) != 1 or not named
        assert not named or sum(hidden) > len(hidden)


@pytest.mark.django_db
def test_tables_hide_small_groups_and_name_the_rest():
    count = turn_out(
        counted(),
        region={"africa": 12, "europe": 40, "": 9},
        country={"KE": 9, "ML": 3, "FR": 40, "": 9},
        stakeholder_type={"government": 30, "media": 2, "academia": 20, "": 9},
        eligible={"KE": 20, "ML": 8, "FR": 60},
    )

    found = turnout.tables(count)

    def rows(dimension):
        return {row.label: row.counts.people if row.counts else None for row in found[dimension].rows}

    assert rows("region") == {"Europe": 40, "Africa": 12, "Not said": 9}
    assert rows("country") == {"France": 40, "Not said": 9, "Kenya": None, "Mali": None}
    assert rows("stakeholder_type") == {"Government": 30, "Academia": 20, "Not said": None, "Media": None}
    assert found["country"].total.people == 61
    assert [(row.label, row.ballots, row.eligible) for row in turnout.by_country(found)] == [
        ("France", 40, 60),
        ("Kenya", None, 20),
        ("Mali", None, 8),
        ("Not said", 9, None),
    ]


@pytest.mark.django_db
def test_tables_take_two_queries(django_assert_num_queries):
    count = turn_out(counted(), region={"africa": 12}, country={"ML": 12})

    with django_assert_num_queries(2):
        turnout.tables(count)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("valid", "attended", "hides"),
    [(100, 50, False), (100, 4, True), (100, 97, True), (100, 100, False), (100, 5, False)],
)
def test_votes_of_attendees_are_hidden_where_few_attended_or_few_did_not(valid, attended, hides):
    count = counted().counts.get()
    count.valid_ballots, count.attendee_ballots = valid, attended

    assert turnout.hides_attendees(count) is hides
