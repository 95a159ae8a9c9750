import pytest

from prizes.count import turnout
from tests.prizes.counted import counted, turn_out


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


def test_eligible_accounts_are_hidden_where_ballots_do_not_give_them_away():
    hidden = turnout.hidden_eligible({"ML": 3, "KE": 6, "TN": 9}, ballots={"KE": 6, "TN": 2})

    assert {country for _dimension, country in hidden.cells} == {"ML", "TN"}  # Kenya has 6 at the least: it voted


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("valid", "attended", "hides"),
    [(100, 50, False), (100, 4, True), (100, 97, True), (100, 100, False), (100, 5, False)],
)
def test_votes_of_attendees_are_hidden_where_few_attended_or_few_did_not(valid, attended, hides):
    count = counted().counts.get()
    count.valid_ballots, count.attendee_ballots = valid, attended

    assert turnout.hides_attendees(count) is hides
