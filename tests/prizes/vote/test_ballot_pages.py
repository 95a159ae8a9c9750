import re
from collections import Counter
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.finished_pages import FinishedPages
from events.shared.once_a_revision import keep_anew
from events.shared.rights.two_people.approvals import agree
from prizes.chain import chain
from prizes.editions import end_of_vote
from prizes.models import Ballot, Category, Nomination, Vote
from prizes.nominations import submission
from prizes.vote import ballot_page, ballot_paper, cast_vote
from tests.factories import NOW, CountryFactory, ForumFactory, RegistrationFactory, UserFactory
from tests.prizes.electorate import past_close
from tests.prizes.factories import NominationFactory, make_edition, nominees_of, set_phase, voter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
FETCH = {"X-Requested-With": "fetch"}
VOTE = "/2020/prizes/vote/"


def category(number):
    """Where the ballot opens at a category."""
    return f"{VOTE}{number}/#category"


@pytest.fixture
def edition():
    return make_edition(votes_final=False)


@pytest.fixture
def person(client):
    """A registered voter, logged in."""
    user = voter(name="Awa Diallo")
    RegistrationFactory(user=user)
    client.force_login(user)
    return user


def html(response, status=200):
    assert response.status_code == status
    assert response["Cache-Control"] == "private, no-store"
    return response.content.decode()


def words(page):
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def text(response, status=200):
    """The words of a page's main part."""
    return words(html(response, status).split("<main", 1)[1].split("</main>")[0])


def marked(page):
    """The codes of the nominees that a page has marked."""
    return re.findall(r'<input type="radio" name="nominee" value="(\w+)"[^>]* checked', page)


def choose(client, nominee, *, number=None, **headers):
    number = number or nominee.category.number
    return client.post(f"{VOTE}{number}/", {"nominee": nominee.code}, headers=headers)


def fill(client, edition, *, place=0):
    return [choose(client, nominees_of(edition, number)[place]) for number in (1, 2, 3)][-1]


def change(edition, **values):
    for name, value in values.items():
        setattr(edition, name, value)
    edition.save()


# --- who may, and the way in ----------------------------------------------------------------------
def test_nothing_is_found_without_a_public_edition(client, person):
    ForumFactory()
    paths = ("", "1/", "start/", "receipt/")
    assert [client.get(VOTE + path).status_code for path in paths] == [404] * 4

    edition = make_edition(is_public=False)

    assert [client.get(VOTE + path).status_code for path in paths] == [404] * 4
    assert choose(client, nominees_of(edition, 1)[0]).status_code == 404
    assert not Vote.objects.exists()


def test_unconfirmed_account_is_told_to_confirm(client, edition):
    user = UserFactory()
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)
    client.force_login(user)

    pages = [text(client.get(VOTE)), text(client.get(VOTE + "1/"))]
    pages += [text(choose(client, nominees_of(edition, 1)[0]), 403), text(client.post(VOTE + "start/", {}), 409)]

    assert ["Confirm your e-mail to vote" in page for page in pages] == [True] * 4
    assert not Ballot.objects.exists()


def test_others_are_asked_once_before_the_first_choice(client, edition):
    CountryFactory()
    client.force_login(voter())
    nominee = nominees_of(edition, 2)[0]

    assert client.get(VOTE)["Location"] == VOTE + "start/"
    assert client.get(VOTE + "2/")["Location"] == VOTE + "start/?category=2"
    assert choose(client, nominee)["Location"] == f"{VOTE}start/?category=2&nominee={nominee.code}"
    assert choose(client, nominee, **FETCH).json() == {"words": "Begin your ballot first"}
    assert "Before you vote" in text(client.get(VOTE + "start/?category=2"))
    assert not Ballot.objects.exists()

    response = client.post(VOTE + "start/?category=2", {"country": "ML", "stakeholder_type": "media"})

    ballot = Ballot.objects.get()
    assert (response.status_code, response["Location"]) == (303, category(2))
    assert (ballot.country_id, ballot.region, ballot.stakeholder_type) == ("ML", "africa", "media")
    assert client.get(VOTE + "start/")["Location"] == VOTE
    assert client.get(VOTE + "2/").status_code == 200


def test_prefer_not_to_say_is_an_answer_and_silence_is_none(client, edition):
    client.force_login(voter())

    page = text(client.post(VOTE + "start/", {"country": "", "stakeholder_type": "unknown"}))
    assert "There are 2 things to correct" in page
    assert "Choose your country, or “Prefer not to say”" in page
    assert not Ballot.objects.exists()

    client.post(VOTE + "start/", {"country": "unsaid", "stakeholder_type": "unsaid"})
    ballot = Ballot.objects.get()
    assert (ballot.country, ballot.region, ballot.stakeholder_type) == (None, "", "")


# --- the page of a category -----------------------------------------------------------------------
def test_page_has_the_map_the_nominees_and_the_choice(client, edition, person):
    choose(client, nominees_of(edition, 1)[0], **FETCH)

    page = text(client.get(VOTE + "2/"))

    assert "1 of 3 chosen, 2 missing. It counts when all 3 are chosen." in page
    assert "Category 2 of 3" in page
    assert "3 nominees." in page
    assert re.findall(r", (chosen|missing)", page) == ["chosen", "missing", "missing"]
    assert [nominee.title in page for nominee in nominees_of(edition, 2)] == [True] * 3
    assert nominees_of(edition, 1)[0].title not in page
    assert "Nothing chosen in this category yet" in page

    nominee = nominees_of(edition, 2)[1]
    choose(client, nominee)

    page = html(client.get(VOTE + "2/"))
    assert marked(page) == [nominee.code]
    assert f"Saved: <bdi>{nominee.title}</bdi>" in page


def test_choices_saved_by_the_script_are_told_in_words(client, edition, person):
    nominees = [nominees_of(edition, number)[0] for number in (1, 2, 3)]

    first, _second, last = (choose(client, nominee, **FETCH) for nominee in nominees)

    assert first["Cache-Control"] == "private, no-store"
    assert first.json() == {
        "words": f"Saved: \u2068{nominees[0].title}\u2069",
        "progress": "1 of 3 chosen, 2 missing.",
        "chosen": 1,
        "next": category(2),
        "button": "Go to the next",
    }
    assert (last.json()["next"], last.json()["button"]) == (VOTE + "receipt/", "See your receipt")
    assert last.json()["progress"] == "All 3 categories are chosen."


def test_reading_writes_nothing_and_tells_nothing_of_others(client, edition, person):
    choose(client, nominees_of(edition, 2)[0])

    def shown():
        with CaptureQueriesContext(connection) as queries:
            pages = [client.get(VOTE + path).content.decode() for path in ("", "1/", "2/", "start/", "receipt/")]
        assert not [query for query in queries if query["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}]
        return [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page) for page in pages]

    shown()  # the message of the choice
    before = shown()
    for _one in range(7):
        user = voter()
        cast_vote.begin(edition=edition, user=user, country=None, stakeholder_type="", now=NOW)
        code = nominees_of(edition, 1)[0].code
        cast_vote.cast(edition=edition, user=user, number=1, code=code, arrived=NOW, now=NOW, ip="192.0.2.1")

    assert shown() == before


# --- the nominee whom one came for ------------------------------------------------------------------
def test_nominee_whom_one_came_for_is_marked_and_saved_by_the_button_only(client, edition, person):
    first, second, _third = nominees_of(edition, 2)

    page = client.get(f"{VOTE}2/", {"nominee": first.code})

    assert marked(html(page)) == [first.code]
    assert f"Your choice: {first.title} . It is not saved yet." in text(page)
    assert "autofocus" in page.content.decode()
    assert not Ballot.objects.exists()
    choose(client, first)
    page = client.get(f"{VOTE}2/", {"nominee": second.code})
    assert marked(html(page)) == [second.code]
    assert f'data-saved="{first.code}"' in page.content.decode()
    assert f"Saved: {first.title} . Press the button to replace it by {second.title} ." in text(page)
    for code in (first.code, nominees_of(edition, 1)[0].code, *CODES):
        page = client.get(f"{VOTE}2/", {"nominee": code})
        assert (marked(html(page)), "autofocus" in page.content.decode()) == ([first.code], False)


# --- refusals -------------------------------------------------------------------------------------
CODES = ["\ufffd\x01", "x" * 4000, "<b>", "000000", "../../"]


def test_odd_choices_are_refused_with_a_sentence_and_nothing_is_lost(client, edition, person):
    kept = nominees_of(edition, 2)[0]
    choose(client, kept)
    two = [nominee.code for nominee in nominees_of(edition, 1)[:2]]

    for data, status, sentence in [
        ({"nominee": two}, 422, "Choose one project"),
        ({"nominee": CODES[0]}, 409, "This project is not a nominee of this category"),
    ]:
        page = text(client.post(VOTE + "1/", data), status)
        assert "Your choice is not saved" in page
        assert sentence in page
    first = ballot_page.in_own_order(nominees_of(edition, 1), user=person)[0]
    assert f'href="#nominee-{first.code}"' in client.post(VOTE + "1/", {}).content.decode()
    answer = choose(client, kept, number=1, **FETCH)
    assert (answer.status_code, answer.json()["words"].split(". ")[0]) == (
        409,
        "This project is not a nominee of this category",
    )
    assert Vote.objects.get().nominee == kept


def test_choice_after_the_close_says_when_it_closed(client, edition, person, time_machine):
    choose(client, nominees_of(edition, 1)[0])
    time_machine.move_to(edition.phase("voting").ends)

    page = text(choose(client, nominees_of(edition, 2)[0]), 409)
    told = choose(client, nominees_of(edition, 2)[0], **FETCH)

    assert "This choice is not saved and does not count: it came after the close, 1 August, 14:20 Geneva" in page
    assert "Everything that you saved before stands as it was." in page
    assert "Your ballot misses 2 of 3 categories and does not count." in page
    assert (told.status_code, told.json()["words"].split(":")[0]) == (409, "The vote is closed")
    assert Vote.objects.count() == 1


def test_pages_outside_the_vote_say_why_it_is_shut(client, edition, person, time_machine):
    closes = edition.phase("voting").ends
    change(edition, nominees_published=None)
    assert "The nominees are not published yet." in text(client.get(VOTE + "1/"))
    change(edition, nominees_published=NOW - timedelta(days=1))
    time_machine.move_to(closes)
    assert "You have no ballot in this vote." in text(client.get(VOTE))
    time_machine.move_to(NOW)
    change(edition, require_all_categories=False)
    cast_vote.begin(edition=edition, user=person, country=None, stakeholder_type="", now=NOW)
    time_machine.move_to(closes)
    assert "Your ballot has no choice and does not count." in text(client.get(VOTE))

    set_phase(edition, "review", now=closes)
    assert "The vote is not open yet It is open from" in text(client.get(VOTE))
    assert "The vote is not open yet" in text(choose(client, nominees_of(edition, 1)[0]), 409)
    edition.phases.all().delete()
    assert "Its dates are not set yet." in text(client.get(VOTE))


# --- the order ------------------------------------------------------------------------------------
def test_order_is_the_voters_own_and_stays(client, person):
    nominees = nominees_of(make_edition(nominees=12), 1)

    def order(user):
        return [nominee.code for nominee in ballot_page.in_own_order(nominees, user=user)]

    for _time in range(2):
        assert re.findall(r'name="nominee" value="(\w+)"', html(client.get(VOTE + "1/"))) == order(person)
    assert order(voter()) != order(person)


def test_order_favours_nobody():
    nominees = [Nomination(code=f"CODE0{number}") for number in range(6)]
    voters = 3000
    places = Counter()
    for pk in range(1, voters + 1):
        for place, nominee in enumerate(ballot_page.in_own_order(nominees, user=UserFactory.build(pk=pk))):
            places[nominee.code, place] += 1

    expected = voters / 6
    statistic = sum(
        (places[nominee.code, place] - expected) ** 2 / expected for nominee in nominees for place in range(6)
    )
    assert statistic < 52.6  # chi-square, 25 degrees of freedom: once in a thousand above; the draw is fixed by the key


# --- the receipt ----------------------------------------------------------------------------------
def test_receipt_shows_the_secret_the_trackers_and_the_head_to_its_owner(client, edition, person):
    fill(client, edition)
    assert "The chain has no block yet." in text(client.get(VOTE + "receipt/"))
    chain.open_chain(edition, now=NOW)
    ballot = Ballot.objects.get()

    page = html(client.get(VOTE + "receipt/"))

    secret = "-".join(re.findall("....", ballot.secret))
    assert f">{secret}</code>" in page
    for tracker in Vote.objects.values_list("tracker", flat=True):
        assert "-".join(re.findall("....", tracker)) in page
    assert chain.head(edition) in page
    assert "/2020/prizes/results/check/" in page

    client.force_login(voter())
    assert ballot.secret[:4] not in client.get(VOTE + "receipt/", follow=True).content.decode()


def test_receipt_is_for_ballots_that_count_and_gone_when_the_edition_is_closed(client, edition, person):
    assert client.get(VOTE + "receipt/")["Location"] == VOTE
    choose(client, nominees_of(edition, 1)[0])
    assert client.get(VOTE + "receipt/")["Location"] == VOTE
    fill(client, edition)
    Ballot.objects.update(secret="")

    assert client.get(VOTE + "receipt/")["Location"] == VOTE


# --- the note on every page -----------------------------------------------------------------------
def me(client, *, page="/2020/programme/"):
    headers = {"X-Part-Of": page}
    return words(client.get("/2020/me/", headers=headers).content.decode())


def test_incomplete_ballot_is_told_to_its_owner_on_every_page_until_the_close(client, edition, person, time_machine):
    assert "Your ballot" not in me(client)
    choose(client, nominees_of(edition, 1)[0])

    note = "Your ballot misses 2 of 3 categories and does not count yet."
    assert f"{note} Go on with your ballot" in me(client)
    assert "Voting closes 1 August, 14:20 Geneva (12:20 UTC)" in me(client)
    assert note in text(client.get("/2020/agenda/"))
    assert "Your ballot misses" not in me(client, page=VOTE + "2/")  # the ballot's own pages say it themselves

    for user in (voter(), None):
        client.force_login(user) if user else client.logout()
        assert "Your ballot" not in me(client)
    client.force_login(person)
    time_machine.move_to(edition.phase("voting").ends)
    assert "Your ballot" not in me(client)
    time_machine.move_to(NOW)
    fill(client, edition)
    assert "Your ballot" not in me(client)


# --- cost -----------------------------------------------------------------------------------------
@pytest.mark.usefixtures("web_process")
def test_what_is_kept_for_all_voters_knows_nothing_of_one(client, edition, person):
    nominee, other = nominees_of(edition, 1)[0], voter()
    RegistrationFactory(user=other)
    choose(client, nominee)

    own = html(client.get(VOTE + "1/"))
    client.force_login(other)
    others = html(client.get(VOTE + "1/"))

    assert (marked(own), marked(others)) == ([nominee.code], [])
    assert ['class="chosen"' in page for page in (own, others)] == [True, False]
    for page, user in ((own, person), (others, other)):
        order = [row.code for row in ballot_page.in_own_order(nominees_of(edition, 1), user=user)]
        assert re.findall(r'name="nominee" value="(\w+)"', page) == order
    client.force_login(person)
    assert marked(html(client.get(VOTE + "1/"))) == [nominee.code]


@pytest.mark.usefixtures("web_process")
def test_what_the_rules_change_is_on_a_kept_ballot_at_once(client, edition, person, staff, monkeypatch):
    monkeypatch.setattr("config.finished_pages.close_old_connections", lambda: None)  # that of the test stays open
    monkeypatch.setattr("config.finished_pages.keep_anew", keep_anew)
    chain.open_chain(edition, now=NOW)
    officer, nominee, voting = staff("prize officers"), nominees_of(edition, 1)[0], edition.phase("voting")
    pages = FinishedPages(lambda _environ, _start: [])

    def shown():
        """What a web process shows that has looked at the public revision since the change."""
        pages.looked = float("-inf")
        pages._look()
        return text(client.get(VOTE + "1/"))

    page = shown()
    assert nominee.title in page
    assert "Voting closes 1 August, 14:20" in page
    submission.withdraw(nominee, by=officer, reason="It ended", now=NOW)
    assert nominee.title not in shown()
    ends = voting.ends - timedelta(days=2)
    act = end_of_vote.propose(edition, ends=ends, reason="The hall is taken", by=officer, now=NOW)
    agree(act, by=staff("prize officers"), now=NOW)
    page = shown()
    assert "Voting closes 30 July, 14:20" in page
    assert "It was 1 August, 14:20" in page
    assert "The hall is taken" in page
    chain.seal(edition, now=past_close(edition), is_last=True)
    assert "Voting has closed" in shown()


def test_paper_knows_a_category_that_came_while_it_was_made(edition):
    paper = ballot_paper.of("2020")
    line = paper.categories[0].action_line
    added = Category.objects.create(edition=edition, number=4, action_line=line, title="New")
    NominationFactory(category=added, state="nominated")

    assert [len(paper.nominees(category)) for category in paper.categories] == [3, 3, 3]
