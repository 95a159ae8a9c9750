"""The prize's public pages: what they say in each phase, and what they never show."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from events.models import SDG
from prizes.models import Announcement, Count, Linkage, PrizeSponsor
from tests.factories import NOW, ForumFactory, OrganisationFactory, UserFactory
from tests.prizes.factories import NominationFactory, make_edition, nominees_of, set_phase

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def edition():
    return make_edition(categories=2, nominees=2)


def page(address="/2020/prizes/"):
    return Client().get(address).content.decode()


def announcement(edition, kind, *, at=NOW - timedelta(days=1)):
    one, two = UserFactory(), UserFactory()
    return Announcement.objects.create(
        edition=edition, kind=kind, state="approved", proposed_by=one, proposed=at, approved_by=two, approved=at
    )


def count(edition):
    figures = dict.fromkeys(
        ["valid_ballots", "incomplete_ballots", "quarantined_ballots", "valid_votes", "attendee_ballots"], 777
    )
    return Count.objects.create(edition=edition, number=1, counted=NOW, **figures)


# --- home ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("phase", "heading", "deadline", "link"),
    [
        ("submission", "Nominations are open", "Nominations close", "/2020/prizes/nominate/new/"),
        ("review", "Experts review the projects", "The review ends", ""),
        ("voting", "The public vote is open", "Voting closes", "/2020/prizes/vote/"),
        ("selection", "Voting has closed", "Experts choose the winners until", ""),
        ("announcement", "Voting has closed", "The announcement ends", ""),
    ],
)
def test_home_says_first_what_to_do_now(phase, heading, deadline, link):
    make_edition(phase=phase)

    text = page()

    now = text[text.index('<section class="now"') : text.index("</section>")]
    assert re.search(rf"<h2>\s*{heading}\s*</h2>", now)
    assert (
        f'{deadline} <time datetime="2020-08-01T12:20Z">1 August, 14:20 Geneva (12:20 UTC)</time>, in 10 days.' in now
    )
    assert ('href="' in now) == bool(link)
    assert f'href="{link}"' in now or not link


def test_home_between_two_phases_says_what_comes_next():
    edition = make_edition(phase="voting")
    edition.phases.filter(kind="voting").update(starts=NOW + timedelta(hours=5))
    text = page()

    assert "<h2>Next: Public vote</h2>" in text
    assert "Public vote begins" in text
    assert ", in 5 hours." in text
    assert "/2020/prizes/vote/" not in text


def test_home_before_everything_and_without_dates():
    edition = make_edition(phase="submission")
    edition.phases.filter(kind="submission").update(starts=NOW + timedelta(minutes=40))

    assert "The prize has not begun yet" in (text := page())
    assert "Submission begins" in text
    assert ", in 40 minutes." in text

    edition.phases.all().delete()

    assert "Its dates appear here." in page()


def test_home_at_the_very_close_says_that_voting_has_closed(time_machine):
    edition = make_edition(phase="voting")
    close = edition.phase("voting").ends
    edition.phases.filter(kind="selection").update(starts=close + timedelta(hours=3))

    time_machine.move_to(close - timedelta(seconds=1), tick=False)
    before = page()
    time_machine.move_to(close, tick=False)
    after = page()

    assert "within two minutes." in before
    assert "/2020/prizes/vote/" in before
    assert re.search(r"<h2>\s*Voting has closed\s*</h2>", after)
    assert "The votes are being counted." in after
    assert "Selection of winners begins" in after
    assert "/2020/prizes/vote/" not in after


def test_home_of_a_vote_without_nominees_offers_no_ballot():
    make_edition(phase="voting", nominees_published=None)

    text = page()

    assert "The nominees are not published yet" in text
    assert "/2020/prizes/vote/" not in text


def test_home_after_the_last_phase():
    edition = make_edition(phase="announcement")
    edition.phases.all().update(starts=NOW - timedelta(days=9), ends=NOW - timedelta(days=8))

    assert "Voting has closed" in page()

    edition.phases.exclude(kind="announcement").delete()

    assert "This prize is over" in page()


def test_home_keeps_results_until_they_are_announced(time_machine):
    edition = make_edition(phase="selection")
    count(edition)

    held = page()
    announcement(edition, "champions")
    champions = page()
    announcement(edition, "winners")
    winners = page()

    assert "The votes are counted" in held
    assert "/2020/prizes/results/" not in held
    assert "777" not in held
    assert "The champions are known" in champions
    assert "The winners are known" not in champions
    assert "The winners are known" in winners
    assert 'href="/2020/prizes/results/"' in winners


def test_home_tells_the_rules_of_the_edition():
    edition = make_edition(champions_per_category=7, winners_per_category=2, nominees_per_category=12)
    full = page()
    edition.require_all_categories, edition.votes_final = False, False
    edition.save()
    partial = page()

    assert "The 7 projects with the most valid votes" in full
    assert "up to 2 winners of each category" in full
    assert "At the most 12 become nominees" in full
    assert "A ballot counts when every category is chosen" in full
    assert "A choice is final." in full
    assert "A ballot counts from the first choice on" in partial
    assert "You can change a choice until the close." in partial


def test_home_shows_sponsors_and_numbers_of_nominees(edition):
    PrizeSponsor.objects.create(edition=edition, organisation=OrganisationFactory(name="Sponsor of the year"))
    NominationFactory(category=edition.categories.get(number=1), state="withdrawn")

    text = page()

    assert "Sponsor of the year" in text
    assert " ".join(text.split()).count('2<span class="hidden-text"> nominees</span>') == 2
    assert 'href="/2020/prizes/2/"' in text


def test_card_says_what_to_do_now_and_nothing_without_an_edition():
    ForumFactory(slug="empty")
    make_edition(phase="voting")

    assert "The public vote is open" in page("/2020/prizes/card/")
    assert 'hx-get="/2020/prizes/card/"' in page("/2020/")
    assert "vote" not in page("/empty/prizes/card/")
    assert Client().get("/none/prizes/card/").status_code == 404


# --- category --------------------------------------------------------------------------------------
def test_category_shows_its_nominees_only(edition):
    first, second = nominees_of(edition, 1)
    other = nominees_of(edition, 2)[0]
    hidden = [
        NominationFactory(category=first.category, state=state, title=f"Hidden {state}")
        for state in ("draft", "submitted", "shortlisted", "not_nominated", "withdrawn")
    ]

    text = page("/2020/prizes/1/")

    assert f'href="/2020/prizes/1/{first.code}/"' in text
    assert second.title in text
    assert other.title not in text
    assert [row.title for row in hidden if row.title in text] == []
    assert 'href="/2020/prizes/vote/1/"' in text
    assert "Voting closes" in text
    assert 'rel="next"' in text


def test_category_before_publication_says_when_nominees_come():
    edition = make_edition(phase="review")
    NominationFactory(category=edition.categories.get(number=1), state="nominated", title="Too early")

    text = page("/2020/prizes/1/")

    assert "The nominees are not known yet" in text
    assert "The review ends" in text
    assert "Too early" not in text
    assert Client().get(f"/2020/prizes/1/{nominees_of(edition, 1)[0].code}/").status_code == 404


def test_category_without_nominees_says_so(edition):
    nominees_of(edition, 2)[0].category.nominations.update(state="withdrawn")

    assert "This category has no nominees" in page("/2020/prizes/2/")


def test_category_order_is_another_one_on_other_days(edition, time_machine):
    row = edition.categories.get(number=1)
    for _place in range(6):
        NominationFactory(category=row, state="nominated")
    titles = [nominee.title for nominee in nominees_of(edition, 1)]

    orders = set()
    for day in range(5):
        time_machine.move_to(NOW + timedelta(days=day), tick=False)
        text = page("/2020/prizes/1/")
        assert page("/2020/prizes/1/") == text
        orders.add(tuple(sorted(titles, key=text.index)))

    assert len(orders) > 3


@pytest.mark.parametrize("address", ["/2020/prizes/99/", "/none/prizes/1/", "/2020/prizes/1/AAAAAA/"])
def test_unknown_pages_are_not_found(edition, address):
    assert Client().get(address).status_code == 404


def test_pages_of_a_hidden_edition_are_not_found():
    edition = make_edition(is_public=False)
    code = nominees_of(edition, 1)[0].code

    assert Client().get("/2020/prizes/1/").status_code == 404
    assert Client().get(f"/2020/prizes/1/{code}/").status_code == 404
    assert "not announced yet" in page()


# --- nominee ---------------------------------------------------------------------------------------
def test_nominee_page_shows_the_project(edition):
    nominee = nominees_of(edition, 1)[0]
    nominee.social_impact, nominee.challenges = "Schools are online", "Kept for the experts"
    nominee.save()
    Linkage.objects.create(nomination=nominee, sdg=SDG.objects.get(number=4), text="Teachers learn")

    text = page(f"/2020/prizes/1/{nominee.code}/")

    assert f"<h1><bdi>{nominee.title}</bdi></h1>" in text
    assert "Mali" in text
    assert '<span class="goal goal-4">4</span> Quality Education' in " ".join(text.split())
    assert "Teachers learn" in text
    assert "Schools are online" in text
    assert "Kept for the experts" not in text
    assert '<a href="https://project.example.org/" rel="nofollow noopener">' in text
    assert nominee.nominator.name not in text
    assert nominee.nominator.email not in text


def test_nominee_of_another_category_is_not_found(edition):
    nominee = nominees_of(edition, 1)[0]

    assert Client().get(f"/2020/prizes/2/{nominee.code}/").status_code == 404


@pytest.mark.parametrize("state", ["draft", "submitted", "shortlisted", "not_nominated", "withdrawn"])
def test_nomination_that_is_no_nominee_is_not_found(edition, state):
    row = NominationFactory(category=edition.categories.get(number=1), state=state, title="Secret project")

    answer = Client().get(f"/2020/prizes/1/{row.code}/")

    assert answer.status_code == 404
    assert "Secret project" not in answer.content.decode()


def test_sample_projects_say_that_they_are_made_up(edition):
    nominee = nominees_of(edition, 1)[0]
    type(nominee).objects.filter(pk=nominee.pk).update(is_sample=True)

    assert "sample data" in page("/2020/prizes/1/")
    assert "sample data" in page(f"/2020/prizes/1/{nominee.code}/")
    assert "sample data" not in page("/2020/prizes/2/")


def test_pages_never_show_results_after_the_vote():
    edition = set_phase(make_edition(), "selection")
    nominee = nominees_of(edition, 1)[0]
    count(edition)

    for address in ("/2020/prizes/1/", f"/2020/prizes/1/{nominee.code}/"):
        text = page(address)
        assert "777" not in text
        assert "champion" not in text.casefold()
        assert "/2020/prizes/vote/" not in text


# --- how often pages ask ---------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("phase", ["voting", "selection"])
def test_pages_ask_as_often_for_three_rows_as_for_one(rows, phase, django_assert_num_queries):
    edition = make_edition(categories=rows, nominees=rows, phase=phase)
    nominee = nominees_of(edition, 1)[0]
    for goal in SDG.objects.all()[:rows]:
        Linkage.objects.create(nomination=nominee, sdg=goal, text="How")
    for _place in range(rows):
        PrizeSponsor.objects.create(edition=edition, organisation=OrganisationFactory())
    more = 2 if phase == "selection" else 0

    for address, number in [
        ("/2020/prizes/", 6 + more),
        ("/2020/prizes/card/", 4 + more),
        ("/2020/prizes/1/", 6 + more),
        (f"/2020/prizes/1/{nominee.code}/", 6 + more),
    ]:
        with django_assert_num_queries(number):
            Client().get(address)
