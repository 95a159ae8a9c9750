"""The experts' desk: who finds it, what stands on it, how points are saved, what a blind review hides."""

import re

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import HistoryEntry
from prizes.models import Assignment, Linkage
from prizes.review import anonymise, criteria, worklist
from tests.factories import NOW, CountryFactory, ForumFactory, SDGFactory, UserFactory
from tests.prizes.factories import NominationFactory, make_edition, set_phase, voter
from tests.prizes.reviewers import give, make_assignment, make_expert

pytestmark = pytest.mark.django_db
DESK = "/2020/prizes/review/"
ALL = {f"points-{number}": "4" for number in range(1, 10)}


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def edition():
    edition = make_edition(phase="review")
    criteria.ensure(edition)
    return edition


@pytest.fixture
def expert(edition, client):
    expert = make_expert(edition)
    client.force_login(expert.user)
    return expert


def nomination(edition, *, number=1, **values):
    return NominationFactory(category=edition.categories.get(number=number), **values)


def page(row, rest=""):
    return f"{DESK}{row.nomination.code}/{rest}"


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


# --- who finds it ---------------------------------------------------------------------------------
def test_desk_is_for_the_active_experts_of_the_edition(edition, client):
    row = make_assignment(edition)
    addresses = [DESK, *(page(row, rest) for rest in ("", "save/", "conflict/", "files/1/"))]
    assert {client.get(address)["Location"].split("?")[0] for address in addresses} == {"/accounts/login/"}

    of_another = make_expert(make_edition(phase="review", forum=ForumFactory(slug="2019"))).user
    asleep = make_expert(edition, is_active=False).user
    for person in (UserFactory(), UserFactory(is_staff=True, is_superuser=True), of_another, asleep):
        client.force_login(person)
        assert {client.get(address).status_code for address in addresses} == {404}
        assert {client.post(address).status_code for address in addresses[1:]} == {404}


def test_assignment_of_another_expert_is_not_found(edition, expert, client):
    row = make_assignment(edition)

    assert {client.get(page(row, rest)).status_code for rest in ("", "save/", "conflict/")} == {404}
    assert client.post(page(row, "save/"), ALL).status_code == 404
    assert row.scores.count() == 0


def test_unknown_codes_are_not_found(expert, client):
    assert client.get(f"{DESK}ZZZZZZ/").status_code == 404


def test_nomination_that_left_the_review_is_not_on_the_desk(edition, expert, client):
    row = make_assignment(edition, expert=expert, nomination=nomination(edition, state="withdrawn", title="Gone"))

    assert client.get(page(row)).status_code == 404
    assert "Gone" not in text(client.get(DESK))


def test_forum_that_is_not_public_has_no_desk(edition, expert, client):
    edition.forum.is_public = False
    edition.forum.save()

    assert client.get(DESK).status_code == 404


# --- the desk -------------------------------------------------------------------------------------
def test_empty_desk_says_so(expert, client):
    assert "Nothing to review yet" in text(client.get(DESK))


def test_desk_says_what_is_left_in_each_category(edition, expert, client):
    give(make_assignment(edition, expert=expert, nomination=nomination(edition, title="Done")), 4)
    make_assignment(edition, expert=expert, nomination=nomination(edition, title="Open"))
    make_assignment(edition, expert=expert, nomination=nomination(edition, number=2, title="Asked"), state="conflict")
    make_assignment(
        edition,
        expert=expert,
        nomination=nomination(edition, number=2, title="Left"),
        state="recused",
        answer="I built it",
    )

    shown = text(client.get(DESK))

    assert "2 of 3 reviews are left." in shown
    assert [shown.index(word) for word in (">Open<", ">Done<", ">Asked<", ">Left<")] == sorted(
        shown.index(word) for word in (">Open<", ">Done<", ">Asked<", ">Left<")
    )
    assert shown.count("1 left") == 2
    assert "I built it" in shown
    assert "0 of 9 criteria" in shown


def test_desk_of_one_who_finished_says_so(edition, expert, client):
    give(make_assignment(edition, expert=expert), 4)

    assert "All your reviews are finished." in text(client.get(DESK))


def test_desk_of_one_who_stepped_back_from_all_says_so(edition, expert, client):
    make_assignment(edition, expert=expert, state="recused", answer="No")

    assert "Nothing is left on your desk." in text(client.get(DESK))


@pytest.mark.parametrize("is_blind", [False, True])
def test_desk_asks_the_same_questions_for_one_and_for_three(edition, expert, client, is_blind):
    edition.is_blind_review = is_blind
    edition.save()

    def asked():
        client.get(DESK)
        with CaptureQueriesContext(connection) as queries:
            client.get(DESK)
        return len(queries)

    make_assignment(edition, expert=expert)
    before = asked()
    for number in (1, 2):
        make_assignment(edition, expert=expert, nomination=nomination(edition, number=number))

    assert asked() == before


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        ("submission", "Points can be given from"),
        ("review", "Points can be changed until"),
        ("voting", "The review ended on"),
    ],
)
def test_desk_says_until_when(edition, expert, client, phase, words):
    make_assignment(edition, expert=expert)
    set_phase(edition, phase)

    assert words in text(client.get(DESK))
    assert words in text(client.get(page(Assignment.objects.get())))


def test_desk_stays_to_be_read_after_the_publication(edition, expert, client):
    row = give(make_assignment(edition, expert=expert, nomination=nomination(edition, state="nominated")), 4)
    open_row = make_assignment(edition, expert=expert, nomination=nomination(edition, state="not_nominated"))
    edition.nominees_published = NOW
    edition.save()

    assert "The nominees are published. Nothing can be changed any more." in text(client.get(DESK))
    assert "All your reviews are finished." in text(client.get(DESK))
    assert "Finish review" not in text(client.get(page(open_row)))
    assert "not under review any more" in text(client.post(page(row, "save/"), {"points-1": "1"}))
    assert "not under review any more" in text(client.post(page(row, "conflict/"), {"text": "Late"}))


# --- the way to it --------------------------------------------------------------------------------
NOTE = "wait for your review."


def note(client, page="/2020/"):
    return text(client.get("/2020/me/", headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}))


def test_expert_is_told_on_every_page_what_waits(edition, expert, client):
    assert NOTE not in note(client)
    give(make_assignment(edition, expert=expert), 4)
    make_assignment(edition, expert=expert)
    make_assignment(edition, expert=expert, state="conflict")
    make_assignment(edition, expert=expert, nomination=nomination(edition, state="withdrawn"))
    make_assignment(edition)

    assert f"2 nominations {NOTE}" in note(client)
    assert f'href="{DESK}"' in note(client)
    assert NOTE not in note(client, DESK)


@pytest.mark.parametrize("phase", ["submission", "voting"])
def test_note_stands_while_the_review_is_open(edition, expert, client, phase):
    make_assignment(edition, expert=expert)
    make_assignment(edition, expert=expert)
    set_phase(edition, phase)

    assert NOTE not in note(client)


def test_note_is_for_active_experts(edition, expert, client):
    make_assignment(edition, expert=expert)
    make_assignment(edition, expert=expert)
    expert.is_active = False
    expert.save()

    assert NOTE not in note(client)


# --- the review -----------------------------------------------------------------------------------
def test_review_page_shows_the_nomination_and_the_anchors(edition, expert, client):
    row = make_assignment(edition, expert=expert, nomination=nomination(edition, title="Shared <Spectrum>"))
    Linkage.objects.create(nomination=row.nomination, sdg=SDGFactory(), text="Masts for all")

    shown = text(client.get(page(row)))

    assert "Shared &lt;Spectrum&gt;" in shown
    assert "Masts for all" in shown
    assert row.nomination.entity_name in shown
    assert "5: The Action Line is what the project is for" in shown
    assert "9 criteria are left." in shown
    assert "weight" not in shown


def test_weights_are_shown_where_they_differ(edition, expert, client):
    edition.criteria.filter(number=3).update(weight="2.50")
    row = make_assignment(edition, expert=expert)

    assert "weight 2.5" in text(client.get(page(row)))


def test_points_are_saved_without_script(edition, expert, client):
    row = make_assignment(edition, expert=expert)

    answer = client.post(page(row, "save/"), {"points-1": "0", "points-2": "5", "comment": "Good", "action": "save"})

    assert (answer.status_code, answer["Location"]) == (302, page(row))
    row.refresh_from_db()
    assert (dict(row.scores.values_list("criterion__number", "points")), row.comment) == ({1: 0, 2: 5}, "Good")
    shown = text(client.get(page(row)))
    assert "7 criteria are left." in shown
    assert re.search(r'name="points-2" value="5"[^>]* checked', shown)


def test_script_saves_one_field_and_reads_what_is_left(edition, expert, client):
    row = make_assignment(edition, expert=expert, comment="Kept")

    answer = client.post(page(row, "save/"), {"points-3": "2"}, headers={"X-Requested-With": "fetch"})

    assert answer.json() == {"words": "Saved.", "left": 8, "progress": "8 criteria are left."}
    row.refresh_from_db()
    assert (row.scores.get().points, row.comment) == (2, "Kept")


def test_script_is_told_when_all_have_points(edition, expert, client):
    row = make_assignment(edition, expert=expert)

    answer = client.post(page(row, "save/"), ALL, headers={"X-Requested-With": "fetch"})

    assert answer.json()["progress"] == "Every criterion has points."


@pytest.mark.parametrize("value", ["6", "-1", "x", "4.5", "٣", "\0", "9" * 400])
def test_points_off_the_scale_are_refused_in_words(edition, expert, client, value):
    row = make_assignment(edition, expert=expert)

    told = client.post(page(row, "save/"), {"points-1": value}, headers={"X-Requested-With": "fetch"})
    shown = client.post(page(row, "save/"), {"points-1": value, "points-2": "3", "comment": "Typed"})

    assert (told.status_code, told.json()["words"]) == (400, "Points go from 0 to 5")
    assert "Points go from 0 to 5" in text(shown)
    assert "Typed" in text(shown)
    assert list(row.scores.values_list("criterion__number", "points")) == [(2, 3)]  # what was right is kept


def test_long_comment_is_refused_and_not_lost(edition, expert, client):
    row = make_assignment(edition, expert=expert)

    shown = text(client.post(page(row, "save/"), {"points-1": "3", "comment": "long " * 1300}))

    assert "This has 6499 characters. Shorten it to 6000" in shown
    assert "long long long" in shown
    assert row.scores.count() == 1


def test_finishing_needs_every_criterion(edition, expert, client):
    row = make_assignment(edition, expert=expert)
    form = {name: value for name, value in ALL.items() if name != "points-9"}

    shown = text(client.post(page(row, "save/"), {**form, "comment": "Typed", "action": "finish"}))

    assert "<title> Error:" in shown or "<title>Error:" in shown
    assert '<a href="#id_points-9_0">Give points for “Promotion of WSIS values”</a>' in shown
    row.refresh_from_db()
    assert (row.state, row.scores.count(), row.comment) == ("assigned", 8, "Typed")


def test_finished_review_leads_to_the_next_of_the_category(edition, expert, client):
    row = make_assignment(edition, expert=expert, nomination=nomination(edition, number=2))
    make_assignment(edition, expert=expert, nomination=nomination(edition, number=1))
    following = make_assignment(edition, expert=expert, nomination=nomination(edition, number=2))

    answer = client.post(page(row, "save/"), {**ALL, "comment": "", "action": "finish"})

    assert answer["Location"] == page(following)
    row.refresh_from_db()
    assert row.state == "done"


def test_last_review_leads_to_the_desk(edition, expert, client):
    row = make_assignment(edition, expert=expert)

    answer = client.post(page(row, "save/"), {**ALL, "comment": "", "action": "finish"}, follow=True)

    assert "Your review is finished. Nothing is left on your desk." in text(answer)


def test_finished_review_is_changed_and_taken_up_again(edition, expert, client):
    row = give(make_assignment(edition, expert=expert), 4)
    assert "This review is finished and counts" in text(client.get(page(row)))

    client.post(page(row, "save/"), {"points-1": "1", "action": "save"})
    client.post(page(row, "save/"), {"action": "reopen"})

    row.refresh_from_db()
    assert (row.state, row.scores.get(criterion__number=1).points) == ("assigned", 1)


def test_unknown_action_only_saves(edition, expert, client):
    row = make_assignment(edition, expert=expert)

    client.post(page(row, "save/"), {"points-1": "1", "action": "<script>"})

    assert row.scores.count() == 1


def test_refused_action_is_told_in_words(edition, expert, client):
    row = make_assignment(edition, expert=expert)

    assert "cannot go that way" in text(client.post(page(row, "save/"), {"action": "reopen"}))


def test_late_points_are_refused_and_not_lost(edition, expert, client):
    row = make_assignment(edition, expert=expert)

    with time_machine.travel(edition.phase("review").ends, tick=False):
        told = client.post(page(row, "save/"), {"points-1": "3"}, headers={"X-Requested-With": "fetch"})
        shown = text(client.post(page(row, "save/"), {"points-1": "3", "comment": "My long comment"}))
        later = text(client.get(page(row)))

    assert told.json()["words"] == "The review is over. Nothing can be changed any more"
    assert "The review is over" in shown
    assert "My long comment" in shown
    assert row.scores.count() == 0
    assert "disabled" in later
    assert "Finish review" not in later


def test_address_of_saving_shows_the_review(edition, expert, client):
    row = make_assignment(edition, expert=expert)

    assert "Finish review" in text(client.get(page(row, "save/")))


def test_saving_needs_the_token_of_the_form(edition, expert):
    row, strict = make_assignment(edition, expert=expert), Client(enforce_csrf_checks=True)
    strict.force_login(expert.user)

    assert strict.post(page(row, "save/"), ALL).status_code == 403
    assert row.scores.count() == 0


# --- conflicts ------------------------------------------------------------------------------------
def test_conflict_is_answered_before_the_review(edition, expert, client):
    row = make_assignment(edition, expert=expert, state="conflict", conflicts=["same-organisation", "co-speaker"])
    assert client.get(page(row))["Location"] == page(row, "conflict/")
    assert client.post(page(row, "save/"), ALL)["Location"] == page(row)
    shown = text(client.get(page(row, "conflict/")))
    assert "Same organisation" in shown
    assert "Spoke in a session with the person who submitted it" in shown
    assert row.nomination.description not in shown

    answer = client.post(page(row, "conflict/"), {"has_conflict": "no", "text": "Another chamber of the same name"})

    assert answer["Location"] == page(row)
    row.refresh_from_db()
    assert (row.state, row.answer, row.scores.count()) == ("assigned", "Another chamber of the same name", 0)


def test_confirmed_conflict_leads_back_to_the_desk(edition, expert, client):
    row = make_assignment(edition, expert=expert, state="conflict", conflicts=["same-organisation"])

    answer = client.post(page(row, "conflict/"), {"has_conflict": "yes", "text": "I work there"}, follow=True)

    assert "You have stepped back from this review." in text(answer)
    assert "I work there" in text(client.get(page(row, "conflict/")))
    assert client.get(page(row))["Location"] == page(row, "conflict/")
    assert HistoryEntry.objects.get().verb == "confirm-conflict"


def test_answer_without_words_is_refused_at_its_field(edition, expert, client):
    row = make_assignment(edition, expert=expert, state="conflict")

    shown = text(client.post(page(row, "conflict/"), {"text": " "}))

    assert "Choose “Yes” or “No”" in shown
    assert "Say why, in a sentence or two" in shown
    assert Assignment.objects.get().state == "conflict"


def test_expert_steps_back_at_any_time_with_a_reason(edition, expert, client):
    row = give(make_assignment(edition, expert=expert), 4)
    assert "Why do you step back?" in text(client.get(page(row, "conflict/")))
    assert "Say why, in a sentence or two" in text(client.post(page(row, "conflict/"), {"text": ""}))

    client.post(page(row, "conflict/"), {"text": "My brother joined it"})

    row.refresh_from_db()
    assert (row.state, row.answer, row.scores.count()) == ("recused", "My brother joined it", 9)
    client.post(page(row, "conflict/"), {"text": "Again"})
    assert Assignment.objects.get().answer == "My brother joined it"


def test_late_answer_is_refused_in_words(edition, expert, client):
    row = make_assignment(edition, expert=expert)
    set_phase(edition, "voting")

    assert "The review ended on" in text(client.get(page(row, "conflict/")))
    assert "The review is over" in text(client.post(page(row, "conflict/"), {"text": "Late"}))
    assert Assignment.objects.get().state == "assigned"


# --- documents ------------------------------------------------------------------------------------
def attach(row, content=b"%PDF-1.7 proof", title="Ministry of Health, annual report"):
    return row.nomination.attachments.create(title=title, file=ContentFile(content, "report.pdf"), uploaded=NOW)


def test_document_is_a_download(edition, expert, client):
    row = make_assignment(edition, expert=expert)
    file = attach(row)

    answer = client.get(page(row, f"files/{file.pk}/"))

    assert b"".join(answer.streaming_content) == b"%PDF-1.7 proof"
    assert answer["Content-Disposition"] == f'attachment; filename="{row.nomination.code.lower()}-{file.pk}.pdf"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "application/pdf")
    assert "Ministry of Health, annual report" in text(client.get(page(row)))


@pytest.mark.parametrize("state", ["conflict", "recused"])
def test_documents_wait_for_the_answer(edition, expert, client, state):
    row = make_assignment(edition, expert=expert, state=state)

    assert client.get(page(row, f"files/{attach(row).pk}/")).status_code == 404


@pytest.mark.parametrize("phase", ["review", "voting"])
@pytest.mark.parametrize("state", ["conflict", "recused"])
def test_saving_shows_no_nomination_to_whoever_may_not_read_it(edition, expert, client, state, phase):
    row = make_assignment(
        edition, expert=expert, state=state, nomination=nomination(edition, description="Canary words of the project")
    )
    set_phase(edition, phase)
    assert "Canary words" not in text(client.get(page(row), follow=True))

    for action in ("save", "finish", "reopen"):
        answer = client.post(page(row, "save/"), ALL | {"points-1": "9", "action": action}, follow=True)
        told = client.post(page(row, "save/"), {"action": action}, headers={"X-Requested-With": "fetch"})

        assert answer.redirect_chain[-1][0].endswith("/conflict/")
        assert "Canary words" not in text(answer) + text(told)
    assert not row.scores.exists()


def test_documents_of_other_nominations_or_lost_or_odd_are_not_found(edition, expert, client):
    row, other = make_assignment(edition, expert=expert), make_assignment(edition)
    odd = attach(row, b"MZ executable")
    lost = attach(row)
    lost.file.storage.delete(lost.file.name)

    assert {client.get(page(row, f"files/{pk}/")).status_code for pk in (attach(other).pk, odd.pk, lost.pk)} == {404}


# --- blind ----------------------------------------------------------------------------------------
SECRETS = [
    "Ministry of Digital Affairs",
    "Awa Traoré",
    "awa@digital.example",
    "digital.example",
    "Switzerland",
    "Suisse",
    "Technical community",
    "annual-report",
    "Annual report of the ministry",
]


@pytest.fixture
def hidden(edition, expert):
    """A nomination that names its entity wherever it can."""
    edition.is_blind_review = True
    edition.save()
    words = " ".join(
        [
            "The MINISTRY of Digital Affairs of Switzerland (Suisse) and Awa Traoré built it:",
            "see https://www.digital.example/annual-report or write to awa@digital.example.",
        ]
    )
    country = CountryFactory(code="CH", name="Switzerland")
    country.name_fr = "Suisse"
    country.save()
    row = make_assignment(
        edition,
        expert=expert,
        nomination=nomination(
            edition,
            title="Registers of the Ministry of Digital Affairs",
            entity_name="Ministry of Digital Affairs",
            stakeholder_type="technical_community",
            country=country,
            nominator=voter(name="Awa Traoré", email="awa@digital.example"),
            website="https://www.digital.example/",
            links=["https://digital.example/annual-report"],
            description=words,
            economic_impact=words,
            challenges=words,
        ),
    )
    Linkage.objects.create(nomination=row.nomination, sdg=SDGFactory(), text=words)
    attach(row, title="Annual report of the ministry")
    return row


def test_blind_review_hides_entity_names_country_and_addresses(hidden, client):
    def found(address):
        source = client.get(address).content.decode().casefold()
        return [word for word in SECRETS if word.casefold() in source]

    assert found(page(hidden)) == found(DESK) == []
    assert "Document 1" in text(client.get(page(hidden)))
    assert "[hidden]" in text(client.get(page(hidden)))
    Assignment.objects.update(state="conflict", conflicts=["nominator"])
    assert found(page(hidden, "conflict/")) == []


def test_page_after_an_error_stays_blind(hidden, client):
    source = client.post(page(hidden, "save/"), {"action": "finish"}).content.decode().casefold()

    assert [word for word in SECRETS if word.casefold() in source] == []


def test_the_same_nomination_shows_all_where_the_review_is_not_blind(hidden, edition, client):
    """The negative control: each of the words is there to be found."""
    edition.is_blind_review = False
    edition.save()

    source = client.get(page(hidden)).content.decode()

    assert [word for word in SECRETS if word not in source] == []


@pytest.mark.parametrize(
    ("words", "given", "expected"),
    [
        (["Mali"], "In Mali, maliciously", "In [hidden], maliciously"),
        (["WHO Africa", "WHO"], "who and WHO Africa", "[hidden] and [hidden]"),
        ([], "Write to a.b@c.org now", "Write to [hidden] now"),
        ([], "www.example.org/x and HTTP://a.b", "[hidden] and [hidden]"),
        (["C++ Club (C)"], "The C++ Club (C)!", "The [hidden]!"),
    ],
)
def test_masking(words, given, expected):
    assert anonymise.masked(given, words=words) == expected


def test_short_names_are_not_masked_as_they_are_words_too(edition):
    row = nomination(edition, entity_name="IT", country=None, website="", nominator=voter(name="", email="a@b.org"))

    assert anonymise.secrets(row) == ["a@b.org"]
    assert anonymise.sheet(row, is_blind=True).country == ""
    assert anonymise.sheet(row, is_blind=False).country == ""


def test_sheet_without_a_stakeholder_type(edition):
    assert anonymise.sheet(nomination(edition, stakeholder_type=""), is_blind=False).stakeholder_type == ""


def test_nobody_has_a_desk_without_an_account(edition):
    from django.contrib.auth.models import AnonymousUser

    assert worklist.expert_of(AnonymousUser(), forum=edition.forum) is None
