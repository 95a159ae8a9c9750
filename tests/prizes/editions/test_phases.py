from datetime import timedelta

import pytest

from events.models import HistoryEntry
from events.shared.admin import publishing
from events.shared.pages import revision
from prizes.chain import closing_time
from prizes.editions import phases
from prizes.editions.phases import PhaseChange
from prizes.models import Block, Edition, Phase
from tests.factories import NOW, ForumFactory, UserFactory
from tests.prizes.factories import make_edition
from tests.refusals import refused

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def by():
    return UserFactory(is_staff=True)


def edition_in(phase):
    return make_edition(phase=phase, categories=1, nominees=0)


def dates(edition, kind):
    return edition.phases.values_list("starts", "ends").get(kind=kind)


def moved(edition, kind, *, starts=0, ends=0, reason="The hall is taken"):
    """A change of one phase by days."""
    first, last = dates(edition, kind)
    return PhaseChange(kind, (first + starts * DAY, last + ends * DAY), reason)


def arrange(edition, *changes, by, now=NOW):
    return phases.arrange(edition, changes=changes, by=by, now=now)


def refused_changes(edition, *changes, by, now=NOW):
    """The code with which changes are refused; nothing is changed or logged."""
    before = list(edition.phases.order_by("pk").values())
    code = refused(arrange, edition, *changes, by=by, now=now)
    assert list(edition.phases.order_by("pk").values()) == before
    assert not HistoryEntry.objects.exists()
    return code


# --- dates -----------------------------------------------------------------------------------------
def test_moved_phase_is_logged_with_reason_and_dates_and_raises_the_public_revision(by):
    edition = edition_in("submission")
    change, before = moved(edition, "submission", ends=-3), revision.current()

    arrange(edition, change, by=by)

    assert (dates(edition, "submission"), revision.current()) == (change.dates, before + 1)
    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.actor, entry.at) == ("move-phase", by, NOW)
    assert (entry.subject, entry.reason) == ("submission", "The hall is taken")
    assert entry.before == {"starts": "2020-07-12T12:20:00Z", "ends": "2020-08-01T12:20:00Z"}
    assert entry.after == {"starts": "2020-07-12T12:20:00Z", "ends": "2020-07-29T12:20:00Z"}


def test_phases_can_move_together_but_one_alone_not_over_the_next(by):
    edition = edition_in("submission")
    assert refused_changes(edition, moved(edition, "submission", ends=1), by=by) == "phase-order"
    changes = [moved(edition, kind, starts=5 * (kind != "submission"), ends=5) for kind in Phase.Kind.values]

    rows = arrange(edition, *changes, by=by)

    assert [row.kind for row in rows] == list(Phase.Kind.values)
    assert HistoryEntry.objects.count() == 5


def test_new_phases_need_no_reason_and_may_lie_in_the_past(by):
    edition = Edition.objects.create(forum=ForumFactory(), name="Prizes")

    arrange(
        edition, PhaseChange("submission", (NOW - 9 * DAY, NOW - DAY)), PhaseChange("voting", (NOW - DAY, NOW)), by=by
    )

    assert [phase.kind for phase in edition.phases.all()] == ["submission", "voting"]
    assert set(HistoryEntry.objects.values_list("verb", flat=True)) == {"add-phase"}


def test_phase_is_taken_out_with_a_reason_only(by):
    edition = edition_in("submission")

    assert refused_changes(edition, PhaseChange("selection", None, " "), by=by) == "reason-missing"
    assert arrange(edition, PhaseChange("selection", None, "No jury"), by=by) == []
    assert not edition.phases.filter(kind="selection").exists()
    assert HistoryEntry.objects.get().verb == "remove-phase"


def test_changes_without_a_reason_empty_ones_and_those_of_a_closed_edition_are_refused(by):
    edition = edition_in("submission")

    assert refused_changes(edition, moved(edition, "submission", ends=-1, reason=" \n"), by=by) == "reason-missing"
    assert refused_changes(edition, moved(edition, "announcement", ends=-20), by=by) == "phase-empty"
    Edition.objects.update(closed=NOW)
    assert refused_changes(edition, moved(edition, "announcement", ends=1), by=by) == "edition-closed"


def test_end_cannot_move_into_the_past(by):
    edition = edition_in("submission")
    second = timedelta(seconds=1)

    def to(moment):
        return PhaseChange("submission", (NOW - 10 * DAY, moment), "We have enough")

    assert refused_changes(edition, to(NOW), by=by) == "end-passed"
    assert [row.ends for row in arrange(edition, to(NOW + second), by=by)] == [NOW + second]


# --- the vote --------------------------------------------------------------------------------------
def test_nobody_alone_moves_the_end_of_a_running_vote_nor_when_it_has_passed(by):
    edition = edition_in("voting")
    edition.phases.filter(kind__in=["selection", "announcement"]).delete()
    starts, close = dates(edition, "voting")

    for days in (5, -3, -14):
        assert refused_changes(edition, moved(edition, "voting", ends=days), by=by) == "needs-two"
    assert refused_changes(edition, moved(edition, "voting", ends=5), by=by, now=starts) == "needs-two"
    for after in (timedelta(0), DAY):
        assert refused_changes(edition, moved(edition, "voting", ends=5), by=by, now=close + after) == "close-passed"

    arrange(edition, moved(edition, "voting", ends=5), by=by, now=starts - timedelta(seconds=1))
    assert dates(edition, "voting") == (starts, close + 5 * DAY)


def test_vote_that_is_over_or_sealed_cannot_be_taken_out_or_ended_again(by):
    edition = edition_in("voting")
    Edition.objects.update(polls_sealed=NOW)
    assert refused_changes(edition, moved(edition, "voting", ends=-1), by=by) == "close-passed"

    other = make_edition(phase="selection", categories=0, forum=ForumFactory(slug="2021"))
    assert refused_changes(other, PhaseChange("voting", None, "A mistake"), by=by) == "close-passed"


def test_vote_that_has_begun_or_whose_chain_is_open_keeps_its_beginning(by):
    edition = edition_in("voting")
    assert refused_changes(edition, moved(edition, "voting", starts=1), by=by) == "vote-begun"
    assert refused_changes(edition, PhaseChange("voting", None, "A mistake"), by=by) == "vote-begun"

    other = make_edition(phase="review", categories=0, forum=ForumFactory(slug="2021"))
    Block.objects.create(edition=other, number=0, sealed=NOW, choices=0, head="0" * 64)
    assert refused_changes(other, moved(other, "voting", starts=1), by=by) == "vote-begun"
    assert refused(change_settings, other, by=by, votes_final=False) == "rules-fixed"


def test_vote_to_come_can_move_as_a_whole(by):
    edition = edition_in("review")

    arrange(edition, moved(edition, "voting", starts=2, ends=-2), by=by)

    assert dates(edition, "voting") == (NOW + 12 * DAY, NOW + 28 * DAY)


# --- settings --------------------------------------------------------------------------------------
def change_settings(edition, *, by, reason="The jury asked", now=NOW, **values):
    return phases.change_settings(edition, values=values, by=by, reason=reason, now=now)


def test_rules_and_categories_stand_once_the_vote_has_begun(by):
    edition = edition_in("voting")
    before = Edition.objects.values().get()

    for name in Edition.RULES:
        value = {"require_all_categories": False, "votes_final": False}.get(name, 9)
        assert refused(change_settings, edition, by=by, **{name: value}) == "rules-fixed"
    assert refused(phases.check_categories, edition, now=NOW) == "rules-fixed"

    assert (Edition.objects.values().get(), HistoryEntry.objects.exists()) == (before, False)
    assert change_settings(edition, by=by, smallest_block=5) == ["smallest_block"]  # no rule of the chain


def test_changed_settings_are_logged_from_and_to(by):
    edition = edition_in("review")
    before = revision.current()

    names = change_settings(
        edition, by=by, champions_per_category=3, votes_final=True, languages=["en", "fr"], nominees_published=NOW
    )

    assert (names, revision.current()) == (["champions_per_category", "languages"], before + 1)
    edition.refresh_from_db()
    assert (edition.champions_per_category, edition.languages, edition.nominees_published) == (3, ["en", "fr"], None)
    entry = HistoryEntry.objects.get()
    assert (entry.verb, entry.actor, entry.reason) == ("change-settings", by, "The jury asked")
    assert entry.before == {"champions_per_category": 5, "languages": ["en"]}
    assert entry.after == {"champions_per_category": 3, "languages": ["en", "fr"]}


def test_edition_with_an_open_vote_is_not_hidden(by):
    edition = edition_in("voting")
    starts, close = dates(edition, "voting")
    settled = close + closing_time.GRACE

    for now in (starts, NOW, close, settled - timedelta(seconds=1)):
        assert refused(publishing.hide, edition, by=by, now=now) == "stays-public"
    assert not HistoryEntry.objects.exists()
    for now in (starts - timedelta(seconds=1), settled):
        assert not publishing.hide(edition, by=by, now=now).is_public
        assert publishing.publish(edition, by=by, now=NOW).is_public  # shown again at any time


def test_edition_whose_vote_nobody_can_take_part_in_may_be_hidden(by):
    edition = edition_in("voting")
    for name, value in (("nominees_published", None), ("polls_sealed", NOW)):
        before = getattr(edition, name)
        Edition.objects.update(is_public=True, **{name: value})
        edition.refresh_from_db()
        assert not publishing.hide(edition, by=by, now=NOW).is_public
        Edition.objects.update(**{name: before})


def test_forum_of_an_open_vote_is_not_hidden_and_its_page_says_why(by, organiser_site, noon):
    edition = edition_in("voting")

    answer = organiser_site.post(f"/admin/events/forum/{edition.forum_id}/public/")

    words = "The vote is open: the forum and its prize stay public until it is over"
    assert answer.context["form"].non_field_errors() == [words]
    Edition.objects.update(is_public=False)  # nobody votes on pages that nobody sees
    assert not publishing.hide(edition.forum, by=by, now=NOW).is_public
    assert not publishing.hide(ForumFactory(slug="2019"), by=by, now=NOW).is_public


def test_settings_are_refused_without_a_reason_and_in_a_closed_edition(by):
    edition = edition_in("review")

    assert refused(change_settings, edition, by=by, smallest_block=9, reason=" ") == "reason-missing"
    Edition.objects.update(closed=NOW)
    assert refused(change_settings, edition, by=by, smallest_block=9) == "edition-closed"
