"""The experts' desk: who finds it, what stands on it, how points are saved, what a blind review hides."""

import re
import time
from itertools import product

import pytest
from django.test import Client

from prizes.models import Assignment, Linkage
from prizes.review import anonymise, criteria
from tests.factories import NOW, CountryFactory, ForumFactory, SDGFactory, UserFactory, boss
from tests.files import stored
from tests.prizes.factories import NominationFactory, make_edition, set_phase, voter
from tests.prizes.reviewers import give, make_assignment, make_expert

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
DESK = "/2020/prizes/review/"
ALL = {f"points-{number}": "4" for number in range(1, 10)}


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
    for person in (UserFactory(), boss(), of_another, asleep):
        client.force_login(person)
        assert {client.get(address).status_code for address in addresses} == {404}
        assert {client.post(address).status_code for address in addresses[1:]} == {404}


def test_only_ones_own_reviews_of_what_is_under_review_are_found(edition, expert, client):
    other = make_assignment(edition)
    gone = make_assignment(edition, expert=expert, nomination=nomination(edition, state="withdrawn", title="Gone"))

    assert {client.get(page(other, rest)).status_code for rest in ("", "save/", "conflict/")} == {404}
    assert client.post(page(other, "save/"), ALL).status_code == 404
    assert other.scores.count() == 0
    assert client.get(f"{DESK}ZZZZZZ/").status_code == 404
    assert client.get(page(gone)).status_code == 404
    assert "Gone" not in text(client.get(DESK))
    edition.forum.is_public = False
    edition.forum.save()
    assert client.get(DESK).status_code == 404


# --- the way to it --------------------------------------------------------------------------------
NOTE = "for your review."


def note(client, page="/2020/"):
    return text(client.get("/2020/me/", headers={"X-Part-Of": page}))


def test_expert_is_told_on_every_page_what_waits(edition, expert, client):
    assert NOTE not in note(client)
    give(make_assignment(edition, expert=expert), 4)
    make_assignment(edition, expert=expert)
    make_assignment(edition, expert=expert, state="conflict")
    make_assignment(edition, expert=expert, nomination=nomination(edition, state="withdrawn"))
    make_assignment(edition)

    assert f"2 nominations wait {NOTE}" in note(client)
    assert f'href="{DESK}"' in note(client)
    assert NOTE not in note(client, DESK)
    expert.is_active = False
    expert.save()
    assert NOTE not in note(client)


# --- the review -----------------------------------------------------------------------------------
def test_points_are_saved_without_script(edition, expert, client):
    """The page shows the nomination, the anchors, and what is left."""
    row = make_assignment(edition, expert=expert, nomination=nomination(edition, title="Shared <Spectrum>"))
    Linkage.objects.create(nomination=row.nomination, sdg=SDGFactory(), text="Masts for all")

    first = text(client.get(page(row, "save/")))  # back from the log-in
    form = {"points-1": "0", "points-2": "5", "comment": "Good", "action": "<script>"}
    answer = client.post(page(row, "save/"), form)
    edition.criteria.filter(number=3).update(weight="2.50")

    anchor = "5: The Action Line is what the project is for"
    for part in ("Shared &lt;Spectrum&gt;", "Masts for all", row.nomination.entity_name, anchor):
        assert part in first
    assert ("Finish review" in first, "9 criteria are left." in first, "weight" in first) == (True, True, False)
    assert (answer.status_code, answer["Location"]) == (302, page(row))
    row.refresh_from_db()
    assert (dict(row.scores.values_list("criterion__number", "points")), row.comment) == ({1: 0, 2: 5}, "Good")
    shown = text(client.get(page(row)))
    assert ("7 criteria are left." in shown, "weight 2.5" in shown) == (True, True)
    assert re.search(r'name="points-2" value="5"[^>]* checked', shown)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(expert.user)
    assert strict.post(page(row, "save/"), ALL).status_code == 403


def test_script_saves_one_field_and_reads_what_is_left(edition, expert, client):
    row, script = make_assignment(edition, expert=expert, comment="Kept"), {"X-Requested-With": "fetch"}

    one, rest = (client.post(page(row, "save/"), data, headers=script).json() for data in ({"points-3": "2"}, ALL))

    assert one == {"words": "Saved.", "left": 8, "progress": "8 criteria are left."}
    assert rest == {"words": "Saved.", "left": 0, "progress": "Every criterion has points."}
    row.refresh_from_db()
    assert (row.scores.count(), row.comment) == (9, "Kept")
    for value in ("6", "-1", "x", "4.5", "٣", "\0", "9" * 400):
        told = client.post(page(row, "save/"), {"points-1": value}, headers=script)
        assert (told.status_code, told.json()["words"]) == (400, "Points go from 0 to 5")


def test_what_is_wrong_is_refused_in_words_and_what_is_right_kept(edition, expert, client):
    row = make_assignment(edition, expert=expert)

    shown = text(client.post(page(row, "save/"), {"points-1": "6", "points-2": "3", "comment": "Typed"}))
    long = text(client.post(page(row, "save/"), {"points-3": "3", "comment": "long " * 1300}))

    assert ("Points go from 0 to 5" in shown, "Typed" in shown) == (True, True)
    assert "This has 6499 characters. Shorten it to 6000" in long
    assert "long long long" in long
    assert list(row.scores.values_list("criterion__number", "points")) == [(2, 3), (3, 3)]
    assert "cannot go that way" in text(client.post(page(row, "save/"), {"action": "reopen"}))


# --- documents ------------------------------------------------------------------------------------
def attach(row, content=b"%PDF-1.7 proof", title="Ministry of Health, annual report"):
    file = stored(content, "nominations/report.pdf")
    return row.nomination.attachments.create(title=title, file=file, uploaded=NOW)


def test_document_is_a_download_for_those_who_review_it(edition, expert, client):
    row, other = make_assignment(edition, expert=expert), make_assignment(edition)
    file, odd, lost = attach(row), attach(row, b"MZ executable"), attach(row)
    lost.file.storage.delete(lost.file.name)

    answer = client.get(page(row, f"files/{file.pk}/"))

    assert b"".join(answer.streaming_content) == b"%PDF-1.7 proof"
    assert answer["Content-Disposition"] == f'attachment; filename="{row.nomination.code.lower()}-{file.pk}.pdf"'
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "application/pdf")
    assert "Ministry of Health, annual report" in text(client.get(page(row)))
    assert {client.get(page(row, f"files/{pk}/")).status_code for pk in (attach(other).pk, odd.pk, lost.pk)} == {404}
    for state in ("conflict", "recused"):
        Assignment.objects.update(state=state)
        assert client.get(page(row, f"files/{file.pk}/")).status_code == 404


@pytest.mark.parametrize("phase", ["review", "voting"])
def test_saving_shows_no_nomination_to_whoever_may_not_read_it(edition, expert, client, phase):
    row = make_assignment(edition, expert=expert, nomination=nomination(edition, description="Canary words"))
    set_phase(edition, phase)

    for state, action in product(("conflict", "recused"), ("save", "finish", "reopen")):
        Assignment.objects.update(state=state)
        answer = client.post(page(row, "save/"), ALL | {"points-1": "9", "action": action}, follow=True)
        told = client.post(page(row, "save/"), {"action": action}, headers={"X-Requested-With": "fetch"})

        assert answer.redirect_chain[-1][0].endswith("/conflict/")
        assert "Canary words" not in text(answer) + text(told)
    assert not row.scores.exists()


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
    type(edition).objects.update(is_blind_review=True)
    words = (
        "The MINISTRY of Digital Affairs of Switzerland (Suisse) and Awa Traoré built it:"
        " see https://www.digital.example/annual-report or write to awa@digital.example."
    )
    country = CountryFactory(code="CH", name="Switzerland")
    type(country).objects.update(translations={"fr": {"name": "Suisse"}})
    country.refresh_from_db()
    about = nomination(
        edition,
        title="Registers of the Ministry of Digital Affairs",
        entity_name="Ministry of Digital Affairs",
        stakeholder_type="technical_community",
        country=country,
        nominator=voter(name="Awa Traoré", email="awa@digital.example"),
        website="https://www.digital.example/",
        links=["https://digital.example/annual-report"],
        **dict.fromkeys(["description", "economic_impact", "challenges"], words),
    )
    row = make_assignment(edition, expert=expert, nomination=about)
    Linkage.objects.create(nomination=about, sdg=SDGFactory(), text=words)
    attach(row, title="Annual report of the ministry")
    return row


def test_blind_review_hides_entity_names_country_and_addresses(hidden, edition, client):
    def found(source):
        return [word for word in SECRETS if word.casefold() in source.content.decode().casefold()]

    assert found(client.get(page(hidden))) == found(client.get(DESK)) == []
    assert found(client.post(page(hidden, "save/"), {"action": "finish"})) == []  # the page after an error too
    assert "Document 1" in text(client.get(page(hidden)))
    assert "[hidden]" in text(client.get(page(hidden)))
    Assignment.objects.update(state="conflict", conflicts=["nominator"])
    assert found(client.get(page(hidden, "conflict/"))) == []
    # The negative control: each of the words is there to be found.
    Assignment.objects.update(state="assigned")
    type(edition).objects.update(is_blind_review=False)
    assert found(client.get(page(hidden))) == SECRETS


@pytest.mark.parametrize("sign", ["@", "a@", "a.", "a"])
def test_text_of_any_length_is_masked_as_quickly(sign):
    """Where it grows with the square or more: seconds to minutes, on a page of experts."""
    began = time.thread_time()

    anonymise.masked(sign * 3_000, words=["Mali"])

    assert time.thread_time() - began < 1


def test_masking_leaves_other_words_and_short_names(edition):
    texts = [
        (["Mali"], "In Mali, maliciously", "In [hidden], maliciously"),
        (["WHO Africa", "WHO"], "who and WHO Africa", "[hidden] and [hidden]"),
        ([], "Write to a.b@c.org now", "Write to [hidden] now"),
        ([], "www.example.org/x and HTTP://a.b", "[hidden] and [hidden]"),
        (["C++ Club (C)"], "The C++ Club (C)!", "The [hidden]!"),
        ([], "@@a.b (a@b.c), a@b. @a.b a@.b ahttps://b", "[hidden] [hidden] a@b. @a.b a@.b a[hidden]"),
    ]
    row = nomination(edition, entity_name="IT", country=None, website="", nominator=voter(name="", email="a@b.org"))
    row.stakeholder_type = ""

    assert [anonymise.masked(given, words=words) for words, given, _expected in texts] == [one[2] for one in texts]
    assert anonymise.secrets(row) == ["a@b.org"]  # a short name is a word too
    shown = anonymise.sheet(row, is_blind=False)
    assert ("country" in anonymise.sheet(row, is_blind=True), shown["country"], shown["stakeholder_type"]) == (
        *(False, "", ""),
    )
