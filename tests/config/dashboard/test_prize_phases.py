import pytest

from config.dashboard import prize_phases
from config.dashboard.todo_list import Asked
from prizes.models import Ballot
from tests.factories import NOW, ForumFactory, UserFactory, allowed, boss
from tests.prizes.counted import announced, counted
from tests.prizes.factories import NominationFactory, make_edition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def line(edition, user=None):
    return prize_phases.line(Asked(edition.forum, user or boss(), NOW))


def words(acts):
    return [act.words for act in acts]


def test_phases_stand_in_their_order_with_their_ends():
    found = line(make_edition(phase="voting"))

    assert [(phase.name, phase.state) for phase in found.phases] == [
        ("Submission", "done"),
        ("Expert review", "done"),
        ("Public vote", "now"),
        ("Selection of winners", "coming"),
        ("Announcement", "coming"),
    ]
    assert found.phases[2].ends == "until 1 August"
    assert found.now == "Now: Public vote. It ends by itself on 1 August, 14:20 Geneva (12:20 UTC)"


@pytest.mark.parametrize(
    ("phase", "acts", "final"),
    [
        ("submission", ["Change dates and rules", "Give nominations to experts"], []),
        (
            "review",
            ["Change dates and rules", "Give nominations to experts", "Choose the nominees"],
            ["Publish the nominees"],
        ),
        ("voting", ["Move the end of the vote", "Look for irregular votes"], []),
    ],
)
def test_each_phase_offers_its_acts(phase, acts, final):
    found = line(make_edition(phase=phase))

    assert (words(found.acts), words(found.final)) == (acts, final)


def test_ballots_and_nominations_are_counted_for_who_may_see_them():
    edition = make_edition(phase="voting", nominees=0)
    Ballot.objects.create(edition=edition, user=UserFactory(), began=NOW)
    NominationFactory(category=edition.categories.get(number=1), state="draft")
    reader = allowed("prizes.view_edition", forum=edition.forum)

    assert line(edition).facts == [
        "0 nominations came",
        "1 person has begun a ballot",
        "1 ballot is incomplete",
    ]
    assert (line(edition, reader).facts, line(edition, reader).acts) == ([], [])


def test_counted_prize_says_when_and_offers_the_announcements_one_after_the_other():
    edition = counted(polls_sealed=NOW)

    found = line(edition)
    offered = [words(found.final)]
    for results in ("champions", "winners"):
        announced(edition, results)
        offered.append(words(line(edition).final))

    assert found.count.startswith("Votes last counted on ")
    assert offered == [
        ["Announce the champions"],
        ["Announce the winners"],
        ["Close the edition"],
    ]


def test_nobody_sees_the_prize_of_another_forum():
    edition = make_edition()
    stranger = allowed("prizes.view_edition", forum=ForumFactory(slug="2021"))

    assert line(edition, stranger) is None
