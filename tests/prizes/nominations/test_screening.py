"""The first check: who goes on, who mends, who is told, and what nobody can do around it."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from events.models import HistoryEntry, Message
from prizes.models import Nomination
from prizes.nominations import screening, states, submission
from prizes.review import assignments, leaderboard, shortlisting
from tests.factories import NOW, UserFactory, staff
from tests.prizes.factories import NominationFactory, set_phase, voter
from tests.prizes.nominations.test_admin import LIST, member
from tests.prizes.nominations.test_submission import draft, save, submit, text
from tests.prizes.reviewers import make_expert
from tests.refusals import refused

pytestmark = pytest.mark.django_db
State, DAY = Nomination.State, timedelta(days=1)
BACK = {"reason": "incomplete", "words": "Say who paid for it", "until": (NOW + 30 * DAY).date()}


@pytest.fixture
def edition(edition):
    edition.screening_readers = 1
    edition.save()
    return edition


@pytest.fixture
def reader(edition):
    return UserFactory(is_staff=True)


@pytest.fixture
def row(edition):
    return submit(draft(edition, voter()))


def fresh(row):
    return Nomination.objects.select_related("edition__forum", "category").get(pk=row.pk)


def mails():
    return list(Message.objects.exclude(subject__startswith="Received").order_by("pk"))


# --- verdicts ---------------------------------------------------------------------------------------
def test_each_verdict_moves_the_nomination_and_tells_whom_it_concerns(edition, row, reader):
    screening.refuse(row, reason="off_topic", words="It is about <b>roads</b>", by=reader, now=NOW)
    [told] = mails()
    refused_one = fresh(row)
    screening.accept(row, by=reader, now=NOW + DAY)
    passed = fresh(row)

    assert (refused_one.state, refused_one.screening_reason) == ("not_passed", "off_topic")
    assert (told.to, told.subject) == (row.nominator.email, "Not passed: Fibre for the north")
    assert "What we found: It is not about the Action Line of its category." in told.text
    assert "&lt;b&gt;roads&lt;/b&gt;" in told.html
    assert (passed.state, passed.screened, passed.screening_reason, len(mails())) == ("submitted", NOW + DAY, "", 1)
    log = HistoryEntry.objects.filter(verb__endswith="nomination", actor=reader).order_by("pk")
    assert [(one.verb, one.reason, one.after["state"]) for one in log] == [
        ("refuse-nomination", "It is about <b>roads</b>", "not_passed"),
        ("pass-nomination", "", "submitted"),
    ]


def test_two_readers_have_to_agree_and_a_verdict_that_differs_waits_for_the_other(edition, row, reader):
    edition.screening_readers = 2
    edition.save()
    other = UserFactory(is_staff=True)
    no = {"reason": "duplicate", "words": ""}

    screening.accept(row, by=reader, now=NOW)
    assert refused(screening.accept, row, by=reader, now=NOW) == "same-reader"
    assert (fresh(row).screened, fresh(row).first_reader) == (None, reader)
    screening.refuse(row, **no, by=other, now=NOW)
    assert (fresh(row).state, fresh(row).first_reader, mails()) == ("submitted", other, [])
    assert refused(screening.refuse, row, **no, by=other, now=NOW) == "same-reader"
    screening.refuse(row, **no, by=reader, now=NOW)

    assert (fresh(row).state, fresh(row).first_reader, len(mails())) == ("not_passed", None, 1)


@pytest.mark.parametrize(
    ("state", "may"),
    [
        ("submitted", {"accept", "refuse", "send_back", "move"}),
        ("returned", {"accept", "refuse", "send_back", "move"}),
        ("not_passed", {"accept"}),
        *((state, set()) for state in ("draft", "shortlisted", "nominated", "not_nominated", "withdrawn")),
    ],
)
def test_what_can_be_done_in_each_state(edition, row, reader, state, may):
    asked = {
        "accept": {},
        "refuse": {"reason": "other"},
        "send_back": BACK,
        "move": {"category": edition.categories.last()},
    }
    done = set()
    for name, values in asked.items():
        Nomination.objects.update(state=state, screened=None)
        with suppress(ValidationError):
            getattr(screening, name)(row, **values, by=reader, now=NOW)
            done.add(name)
    assert done == may


def test_not_without_a_check_not_once_it_is_with_experts_and_not_after_the_nominees(edition, row, reader):
    passed = screening.accept(row, by=reader, now=NOW)
    assert refused(screening.accept, row, by=reader, now=NOW) == "wrong-state"
    set_phase(edition, "review")
    assignments.assign(expert=make_expert(edition), nomination=fresh(passed), by=reader, now=NOW)
    assert refused(screening.refuse, row, reason="other", by=reader, now=NOW) == "in-review"
    row.assignments.all().delete()
    type(edition).objects.update(nominees_published=NOW)
    assert refused(screening.refuse, row, reason="other", by=reader, now=NOW) == "already-published"
    type(edition).objects.update(nominees_published=None, screening_readers=0)
    assert refused(screening.refuse, row, reason="other", by=reader, now=NOW) == "no-check"


# --- mending ----------------------------------------------------------------------------------------
def test_nominator_mends_after_the_deadline_and_it_is_checked_again(client, edition, row, reader):
    set_phase(edition, "review")
    screening.accept(row, by=reader, now=NOW)
    screening_ends = screening.send_back(row, **BACK, by=reader, now=NOW).mend_until
    [told] = mails()
    client.force_login(row.nominator)
    address = f"/2020/prizes/nominate/{row.code}/"
    page = client.get(address).content.decode()

    assert "Say who paid for it" in told.text
    assert "submit it again by" in told.text
    assert all(words in page for words in ("Sent back", "Say who paid for it", "Check and submit it again"))
    assert b"Submit it again" in client.get(f"{address}check/").content
    last = screening_ends - timedelta(seconds=1)
    save(row, {"description": text(170)}, now=last)
    submit(row, now=last)

    mended = fresh(row)
    assert (mended.state, mended.screened, mended.screening_words, mended.mend_until) == ("submitted", None, "", None)
    assert not states.is_editable(mended, at=last)
    assert mended.versions.count() == 2


def test_a_day_that_is_over_is_refused_before_and_after(edition, row, reader):
    yesterday = BACK | {"until": (NOW - 2 * DAY).date()}
    assert refused(screening.send_back, row, **yesterday, by=reader, now=NOW) == "past-day"
    ends = screening.send_back(row, **BACK, by=reader, now=NOW).mend_until
    back = fresh(row)

    assert refused(submit, back, now=ends) == "deadline"
    assert "The secretariat decides" in states.shown(back, now=ends).next
    assert submission.withdraw(back, by=row.nominator, now=ends).state == "withdrawn"


def test_change_of_what_passed_waits_for_the_check_again(edition, row, reader):
    screening.accept(row, by=reader, now=NOW)
    save(row, {"description": text(170)})
    submit(row)

    assert fresh(row).screened is None


# --- another category -------------------------------------------------------------------------------
def test_moved_nomination_is_a_version_in_a_category_of_its_edition_where_its_entity_has_none(edition, row, reader):
    first, second, third = edition.categories.all()
    NominationFactory(category=third, entity_key=row.entity_key)
    asked = {"by": reader, "now": NOW}

    for wrong in (first, third):
        assert refused(screening.move, row, category=wrong, **asked) == "category"
    screening.move(row, category=second, words="It fits there", **asked)

    moved, [told] = fresh(row), mails()
    assert (moved.category, moved.versions.first().data["category_title"]) == (second, str(second))
    assert f"category “{second.title}”" in told.text
    assert "It fits there" in told.text


# --- what waits for it ------------------------------------------------------------------------------
def test_nothing_goes_past_the_check(edition, row, reader):
    """Not to experts, one by one or in turn, not onto the shortlist or the leaderboard, and no nominee is published meanwhile."""
    waiting = NominationFactory(category=edition.categories.first())
    screening.accept(row, by=reader, now=NOW)
    set_phase(edition, "review")
    expert, by = make_expert(edition), {"by": reader, "now": NOW}

    spread = assignments.spread(edition, method="evenly", **by)
    assert {one.nomination_id for one in spread.made} == {row.pk}
    assert refused(assignments.assign, expert=expert, nomination=waiting, **by) == "not-checked"
    assert refused(shortlisting.shortlist, waiting, reason="x", **by) == "not-checked"
    assert [one.pk for one in leaderboard.rows(edition.categories.first())] == [row.pk]
    shortlisting.shortlist(fresh(row), reason="Best", **by)
    assert refused(shortlisting.publish_nominees, edition, reason="Ready", **by) == "not-checked"
    screening.refuse(waiting, reason="other", **by)
    shortlisting.publish_nominees(edition, reason="Ready", **by)
    assert sorted(edition.nominations.values_list("state", flat=True)) == ["nominated", "not_passed"]


# --- the desk ---------------------------------------------------------------------------------------
def act(client, action, rows, **more):
    data = {"action": action, "_selected_action": [row.pk for row in rows], "select_across": "0", **more}
    return client.post(LIST, data, follow=True).content.decode()


def test_officers_decide_on_many_at_once_and_say_why(client, edition, row):
    member(client, "prize officers")
    rows = [row, *NominationFactory.create_batch(3, category=edition.categories.last())]

    assert "Choose a reason" in act(client, "refuse", rows, apply="1", reason="", words="")
    assert "Choose a day" in act(client, "send_back", rows, apply="1", reason="other", words="x", until="")
    assert "Say why" in act(client, "send_back", rows, apply="1", reason="other", words="", until="2020-09-01")
    assert "3 moved to the category" in act(client, "move", rows[1:], apply="1", category=edition.categories.first().pk)
    assert "2 sent back" in act(client, "send_back", rows[:2], apply="1", reason="other", words="x", until="2020-09-01")
    assert "2 checked" in act(client, "accept", rows[2:], apply="1")
    assert {one.pk for one in Nomination.objects.filter(screened__isnull=False)} == {one.pk for one in rows[2:]}
    assert f"/{rows[2].pk}/change/" not in client.get(f"{LIST}?screened=no").content.decode()


def test_check_is_offered_where_there_is_one_to_those_who_may(client, edition, row):
    for group, readers, is_offered in (
        ("prize officers", 1, True),
        ("prize officers", 0, False),
        ("organisers", 1, False),
    ):
        type(edition).objects.update(screening_readers=readers)
        Nomination.objects.update(screened=None)
        client.force_login(staff(group))
        assert ('value="send_back"' in client.get(LIST).content.decode()) is is_offered
        act(client, "accept", [row], apply="1")
        assert (fresh(row).screened is not None) is is_offered
