import re
from collections import Counter
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.views.debug import SafeExceptionReporterFilter

from events.models import Message
from prizes.chain import chain
from prizes.models import Ballot, Nomination, Vote
from prizes.vote import ballot_page, cast_vote
from prizes.vote.banner import incomplete_ballot
from tests.factories import NOW, CountryFactory, ForumFactory, RegistrationFactory, UserFactory
from tests.prizes.factories import make_edition, nominees_of, set_phase, voter

pytestmark = pytest.mark.django_db
FETCH = {"X-Requested-With": "fetch"}
VOTE = "/2020/prizes/vote/"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


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


def text(response, status=200):
    """The words of a page's main part."""
    main = html(response, status).split("<main", 1)[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def choose(client, nominee, *, number=None, **headers):
    number = number or nominee.category.number
    return client.post(f"{VOTE}{number}/", {"nominee": nominee.code}, headers=headers)


def fill(client, edition, *, place=0):
    for category in edition.categories.order_by("number"):
        answer = choose(client, nominees_of(edition, category.number)[place])
    return answer


# --- who may, and the way in ----------------------------------------------------------------------
@pytest.mark.parametrize("path", ["", "2/", "start/", "receipt/"])
def test_visitor_logs_in_and_comes_back_to_the_very_page(client, edition, path):
    response = client.get(VOTE + path)

    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={VOTE}{path}"


def test_visitor_comes_back_to_the_very_category(client, edition):
    user = voter(email="awa@example.org")
    user.set_password("a long enough sentence")
    user.save()
    RegistrationFactory(user=user)
    form = {"login": "awa@example.org", "password": "a long enough sentence", "next": VOTE + "2/"}

    response = client.post("/accounts/login/", form)

    assert response["Location"] == VOTE + "2/"


@pytest.mark.parametrize("path", ["", "1/", "start/", "receipt/"])
def test_nothing_is_found_without_an_edition(client, person, path):
    ForumFactory()

    assert client.get(VOTE + path).status_code == 404


def test_edition_that_is_not_public_is_not_found(client, person, edition):
    edition.is_public = False
    edition.save()

    assert [client.get(VOTE + path).status_code for path in ("", "1/", "receipt/")] == [404] * 3
    assert choose(client, nominees_of(edition, 1)[0]).status_code == 404
    assert not Vote.objects.exists()


def test_unconfirmed_account_is_told_to_confirm(client, edition):
    user = UserFactory()
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)
    client.force_login(user)

    assert "Confirm your e-mail to vote" in text(client.get(VOTE))
    assert "Confirm your e-mail to vote" in text(client.get(VOTE + "1/"))
    assert "Confirm your e-mail to vote" in text(choose(client, nominees_of(edition, 1)[0]), 403)
    assert "Confirm your e-mail to vote" in text(client.post(VOTE + "start/", {}), 409)
    assert not Ballot.objects.exists()


def test_registered_voter_begins_with_the_first_choice(client, edition, person):
    assert client.get(VOTE)["Location"] == VOTE + "1/"
    client.get(VOTE + "1/")
    assert not Ballot.objects.exists()

    choose(client, nominees_of(edition, 1)[0])

    ballot = Ballot.objects.get()
    assert (ballot.user, ballot.country_id, ballot.stakeholder_type) == (person, "ML", "academia")


def test_others_are_asked_once_before_the_first_choice(client, edition):
    CountryFactory()
    client.force_login(voter())

    assert client.get(VOTE)["Location"] == VOTE + "start/"
    assert client.get(VOTE + "2/")["Location"] == VOTE + "start/?category=2"
    assert "Before you vote" in text(client.get(VOTE + "start/?category=2"))

    response = client.post(VOTE + "start/?category=2", {"country": "ML", "stakeholder_type": "media"})

    assert (response.status_code, response["Location"]) == (303, VOTE + "2/")
    ballot = Ballot.objects.get()
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


def test_choice_before_the_questions_leads_to_them(client, edition):
    client.force_login(voter())

    response = choose(client, nominees_of(edition, 2)[0])

    assert (response.status_code, response["Location"]) == (303, VOTE + "start/?category=2")
    assert choose(client, nominees_of(edition, 2)[0], **FETCH).json() == {"words": "Begin your ballot first"}
    assert not Ballot.objects.exists()


@pytest.mark.parametrize("asked", ["x", "²", "99999", "-1", ""])
def test_start_ignores_a_strange_category(client, edition, person, asked):
    assert client.get(VOTE + "start/", {"category": asked})["Location"] == VOTE


# --- the page of a category -----------------------------------------------------------------------
def test_page_has_the_map_the_nominees_and_the_way_on(client, edition, person):
    choose(client, nominees_of(edition, 1)[0], **FETCH)

    page = text(client.get(VOTE + "2/"))

    assert "1 of 3 chosen, 2 missing. It counts when all 3 are chosen." in page
    assert "Category 2 of 3" in page
    assert "3 nominees." in page
    assert re.findall(r", (chosen|missing)", page) == ["chosen", "missing", "missing"]
    for nominee in nominees_of(edition, 2):
        assert nominee.title in page
    assert nominees_of(edition, 1)[0].title not in page
    assert "Nothing chosen in this category yet" in page


def test_page_shows_the_choice_again(client, edition, person):
    nominee = nominees_of(edition, 2)[1]
    choose(client, nominee)

    page = html(client.get(VOTE + "2/"))

    checked = re.findall(r'<input type="radio" name="nominee" value="(\w+)"[^>]* checked', page)
    assert checked == [nominee.code]
    assert f"Saved: <bdi>{nominee.title}</bdi>" in page


def test_choice_goes_on_to_the_next_open_category(client, edition, person):
    choose(client, nominees_of(edition, 2)[0])

    response = choose(client, nominees_of(edition, 3)[1])

    assert (response.status_code, response["Location"]) == (303, VOTE + "1/")
    assert f"Saved: {nominees_of(edition, 3)[1].title}" in text(client.get(VOTE + "1/"))
    assert client.get(VOTE)["Location"] == VOTE + "1/"


def test_last_choice_leads_to_the_receipt_and_the_ballot_shows_the_whole(client, edition, person):
    response = fill(client, edition)

    assert (response.status_code, response["Location"]) == (303, VOTE + "receipt/")
    page = text(client.get(VOTE))
    assert "✓ Your ballot is complete and counts." in page
    for number in (1, 2, 3):
        assert nominees_of(edition, number)[0].title in page
    assert page.count("Change") == 3


def test_choice_does_not_get_into_a_report_of_a_fault(client, edition, person):
    nominee = nominees_of(edition, 1)[0]

    request = choose(client, nominee).wsgi_request

    assert request.POST["nominee"] == nominee.code
    assert nominee.code not in str(SafeExceptionReporterFilter().get_post_parameters(request))


def test_choice_saved_by_the_script_is_told_in_words(client, edition, person):
    nominee = nominees_of(edition, 1)[0]

    told = choose(client, nominee, **FETCH)

    assert told["Cache-Control"] == "private, no-store"
    assert told.json() == {
        "words": f"Saved: {nominee.title}",
        "progress": "1 of 3 chosen, 2 missing.",
        "chosen": 1,
        "next": VOTE + "2/",
        "button": "Go to the next",
    }


def test_last_choice_by_the_script_leads_to_the_receipt(client, edition, person):
    for number in (1, 2):
        choose(client, nominees_of(edition, number)[0])

    told = choose(client, nominees_of(edition, 3)[0], **FETCH).json()

    assert (told["next"], told["button"]) == (VOTE + "receipt/", "See your receipt")
    assert told["progress"] == "All 3 categories are chosen."


def test_unknown_category_is_not_found(client, edition, person):
    assert client.get(VOTE + "99/").status_code == 404
    assert choose(client, nominees_of(edition, 1)[0], number=99).status_code == 404


def test_category_without_nominees_asks_for_nothing(client, edition, person):
    Nomination.objects.filter(category__number=2).update(state="not_nominated")

    assert "This category has no nominees" in text(client.get(VOTE + "2/"))
    assert choose(client, nominees_of(edition, 1)[0])["Location"] == VOTE + "3/"
    assert ", no nominees" in text(client.get(VOTE + "3/"))


def test_partial_ballot_counts_from_the_first_choice_on_and_goes_on(client, edition, person):
    edition.require_all_categories = False
    edition.save()
    assert "It counts from the first choice on." in text(client.get(VOTE + "1/"))

    response = choose(client, nominees_of(edition, 1)[0])

    assert response["Location"] == VOTE + "2/"
    assert "Your ballot counts, and you may choose in more categories." in text(client.get(VOTE + "2/"))
    assert "You may still choose in more categories." in text(client.get(VOTE + "receipt/"))


def test_reading_writes_nothing(client, edition, person):
    choose(client, nominees_of(edition, 1)[0])

    for path in ("", "1/", "2/", "start/", "receipt/"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(VOTE + path)
        assert not [query for query in queries if query["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}]


def test_nothing_tells_how_others_voted(client, edition, person):
    nominees = nominees_of(edition, 1)
    before = html(client.get(VOTE + "1/"))
    for _one in range(7):
        user = voter()
        cast_vote.begin(edition=edition, user=user, country=None, stakeholder_type="", now=NOW)
        cast_vote.cast(
            edition=edition, user=user, number=1, code=nominees[0].code, arrived=NOW, now=NOW, ip="192.0.2.1"
        )

    after = html(client.get(VOTE + "1/"))

    def shown(page):
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)

    assert shown(after) == shown(before)


# --- refusals -------------------------------------------------------------------------------------
def refusal(client, data, *, number=1, status=409):
    before = Vote.objects.count()
    response = client.post(f"{VOTE}{number}/", data)
    page = text(response, status)
    assert "Your choice is not saved" in page
    assert Vote.objects.count() == before
    return page


def test_choice_of_nothing_is_refused_at_the_cards(client, edition, person):
    page = refusal(client, {}, status=422)

    assert "Choose one project" in page
    assert 'href="#nominee-1"' in client.post(VOTE + "1/", {}).content.decode()


def test_two_nominees_in_one_form_are_refused(client, edition, person):
    codes = [nominee.code for nominee in nominees_of(edition, 1)[:2]]

    refusal(client, {"nominee": codes}, status=422)


@pytest.mark.parametrize("code", ["\ufffd\x01", "x" * 4000, "<b>", "000000", "../../"])
def test_tampered_codes_are_refused_with_a_sentence(client, edition, person, code):
    choose(client, nominees_of(edition, 2)[0])

    page = refusal(client, {"nominee": code})

    assert "This project is not a nominee of this category" in page
    assert Vote.objects.count() == 1


def test_binary_value_is_refused(client, edition, person):
    body, kind = b"nominee=%ff%fe%00%01", "application/x-www-form-urlencoded"

    assert "not a nominee" in text(client.post(VOTE + "1/", body, content_type=kind), 409)


def test_binary_body_is_refused(client, edition, person):
    response = client.post(VOTE + "1/", b"\x00\xff\x17\x00", content_type="application/octet-stream")

    assert "Choose one project" in text(response, 422)


def test_nominee_of_another_category_is_refused_and_nothing_is_lost(client, edition, person):
    choose(client, nominees_of(edition, 2)[0])

    refusal(client, {"nominee": nominees_of(edition, 2)[1].code}, number=1)

    assert Vote.objects.get().nominee == nominees_of(edition, 2)[0]


def test_nominee_of_another_edition_is_refused(client, edition, person):
    other = make_edition(forum=ForumFactory(slug="2021"))

    refusal(client, {"nominee": nominees_of(other, 1)[0].code})


def test_refused_choice_is_told_to_the_script(client, edition, person):
    answer = choose(client, nominees_of(edition, 2)[0], number=1, **FETCH)

    assert answer.status_code == 409
    assert answer.json()["words"].startswith("This project is not a nominee of this category")


def test_stolen_form_token_is_refused_with_a_sentence(edition):
    user = voter()
    RegistrationFactory(user=user)
    own, thief = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    own.force_login(user)
    thief.force_login(voter())
    thief.get(VOTE + "start/")
    stolen = thief.cookies["csrftoken"].value
    own.get(VOTE + "1/")
    nominee = nominees_of(edition, 1)[0]

    refused = own.post(VOTE + "1/", {"nominee": nominee.code, "csrfmiddlewaretoken": stolen})
    missing = own.post(VOTE + "1/", {"nominee": nominee.code})

    assert (refused.status_code, missing.status_code) == (403, 403)
    assert "Nothing was saved." in refused.content.decode()
    assert not Vote.objects.exists()
    token = own.cookies["csrftoken"].value
    assert own.post(VOTE + "1/", {"nominee": nominee.code, "csrfmiddlewaretoken": token}).status_code == 303


def test_choice_after_the_close_says_when_it_closed(client, edition, person, clock):
    choose(client, nominees_of(edition, 1)[0])
    clock.move_to(edition.phase("voting").ends)

    page = text(choose(client, nominees_of(edition, 2)[0]), 409)

    assert "This choice is not saved and does not count: it came after the close, 1 August, 14:20 Geneva" in page
    assert "Everything that you saved before stands as it was." in page
    assert "Your ballot misses 2 of 3 categories and does not count." in page
    assert Vote.objects.count() == 1
    told = choose(client, nominees_of(edition, 2)[0], **FETCH)
    assert (told.status_code, told.json()["words"].split(":")[0]) == (409, "The vote is closed")


def test_pages_after_the_close_show_the_ballot_and_no_form(client, edition, person, clock):
    fill(client, edition)
    clock.move_to(edition.phase("voting").ends + timedelta(days=1))

    for path in ("", "1/", "start/"):
        page = html(client.get(VOTE + path))
        assert "Voting has closed" in page
        assert "data-ballot" not in page
        assert nominees_of(edition, 1)[0].title in page
    assert "Your ballot is complete and counts" in text(client.get(VOTE))
    assert client.get(VOTE + "receipt/").status_code == 200


def test_pages_after_the_close_for_somebody_without_a_ballot(client, edition, person, clock):
    clock.move_to(edition.phase("voting").ends)

    assert "You have no ballot in this vote." in text(client.get(VOTE))


def test_pages_after_the_close_for_an_empty_partial_ballot(client, edition, person, clock):
    edition.require_all_categories = False
    edition.save()
    cast_vote.begin(edition=edition, user=person, country=None, stakeholder_type="", now=NOW)
    clock.move_to(edition.phase("voting").ends)

    assert "Your ballot has no choice and does not count." in text(client.get(VOTE))


def test_pages_before_the_vote_say_when_it_opens(client, edition, person):
    set_phase(edition, "review")

    assert "The vote is not open yet It is open from" in text(client.get(VOTE))
    assert "The vote is not open yet" in text(choose(client, nominees_of(edition, 1)[0]), 409)


def test_pages_before_the_nominees_are_published(client, edition, person):
    edition.nominees_published = None
    edition.save()

    assert "The nominees are not published yet." in text(client.get(VOTE + "1/"))


def test_pages_of_an_edition_without_dates(client, edition, person):
    edition.phases.all().delete()

    assert "Its dates are not set yet." in text(client.get(VOTE))


def test_edition_without_any_nominee_has_nobody_to_vote_for(client, edition, person):
    Nomination.objects.all().update(state="not_nominated")

    assert "There is nobody to vote for" in text(client.get(VOTE))


# --- final choices --------------------------------------------------------------------------------
@pytest.fixture
def final_edition(edition):
    edition.votes_final = True
    edition.save()
    return edition


def test_final_choice_is_warned_of_before(client, final_edition, person):
    page = html(client.get(VOTE + "1/"))

    assert "A choice is final: once you have saved it here, you cannot change it." in page
    assert " data-final" in page


def test_final_choice_is_shown_and_cannot_be_changed(client, final_edition, person):
    first, second, _third = nominees_of(final_edition, 1)
    choose(client, first)

    page = html(client.get(VOTE + "1/"))
    assert f"✓ You have chosen <bdi>{first.title}</bdi>. A choice is final." in page
    assert len(re.findall(r'<input type="radio"[^>]* disabled', page)) == 3
    assert "ballot.js" not in page

    answer = choose(client, second)
    assert "You have chosen in this category already. A choice is final" in text(answer, 409)
    assert Vote.objects.get().nominee == first


def test_final_choice_of_a_withdrawn_nominee_may_be_made_again(client, final_edition, person):
    first, second, _third = nominees_of(final_edition, 1)
    fill(client, final_edition)
    Nomination.objects.filter(pk=first.pk).update(state="withdrawn")

    overview = text(client.get(VOTE))
    assert "Withdrawn Choose again" in overview
    page = text(client.get(VOTE + "1/"))
    assert f"You had chosen {first.title} . This project has withdrawn" in page
    assert ", your choice has withdrawn" in page

    assert choose(client, second)["Location"] == VOTE + "receipt/"
    assert Vote.objects.get(category__number=1).nominee == second


# --- the order ------------------------------------------------------------------------------------
def test_order_is_the_voters_own_and_stays(client, edition, person):
    def order():
        return re.findall(r'name="nominee" value="(\w+)"', html(client.get(VOTE + "1/")))

    own = [nominee.code for nominee in ballot_page.in_own_order(nominees_of(edition, 1), user=person)]
    assert order() == order() == own


def test_two_voters_have_two_orders():
    edition = make_edition(nominees=12)
    nominees = nominees_of(edition, 1)

    first, second = (ballot_page.in_own_order(nominees, user=voter()) for _one in range(2))

    assert first != second
    assert set(first) == set(second)


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
def test_receipt_shows_the_secret_the_trackers_and_the_head(client, edition, person):
    chain.open_chain(edition, now=NOW)
    fill(client, edition)
    ballot = Ballot.objects.get()

    page = html(client.get(VOTE + "receipt/"))

    secret = "-".join(re.findall("....", ballot.secret))
    assert f">{secret}</code>" in page
    for tracker in Vote.objects.values_list("tracker", flat=True):
        assert "-".join(re.findall("....", tracker)) in page
    assert chain.head(edition) in page
    assert "/2020/prizes/results/check/" in page


def test_receipt_before_the_chain_is_open(client, edition, person):
    fill(client, edition)

    assert "The chain has no block yet." in text(client.get(VOTE + "receipt/"))


def test_receipt_is_for_ballots_that_count(client, edition, person):
    assert client.get(VOTE + "receipt/")["Location"] == VOTE
    choose(client, nominees_of(edition, 1)[0])
    assert client.get(VOTE + "receipt/")["Location"] == VOTE


def test_receipt_of_a_closed_edition_is_gone(client, edition, person):
    fill(client, edition)
    Ballot.objects.update(secret="")

    assert client.get(VOTE + "receipt/")["Location"] == VOTE


def test_receipt_is_the_persons_own(client, edition, person):
    fill(client, edition)
    secret = Ballot.objects.get().secret[:4]
    client.force_login(voter())

    response = client.get(VOTE + "receipt/", follow=True)

    assert secret not in response.content.decode()


# --- the note on every page -----------------------------------------------------------------------
def me(client, *, page="/2020/programme/"):
    return text_of(
        client.get("/2020/me/", headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"})
    )


def text_of(response):
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def test_incomplete_ballot_is_told_on_every_page(client, edition, person):
    assert "Your ballot" not in me(client)
    choose(client, nominees_of(edition, 1)[0])

    assert "Your ballot misses 2 of 3 categories and does not count yet. Go on with your ballot" in me(client)
    assert "Voting closes 1 August, 14:20 Geneva (12:20 UTC)" in me(client)
    agenda = text(client.get("/2020/agenda/"))
    assert agenda.startswith("> Your ballot misses 2 of 3") or "Your ballot misses 2 of 3" in agenda


def test_ballots_own_pages_do_not_say_it_twice(client, edition, person):
    choose(client, nominees_of(edition, 1)[0])

    assert "Your ballot misses" not in me(client, page=VOTE + "2/")


def test_complete_ballot_is_not_told(client, edition, person):
    fill(client, edition)

    assert "Your ballot" not in me(client)


def test_nothing_is_told_outside_the_vote(client, edition, person, clock):
    choose(client, nominees_of(edition, 1)[0])
    clock.move_to(edition.phase("voting").ends)

    assert "Your ballot" not in me(client)


def test_nothing_is_told_to_others(client, edition, person):
    choose(client, nominees_of(edition, 1)[0])

    client.force_login(voter())
    assert "Your ballot" not in me(client)
    client.logout()
    assert "Your ballot" not in me(client)


def test_empty_partial_ballot_is_told(client, edition, person):
    edition.require_all_categories = False
    edition.save()
    cast_vote.begin(edition=edition, user=person, country=None, stakeholder_type="", now=NOW)

    assert "Your ballot has no choice yet and does not count." in me(client)


def test_note_costs_one_query_where_there_is_nothing_to_say(client, edition, person, django_assert_num_queries):
    forum = edition.forum
    with django_assert_num_queries(1):
        assert incomplete_ballot(person, forum, "/2020/", NOW) == ""


# --- cost -----------------------------------------------------------------------------------------
def statements(queries):
    return [
        query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]


def test_choice_costs_twelve_statements_at_the_most(client, edition, person):
    choose(client, nominees_of(edition, 1)[0])
    nominee = nominees_of(edition, 2)[0]

    with CaptureQueriesContext(connection) as queries:
        assert choose(client, nominee, number=2).status_code == 303

    assert len(statements(queries)) <= 12, "\n".join(statements(queries))


def test_page_costs_the_same_with_one_nominee_and_with_many(client, person):
    small, large = make_edition(nominees=1, categories=3), None
    path = reverse("prizes:ballot-category", args=[small.forum.slug, 1])
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    large = make_edition(forum=ForumFactory(slug="2021"), nominees=8, categories=12)
    RegistrationFactory(user=person, forum=large.forum)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("prizes:ballot-category", args=["2021", 1]))

    assert len(few) == len(many)


def test_mails_of_the_receipt_are_secret(client, edition, person):
    fill(client, edition)

    mail = Message.objects.get(kind="ballot-receipt")
    assert (mail.is_secret, mail.queue, mail.to) == (True, "account", person.email)
