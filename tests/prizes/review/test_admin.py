"""The organisers' pages of the review: criteria, experts, assigning, the leaderboard, the publication."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import HistoryEntry, Viewing
from prizes.models import Assignment, Expert, Nomination
from tests.events.exchange.imports import agree, errors, preview
from tests.factories import NOW
from tests.prizes.factories import make_edition, set_phase, voter
from tests.prizes.reviewers import give, make_assignment, make_expert, nominations

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
BASE = "/admin/prizes/assignment/"


@pytest.fixture
def edition():
    return make_edition(phase="review", nominees_per_category=2)


@pytest.fixture
def officer(client, staff):
    """A client signed in as a prize officer; `.person` is the account."""
    client.person = staff("prize officers")
    client.force_login(client.person)
    return client


# --- criteria and experts -------------------------------------------------------------------------
def test_expert_is_found_by_the_address_of_the_account_and_closed_by_a_tick(officer, edition):
    person = voter(email="ada@example.org")
    form = {"edition": edition.pk, "email": "Ada@example.org", "is_active": "on", "organisation": "ITU"}

    officer.post("/admin/prizes/expert/add/", form | {"categories": [edition.categories.first().pk]})
    row = Expert.objects.get()
    assert (row.user, row.organisation, row.categories.count()) == (person, "ITU", 1)
    officer.post(f"/admin/prizes/expert/{row.pk}/change/", {"organisation": "IEEE"})

    row.refresh_from_db()
    assert (row.is_active, row.organisation) == (False, "IEEE")
    appointed, changed = HistoryEntry.objects.order_by("pk")
    assert (appointed.verb, changed.after) == ("appoint-expert", {"expert": row.pk, "active": False})


# --- assigning ------------------------------------------------------------------------------------
def told(client, form, address=f"{BASE}add/"):
    answer = client.post(address, form, follow=True)
    return answer, [str(message) for message in answer.context["messages"]]


def test_even_assignment_tells_the_experts_once_the_review_has_begun(officer, edition):
    for _n in range(3):
        make_expert(edition)
    rows = nominations(edition, 2)
    codes = " ".join(row.code for row in rows)
    assert codes in officer.get(f"{BASE}add/?edition={edition.pk}&codes={codes}").content.decode()

    _answer, words = told(officer, {"method": "evenly"})

    assert Assignment.objects.count() == 6
    assert words == ["6 reviews assigned.", "3 experts are told by mail."]
    edition.phases.filter(kind="review").update(starts=NOW + timedelta(hours=1))
    Expert.objects.exclude(pk=Expert.objects.first().pk).update(is_active=False)
    nominations(edition, 1)
    _answer, words = told(officer, {"method": "evenly"})
    sentence = "The review has not begun: the mail to 1 expert stays a draft until an organiser lets it go."
    assert words[:2] == ["1 review assigned.", sentence]
    nominations(edition, 1, is_sample=True)
    _answer, words = told(officer, {"method": "evenly"})
    assert words[0] == "1 review assigned."
    assert not any("mail" in sentence for sentence in words)


def test_table_assigns_all_rows_in_one_drawing_and_names_what_is_wrong_in_which(officer, edition):
    expert, (nomination, other) = make_expert(edition), nominations(edition, 2)
    (own,) = nominations(edition, 1, nominator=expert.user)
    (draft,) = nominations(edition, 1, state="draft")
    make_assignment(edition, expert=expert, nomination=other)
    rows = [f"{expert.user.email.upper()},{row.code.lower()}" for row in (nomination, own, draft, other, nomination)]
    table = "\n".join(["e-mail,nomination", *rows, "x@example.org,A", f"{expert.user.email},ZZZZZZ"])
    page = preview(officer, table, "assignment")
    before = Assignment.objects.count()

    done = agree(officer, page, good_only="on")
    set_phase(edition, "voting")
    closed = preview(officer, table, "assignment")

    assert errors(page) == [
        "row 3, column Nomination: Nobody reviews their own nomination",
        "row 4, column Nomination: This nomination is not under review",
        "row 6, column Nomination: This expert has this nomination already",
        "row 7, column E-mail: No active expert of the edition has this e-mail",
        "row 8, column Nomination: No nomination of the edition has this code",
    ]
    assert (before, errors(closed)) == (1, ["rows 3–4: The review is over", *errors(page)[3:]])
    assert Assignment.objects.latest("pk").nomination == nomination
    said = done.content.decode()
    assert [words in said for words in ("1 new, 0 changed, 1 the same, 5 not used", "1 expert is told by mail.")] == [
        True
    ] * 2
    drawn = HistoryEntry.objects.get(verb="assign-import")
    assert (drawn.actor, drawn.after["assigned"]) == (officer.person, 1)


def test_export_holds_no_formulas_and_the_experts_in_it_and_among_the_choices_were_seen(officer, edition):
    row = give(make_assignment(edition), 4)
    people = sorted([row.expert.user_id, make_assignment(edition).expert.user_id])
    Assignment.objects.update(comment="=HYPERLINK(1)", answer="+1")
    Nomination.objects.update(title="@SUM(A1)")

    answer = officer.get(f"{BASE}reviews/{edition.pk}.csv")
    officer.get(f"{BASE}add/")

    lines = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    line = next(one for one in lines if one["nomination"] == row.nomination.code)
    assert answer["Content-Disposition"] == 'attachment; filename="reviews-2020.csv"'
    assert (line["title"], line["comment"], line["answer"]) == ("'@SUM(A1)", "'=HYPERLINK(1)", "'+1")
    assert (line["mark"], line["9 Promotion of WSIS values"]) == ("4.0", "4")
    assert list(Viewing.objects.order_by("pk").values_list("kind", "model", "people")) == [
        ("export", "prizes.assignment", people),
        ("list", "prizes.expert", people),
    ]
    assert HistoryEntry.objects.get(verb="export-table").subject == "reviews: 2"


# --- the leaderboard and the shortlist ------------------------------------------------------------
def test_leaderboard_asks_the_same_questions_for_one_and_for_three(officer, edition):
    def asked(address):
        officer.get(address)
        with CaptureQueriesContext(connection) as queries:
            officer.get(address)
        return len(queries)

    def grow(count):
        for nomination in nominations(edition, count):
            give(make_assignment(edition, nomination=nomination), 4)

    addresses = [
        f"{BASE}leaderboard/{edition.pk}/",
        f"{BASE}leaderboard/{edition.pk}/1/",
        f"{BASE}publish/{edition.pk}/",
    ]
    grow(1)
    before = [asked(address) for address in addresses]
    grow(2)

    assert [asked(address) for address in addresses] == before


# --- actions of the list of nominations -----------------------------------------------------------
LIST = "/admin/prizes/nomination/"


def act(client, action, rows, **values):
    form = {"action": action, "_selected_action": [row.pk for row in rows], **values}
    return client.post(f"{LIST}?forum=all", form, follow=True)


def test_list_asks_for_a_reason_then_shortlists_and_tells_refusals(officer, edition):
    good, draft = nominations(edition, 1)[0], nominations(edition, 1, state="draft")[0]

    asked = act(officer, "shortlist", [good, draft])
    assert "Nominations: 2" in asked.content.decode()
    assert set(edition.nominations.values_list("state", flat=True)) == {"submitted", "draft"}
    assert "Say why, in a sentence or two" in act(officer, "shortlist", [good], apply="1", reason=" ").content.decode()
    done = act(officer, "shortlist", [good, draft], apply="1", reason="Best of all")
    words = [str(message) for message in done.context["messages"]]
    assert words[0] == "1 shortlisted."
    assert "1 stays as before" in words[1]
    assert HistoryEntry.objects.get().reason == "Best of all"
    act(officer, "unshortlist", [good], apply="1", reason="Second look")
    good.refresh_from_db()
    assert good.state == "submitted"
