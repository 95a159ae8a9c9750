from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from events.models import HistoryEntry, PublicRevision
from prizes.editions import phases
from prizes.editions.phases import Change
from prizes.models import Block, Edition, Phase
from tests.factories import NOW, ForumFactory, UserFactory
from tests.prizes.factories import make_edition

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def by():
    return UserFactory(is_staff=True)


def dates(edition, kind):
    return edition.phases.values_list("starts", "ends").get(kind=kind)


def moved(edition, kind, *, starts=0, ends=0, reason="The hall is taken"):
    """A change of one phase by days."""
    first, last = dates(edition, kind)
    return Change(kind, (first + starts * DAY, last + ends * DAY), reason)


def arrange(edition, *changes, by, now=NOW):
    return phases.arrange(edition, changes=changes, by=by, now=now)


def refused(edition, *changes, by, now=NOW):
    before = list(edition.phases.order_by("pk").values())
    with pytest.raises(ValidationError) as refusal:
        arrange(edition, *changes, by=by, now=now)
    assert list(edition.phases.order_by("pk").values()) == before
    assert not HistoryEntry.objects.exists()
    return refusal.value.code


# --- dates -----------------------------------------------------------------------------------------
def test_moved_phase_is_logged_with_reason_and_dates(by):
    edition = make_edition(phase="submission")
    change = moved(edition, "submission", ends=-3)

    arrange(edition, change, by=by)

    assert dates(edition, "submission") == change.dates
    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.actor, entry.at, entry.subject, entry.reason) == (
        "move-phase",
        by,
        NOW,
        "submission",
        "The hall is taken",
    )
    assert entry.before == {"starts": "2020-07-12T12:20:00Z", "ends": "2020-08-01T12:20:00Z"}
    assert entry.after == {"starts": "2020-07-12T12:20:00Z", "ends": "2020-07-29T12:20:00Z"}


def test_moving_a_phase_raises_the_public_revision(by):
    edition = make_edition(phase="submission")

    arrange(edition, moved(edition, "submission", ends=-1), by=by)

    assert PublicRevision.objects.get().number == 1


def test_phase_that_stays_is_neither_logged_nor_needs_a_reason(by):
    edition = make_edition(phase="submission")

    assert arrange(edition, moved(edition, "review", reason=""), by=by) == []
    assert not HistoryEntry.objects.exists()
    assert not PublicRevision.objects.exists()


def test_phases_can_move_together(by):
    edition = make_edition(phase="submission")
    changes = [moved(edition, kind, starts=5 * (kind != "submission"), ends=5) for kind in Phase.Kind.values]

    rows = arrange(edition, *changes, by=by)

    assert [row.kind for row in rows] == list(Phase.Kind.values)
    assert HistoryEntry.objects.count() == 5


def test_one_phase_alone_cannot_move_over_the_next(by):
    edition = make_edition(phase="submission")

    assert refused(edition, moved(edition, "submission", ends=1), by=by) == "phase-order"


def test_new_phases_need_no_reason_and_may_lie_in_the_past(by):
    edition = Edition.objects.create(forum=ForumFactory(), name="Prizes")

    arrange(edition, Change("submission", (NOW - 9 * DAY, NOW - DAY)), Change("voting", (NOW - DAY, NOW)), by=by)

    assert [phase.kind for phase in edition.phases.all()] == ["submission", "voting"]
    assert set(HistoryEntry.objects.values_list("verb", flat=True)) == {"add-phase"}


def test_phase_is_taken_out_with_a_reason_only(by):
    edition = make_edition(phase="submission")

    assert refused(edition, Change("selection", None, " "), by=by) == "reason-missing"
    assert arrange(edition, Change("selection", None, "No jury"), by=by) == []
    assert not edition.phases.filter(kind="selection").exists()
    assert HistoryEntry.objects.get().verb == "remove-phase"


def test_taking_out_a_phase_that_is_not_there_changes_nothing(by):
    edition = make_edition(phase="submission")
    edition.phases.filter(kind="selection").delete()

    assert arrange(edition, Change("selection", None), by=by) == []
    assert not HistoryEntry.objects.exists()


def test_change_without_a_reason_is_refused(by):
    edition = make_edition(phase="submission")

    assert refused(edition, moved(edition, "submission", ends=-1, reason=" \n"), by=by) == "reason-missing"


def test_end_before_the_start_is_refused(by):
    edition = make_edition(phase="submission")

    assert refused(edition, moved(edition, "announcement", ends=-20), by=by) == "phase-empty"


@pytest.mark.parametrize(("back", "code"), [(timedelta(0), "end-passed"), (timedelta(seconds=-1), None)])
def test_end_cannot_move_into_the_past(by, back, code):
    edition = make_edition(phase="submission")
    change = Change("submission", (NOW - 10 * DAY, NOW - back), "We have enough")

    if code:
        assert refused(edition, change, by=by) == code
    else:
        assert [row.ends for row in arrange(edition, change, by=by)] == [NOW - back]


def test_nothing_moves_in_a_closed_edition(by):
    edition = make_edition(phase="announcement")
    Edition.objects.update(closed=NOW)

    assert refused(edition, moved(edition, "announcement", ends=1), by=by) == "edition-closed"


# --- the vote --------------------------------------------------------------------------------------
def test_close_of_a_running_vote_can_move(by):
    edition = make_edition(phase="voting")

    arrange(edition, moved(edition, "voting", ends=-9), by=by)

    assert dates(edition, "voting")[1] == NOW + DAY


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=1)])
def test_close_that_has_passed_cannot_move(by, after):
    edition = make_edition(phase="voting")
    edition.phases.filter(kind__in=["selection", "announcement"]).delete()
    close = dates(edition, "voting")[1]

    assert refused(edition, moved(edition, "voting", ends=5), by=by, now=close + after) == "close-passed"


def test_close_can_move_until_the_last_second(by):
    edition = make_edition(phase="voting")
    edition.phases.filter(kind__in=["selection", "announcement"]).delete()
    close = dates(edition, "voting")[1]

    arrange(edition, moved(edition, "voting", ends=5), by=by, now=close - timedelta(seconds=1))

    assert dates(edition, "voting")[1] == close + 5 * DAY


def test_close_cannot_move_once_the_last_block_is_sealed(by):
    edition = make_edition(phase="voting")
    Edition.objects.update(polls_sealed=NOW)

    assert refused(edition, moved(edition, "voting", ends=-1), by=by) == "close-passed"


def test_vote_that_is_over_cannot_be_taken_out(by):
    edition = make_edition(phase="selection")

    assert refused(edition, Change("voting", None, "A mistake"), by=by) == "close-passed"


def test_vote_that_has_begun_keeps_its_beginning(by):
    edition = make_edition(phase="voting")

    assert refused(edition, moved(edition, "voting", starts=1), by=by) == "vote-begun"
    assert refused(edition, Change("voting", None, "A mistake"), by=by) == "vote-begun"


def test_vote_whose_chain_is_open_keeps_its_beginning(by):
    edition = make_edition(phase="review")
    Block.objects.create(edition=edition, number=0, sealed=NOW, choices=0, head="0" * 64)

    assert refused(edition, moved(edition, "voting", starts=1), by=by) == "vote-begun"


def test_vote_to_come_can_move_as_a_whole(by):
    edition = make_edition(phase="review")

    arrange(edition, moved(edition, "voting", starts=2, ends=-2), by=by)

    assert dates(edition, "voting") == (NOW + 12 * DAY, NOW + 28 * DAY)


# --- settings --------------------------------------------------------------------------------------
def change_settings(edition, *, by, reason="The jury asked", now=NOW, **values):
    return phases.change_settings(edition, values=values, by=by, reason=reason, now=now)


@pytest.mark.parametrize("name", Edition.RULES)
def test_rules_stand_once_the_vote_has_begun(by, name):
    value = {"require_all_categories": False, "votes_final": False}.get(name, 9)
    edition = make_edition(phase="voting")

    with pytest.raises(ValidationError) as refusal:
        change_settings(edition, by=by, **{name: value})

    assert refusal.value.code == "rules-fixed"
    assert not HistoryEntry.objects.exists()
    edition.refresh_from_db()
    assert getattr(edition, name) != value


def test_rules_stand_once_the_chain_is_open(by):
    edition = make_edition(phase="review")
    Block.objects.create(edition=edition, number=0, sealed=NOW, choices=0, head="0" * 64)

    with pytest.raises(ValidationError) as refusal:
        change_settings(edition, by=by, votes_final=False)

    assert refusal.value.code == "rules-fixed"


def test_rules_of_an_edition_without_a_vote_can_change(by):
    edition = Edition.objects.create(forum=ForumFactory(), name="Prizes")

    assert change_settings(edition, by=by, champions_per_category=3) == ["champions_per_category"]


def test_changed_settings_are_logged_from_and_to(by):
    edition = make_edition(phase="review")

    names = change_settings(
        edition, by=by, champions_per_category=3, votes_final=True, languages=["en", "fr"], nominees_published=NOW
    )

    assert names == ["champions_per_category", "languages"]
    edition.refresh_from_db()
    assert (edition.champions_per_category, edition.languages, edition.nominees_published) == (3, ["en", "fr"], None)
    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.actor, entry.reason) == ("change-settings", by, "The jury asked")
    assert entry.before == {"champions_per_category": 5, "languages": ["en"]}
    assert entry.after == {"champions_per_category": 3, "languages": ["en", "fr"]}


def test_settings_that_are_no_rules_can_change_during_the_vote(by):
    edition = make_edition(phase="voting")

    assert change_settings(edition, by=by, smallest_block=5) == ["smallest_block"]


def test_same_settings_need_no_reason(by):
    edition = make_edition(phase="voting")

    assert change_settings(edition, by=by, reason="", champions_per_category=5) == []
    assert not HistoryEntry.objects.exists()


@pytest.mark.parametrize(("values", "code"), [({"reason": " "}, "reason-missing"), ({}, "edition-closed")])
def test_settings_are_refused_without_a_reason_and_in_a_closed_edition(by, values, code):
    edition = make_edition(phase="review")
    if code == "edition-closed":
        Edition.objects.update(closed=NOW)

    with pytest.raises(ValidationError) as refusal:
        change_settings(edition, by=by, smallest_block=9, **values)

    assert refusal.value.code == code


def test_details_change_at_any_time_and_need_no_reason(by):
    edition = make_edition(phase="voting")

    assert change_settings(edition, by=by, reason="", name="Prizes", is_public=False) == ["name", "is_public"]
    entry = HistoryEntry.objects.get()
    assert entry.before == {"name": "WSIS Prizes 2020", "is_public": True}
    assert entry.after == {"name": "Prizes", "is_public": False}


def test_categories_stand_once_the_vote_has_begun():
    phases.check_categories(make_edition(phase="review"), now=NOW)

    with pytest.raises(ValidationError) as refusal:
        phases.check_categories(make_edition(phase="voting", forum=ForumFactory(slug="2021")), now=NOW)

    assert refusal.value.code == "rules-fixed"


def test_new_edition_is_logged(by):
    edition = make_edition(phase="review")

    phases.note_new(edition, by=by, now=NOW)

    assert HistoryEntry.objects.values_list("verb", "actor").get() == ("add-edition", by.pk)
