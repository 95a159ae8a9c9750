import re
from datetime import timedelta

import pytest

from registration.models import Registration, RegistrationDraft
from registration.registering import questions, registrations
from registration.registering.questions import STEPS
from tests.factories import NOW, CountryFactory, ForumFactory, RegistrationFactory, UserFactory
from tests.registration.registering.test_registrations import ANSWERS

pytestmark = pytest.mark.django_db

YOU, ACCESS = ({name: ANSWERS[name] for name in step.names} for step in STEPS)
PAGE = "/2020/register/"


@pytest.fixture(autouse=True)
def _world(noon):
    ForumFactory()
    CountryFactory()
    CountryFactory(code="CH")


@pytest.fixture
def user():
    return UserFactory(name="", time_zone="UTC")


@pytest.fixture
def page(client, user):
    client.force_login(user)
    return client


def keep(user, answers=None):
    for step in STEPS:
        registrations.save_step(ForumFactory(), user=user, step=step.key, data=answers or ANSWERS, now=NOW)


def errors(response):
    html = response.content.decode()
    return [
        re.sub(r"<[^>]+>", "", e).strip() for e in re.findall(r'<div class="error" id="[^"]+">(.*?)</div>', html, re.S)
    ]


# --- the way through ------------------------------------------------------------------------------
def test_register_step_by_step(page, user):
    way = [page.get(PAGE)["Location"]]
    for step, answers in (("you", YOU), ("access", ACCESS)):
        way.append(page.post(f"{PAGE}{step}/", answers)["Location"])
        assert page.get(PAGE)["Location"] == way[-1]  # here one goes on, on whatever device
    checked = page.get(f"{PAGE}check/").content.decode()
    done = page.post(f"{PAGE}check/", {"consent": "on"}, follow=True)

    assert way == [f"{PAGE}{step}/" for step in ("you", "access", "check")]
    assert "Université des Sciences de Bamako" in checked
    assert "French, English" in checked
    assert "You are registered." in done.content.decode()
    registration = Registration.objects.get()
    assert registration.user == user
    assert questions.profile(registration) == ANSWERS
    assert registration.consented == NOW


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/2020/book/ABC123/", "/2020/book/ABC123/"),
        ("/\\evil.example", "/2020/agenda/"),
    ],
)
def test_register_leads_to_the_page_that_was_wanted_and_never_away(page, user, wanted, leads):
    keep(user)
    page.get(PAGE, {"next": wanted})

    response = page.post(f"{PAGE}check/", {"consent": "on"})

    assert response["Location"] == leads


def test_register_keeps_its_answers_to_oneself(page):
    keep(UserFactory())
    RegistrationFactory(name="Somebody else")

    html = page.get(f"{PAGE}you/").content.decode()

    assert ("Awa Diallo" in html, "Somebody else" in html) == (False, False)


# --- what is wrong --------------------------------------------------------------------------------
def test_errors_say_what_to_do_and_the_input_is_kept(page):
    named = {name: YOU[name] for name in ("name", "gender", "organisation")}
    response = page.post(f"{PAGE}you/", named | {"time_zone": "Bamako/Africa"})

    html = response.content.decode()
    assert errors(response) == [
        "“Bamako/Africa” is no city, country or time zone that we know. Enter a city near yours, such as Nairobi",
        "Choose the type of your organisation",
        "Choose the country that you represent",
    ]
    assert "<title>Error: You · Register for the Forum" in " ".join(html.split())
    assert "There are 3 things to correct" in html
    assert '<a href="#id_stakeholder_type_0">Choose the type of your organisation</a>' in html
    assert '<a href="#id_time_zone">' in html
    assert html.index("error-summary") < html.index("<h1>")
    assert 'value="Université des Sciences de Bamako"' in html
    assert 'value="Bamako/Africa"' in html
    assert 'aria-describedby="id_time_zone_helptext id_time_zone_error"' in html
    assert 'aria-invalid="true"' in html


# --- who is registered ----------------------------------------------------------------------------
@pytest.fixture
def registration(user):
    return registrations.register(ForumFactory(), user=user, data=ANSWERS, has_consented=True, now=NOW)


def test_registered_people_change_a_step_even_after_the_window(page, registration, time_machine):
    time_machine.move_to(registration.forum.registration_closes + timedelta(days=1))
    page.force_login(registration.user)

    wrong = page.post(f"{PAGE}you/", YOU | {"time_zone": "Bamako/Africa"})
    response = page.post(f"{PAGE}you/", YOU | {"country": "CH", "time_zone": "bamako"}, follow=True)

    registration.refresh_from_db()
    assert errors(wrong) == [
        "“Bamako/Africa” is no city, country or time zone that we know. Enter a city near yours, such as Nairobi"
    ]
    assert questions.profile(registration) == ANSWERS | {"country": "CH"}
    assert "Your answers are saved." in response.content.decode()
    assert RegistrationDraft.objects.count() == 0


def test_withdraw_asks_and_withdraws_and_keeps_the_answers(page, registration):
    other = RegistrationFactory()

    asked = page.get("/2020/withdraw/").content.decode()
    done, twice = (page.post("/2020/withdraw/", follow=True).content.decode() for _time in range(2))
    registration.refresh_from_db()
    withdrawn = registration.withdrawn
    start = page.get(PAGE)
    page.post(f"{PAGE}check/", {"consent": "on"})

    registration.refresh_from_db()
    other.refresh_from_db()
    assert "You can register again while registration is open." in asked
    assert "You are not registered any more." in done
    assert "You are not registered" in twice
    assert (withdrawn, registration.withdrawn, other.withdrawn) == (NOW, None, None)
    assert (start["Location"], questions.profile(registration)) == (f"{PAGE}check/", ANSWERS)


# --- a name in Latin letters ----------------------------------------------------------------------
def test_who_has_a_name_in_other_letters_is_asked_for_it_in_latin_ones_and_nobody_else(page, user):
    plain = page.get(f"{PAGE}you/").content.decode()
    asked = page.post(f"{PAGE}you/", YOU | {"name": "김민준"})
    wrong = page.post(f"{PAGE}you/", YOU | {"name": "김민준", "latin_name": "김"})
    way = page.post(f"{PAGE}you/", YOU | {"name": "김민준", "latin_name": "Kim Minjun"})["Location"]

    assert "latin_name" not in plain
    assert errors(asked) == ["Enter your name in Latin letters"]
    assert errors(wrong) == ["Write it in Latin letters, as in your passport"]
    assert (way, RegistrationDraft.objects.get().data["latin_name"]) == (f"{PAGE}access/", "Kim Minjun")


def test_draft_without_the_name_in_latin_letters_is_not_submitted(user):
    keep(user, ANSWERS | {"name": "김민준"})

    assert "latin_name" in registrations.Registering(ForumFactory(), user=user, now=NOW).problems()
