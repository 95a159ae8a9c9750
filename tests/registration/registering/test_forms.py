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


def test_register_says_when_the_draft_was_saved_and_offers_zones(page):
    page.post(f"{PAGE}you/", YOU)

    html = page.get(f"{PAGE}you/").content.decode()

    for part in ("Saved:", "22 July, 14:20 Geneva", "data-zone-field", '<option value="Africa/Bamako"></option>'):
        assert part in html


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/2020/book/ABC123/", "/2020/book/ABC123/"),
        ("https://evil.example/", "/2020/agenda/"),
        ("//evil.example", "/2020/agenda/"),
        ("javascript:alert(1)", "/2020/agenda/"),
        ("/\\evil.example", "/2020/agenda/"),
    ],
)
def test_register_leads_to_the_page_that_was_wanted_and_never_away(page, user, wanted, leads):
    keep(user)
    page.get(PAGE, {"next": wanted})

    response = page.post(f"{PAGE}check/", {"consent": "on"})

    assert response["Location"] == leads


def test_register_takes_what_the_account_knows(client):
    client.force_login(UserFactory(name="Awa Diallo", time_zone="Africa/Bamako"))

    html = client.get(f"{PAGE}you/").content.decode()

    assert ('value="Awa Diallo"' in html, 'value="Africa/Bamako"' in html) == (True, True)


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
        "Time zone “Bamako/Africa” is not known. Choose one from the list",
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


@pytest.mark.parametrize(
    ("step", "field", "value", "sentence"),
    [
        ("you", "name", "", "Enter your name"),
        ("you", "name", "   ", "Enter your name"),
        ("you", "name", "x" * 151, "This has 151 characters. Shorten it to 150"),
        ("you", "name", "Awa\x00Diallo", "Null characters are not allowed."),
        ("you", "title", "x" * 41, "This has 41 characters. Shorten it to 40"),
        ("you", "gender", "", "Choose your gender, or “Prefer not to say”"),
        ("you", "gender", "unknown", "Choose from the list"),
        ("you", "organisation", "x" * 201, "This has 201 characters. Shorten it to 200"),
        ("you", "country", "XX", "Choose from the list"),
        ("you", "country", "M\x00", "Choose from the list"),
        ("you", "time_zone", "", "Choose your time zone"),
        (
            "you",
            "time_zone",
            "../../etc/passwd",
            "Time zone “../../etc/passwd” is not known. Choose one from the list",
        ),
        ("you", "time_zone", "a\x00b", "Null characters are not allowed."),
        ("access", "languages", ["fr", "klingon"], "Choose from the list"),
        ("access", "language", "xx", "Choose from the list"),
        ("access", "accessibility_needs", "x" * 1001, "This has 1001 characters. Shorten it to 1000"),
        ("access", "accessibility_needs", "\x00", "Null characters are not allowed."),
    ],
)
def test_bad_input_is_told_at_the_field(page, step, field, value, sentence):
    response = page.post(f"{PAGE}{step}/", ANSWERS | {field: value})

    assert response.status_code == 200
    assert errors(response)[0] == sentence.replace("’", "&#x27;")
    assert field not in getattr(RegistrationDraft.objects.first(), "data", {})


def test_consent_and_all_answers_are_needed(page, user):
    empty = page.post(f"{PAGE}check/", {"consent": "on"}).content.decode()
    keep(user)

    response = page.post(f"{PAGE}check/", {})

    assert errors(response) == ["Agree to the privacy notice to register"]
    for part in (
        "You are not registered yet",
        f'<a href="{PAGE}you/#id_gender_0">',
        f'<a href="{PAGE}you/#id_time_zone">Choose your time zone</a>',
    ):
        assert part in empty
    assert Registration.objects.count() == 0


def test_window_that_is_not_open_yet_or_closes_while_one_checks(page, user, time_machine):
    forum = ForumFactory()
    keep(user)
    time_machine.move_to(forum.registration_opens - timedelta(days=1))
    page.force_login(user)
    before = page.get(PAGE).content.decode()
    time_machine.move_to(forum.registration_closes)
    page.force_login(user)

    response = page.post(f"{PAGE}check/", {"consent": "on"})

    assert ("Registration is not open yet" in before, "1 March, 01:00 Geneva" in before) == (True, True)
    assert "Registration is closed" in response.content.decode()
    assert Registration.objects.count() == 0


# --- who is registered ----------------------------------------------------------------------------
@pytest.fixture
def registration(user):
    return registrations.register(ForumFactory(), user=user, data=ANSWERS, has_consented=True, now=NOW)


def test_registered_people_read_their_answers(page, registration):
    for html in (page.get(PAGE).content.decode(), page.post(f"{PAGE}check/", {"consent": "on"}).content.decode()):
        for part in ("You are registered for", "Université des Sciences de Bamako", "Mali"):
            assert part in html
        assert "Country ML" not in html
    assert Registration.objects.count() == 1


def test_registered_people_change_a_step_even_after_the_window(page, registration, time_machine):
    time_machine.move_to(registration.forum.registration_closes + timedelta(days=1))
    page.force_login(registration.user)

    wrong = page.post(f"{PAGE}you/", YOU | {"time_zone": "Bamako/Africa"})
    response = page.post(f"{PAGE}you/", YOU | {"country": "CH"}, follow=True)

    registration.refresh_from_db()
    assert errors(wrong) == ["Time zone “Bamako/Africa” is not known. Choose one from the list"]
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


# --- two devices ----------------------------------------------------------------------------------
def seen_on(client, step):
    return re.search(r'name="seen" value="(\w*)"', client.get(f"{PAGE}{step}/").content.decode())[1]


def test_registered_people_read_what_the_other_device_saved(page, registration):
    seen = seen_on(page, "you")
    page.post(f"{PAGE}you/", YOU | {"country": "CH", "seen": seen})

    late = page.post(f"{PAGE}you/", YOU | {"time_zone": "Europe/Paris", "seen": seen})
    again = page.post(f"{PAGE}you/", YOU | {"time_zone": "Europe/Paris", "seen": seen_on(page, "you")})

    html = late.content.decode()
    assert "This step was changed on another device" in html
    assert re.findall(r'<dd dir="auto" class="typed">(.*?)</dd>', html) == ["Africa/Bamako", "Switzerland"]
    assert again["Location"] == PAGE
    registration.refresh_from_db()
    assert (registration.country_id, registration.time_zone) == ("ML", "Europe/Paris")


def test_answers_of_registered_people_are_not_saved_while_they_type(page, registration):
    html = page.get(f"{PAGE}you/").content.decode()
    answer = page.post(f"{PAGE}save/", YOU | {"step": "you", "name": "A"})

    assert 'data-save=""' in html
    assert answer.status_code == 404
    registration.refresh_from_db()
    assert registration.name == "Awa Diallo"


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


def test_name_in_latin_letters_given_with_the_name_at_once_is_kept_also_of_the_registered(page, user):
    registration = RegistrationFactory(user=user, forum=ForumFactory(), name="Awa")

    page.post(f"{PAGE}you/", YOU | {"name": "김민준", "latin_name": "Kim Minjun"})

    registration.refresh_from_db()
    assert (registration.name, registration.latin_name) == ("김민준", "Kim Minjun")
