"""A registration names an organisation: the typed name finds it, near ones are asked about on the page, new ones are made."""

import re

import pytest

from events.models import Organisation
from registration.models import Registration
from registration.registering import questions, registrations
from registration.registering.registrations import Registering
from tests.factories import (
    NOW,
    CountryFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    UserFactory,
)
from tests.refusals import refused
from tests.registration.registering.test_admin import NO_ROWS
from tests.registration.registering.test_forms import ACCESS, PAGE, YOU, errors
from tests.registration.registering.test_registrations import ANSWERS, register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "forum", "mali")]
TYPED = "Universite des Sciences de Bamako"  # without its accent
WHICH = "Say which organisation you mean"


@pytest.fixture
def known():
    return OrganisationFactory(name=ANSWERS["organisation"])


@pytest.fixture
def user():
    return UserFactory(name="", time_zone="UTC")


@pytest.fixture
def page(client, user):
    client.force_login(user)
    return client


def offered(html):
    """The radio buttons of the question: value → label."""
    pairs = re.findall(r'name="affiliation" value="([^"]*)".*?<span>(.*?)</span>', html, re.S)
    return {value: re.sub("</?bdi>", "", label).strip() for value, label in pairs}


# --- the rule -----------------------------------------------------------------------------------------
def test_the_name_finds_the_organisation_and_a_new_one_waits_for_a_look(known):
    first = register(UserFactory(), organisation=" université DES sciences de  Bamako".upper())
    second, third = (register(UserFactory(), organisation="Net of Villages") for _number in range(2))
    nobody = [register(UserFactory(), organisation=text).affiliation for text in ("", "—")]

    made = Organisation.objects.get(name="Net of Villages")
    assert (first.affiliation, second.affiliation, third.affiliation) == (known, made, made)
    assert (made.is_checked, made.stakeholder_type, made.country_id) == (False, "academia", "ML")
    assert nobody == [None, None]


def test_bodies_of_the_un_have_no_country():
    made = register(UserFactory(), organisation="New UN Office", stakeholder_type="united_nations").affiliation

    assert made.country is None


def test_a_draft_asks_where_a_name_is_near_and_only_there(known):
    user, forum = UserFactory(), ForumFactory()

    def said(**data):
        return registrations.save_step(forum, user=user, step="you", data=data, now=NOW).answers["affiliation"]

    new, near = said(organisation="Net of Villages"), said(organisation=TYPED)
    wrong = refused(registrations.submit, forum, user=user, has_consented=True, now=NOW)["affiliation"]
    made_up = said(organisation=TYPED, affiliation=f"{OrganisationFactory().pk}:{TYPED}")
    chosen = said(organisation=TYPED, affiliation=f"{known.pk}:{TYPED}")
    kept = said(organisation=TYPED)
    other = said(organisation=f"{TYPED} 2")
    found = said(organisation=known.name)

    assert (new, near, wrong, made_up) == ("new:Net of Villages", "", ["missing"], "")
    assert (chosen, kept, other, found) == (*[f"{known.pk}:{TYPED}"] * 2, "", f"{known.pk}:{known.name}")
    assert said(organisation="") == ""
    assert "affiliation" not in Registering(forum, user=UserFactory(), now=NOW).problems()


def test_none_of_these_makes_a_new_one_beside_the_near_one(known):
    row = register(UserFactory(), organisation=TYPED, affiliation=f"new:{TYPED}")
    of_ghana = OrganisationFactory(
        name="Ministry of Health", stakeholder_type="government", country=CountryFactory(code="GH", name="Ghana")
    )
    health = {"organisation": "Ministry of Health", "stakeholder_type": "government"}
    ministry = register(UserFactory(), **health, affiliation="new:Ministry of Health").affiliation

    assert (row.organisation, row.affiliation.name) == (TYPED, TYPED)
    assert (ministry.name, ministry == of_ghana) == ("Ministry of Health (Mali)", False)


def test_another_name_names_another_organisation_and_other_answers_leave_it(known):
    row = register(UserFactory(), organisation=TYPED, affiliation=f"{known.pk}:{TYPED}")

    def edit(**data):
        return registrations.edit(row, data=data, by=None, now=NOW).affiliation

    as_typed, other = edit(organisation=TYPED, name="Awa"), edit(organisation="Net of Villages")

    assert (as_typed, other.name, edit(organisation="")) == (known, "Net of Villages", None)
    assert list(Organisation.objects.all()) == [known]  # nobody names the other one any more
    assert Registration.objects.get().organisation == ""


# --- the page, without a script -----------------------------------------------------------------------
def test_page_asks_about_near_names_and_goes_on_with_the_answer(page, user, known):
    asked = page.post(f"{PAGE}you/", YOU | {"organisation": TYPED})
    options = offered(asked.content.decode())
    again = page.get(f"{PAGE}you/").content.decode()
    gone_on = page.post(f"{PAGE}you/", YOU | {"organisation": TYPED, "affiliation": f"{known.pk}:{TYPED}"})
    page.post(f"{PAGE}access/", ACCESS)
    page.post(f"{PAGE}check/", {"consent": "on"})

    assert errors(asked) == [WHICH]
    assert options == {f"{known.pk}:{TYPED}": known.name, f"new:{TYPED}": f"None of these: “{TYPED}”"}
    assert f'value="{TYPED}"' in asked.content.decode()  # what was typed stays
    assert offered(again) == options
    assert gone_on["Location"] == f"{PAGE}access/"
    row = Registration.objects.get()
    assert (row.organisation, row.affiliation, Organisation.objects.count()) == (TYPED, known, 1)


def test_check_leads_back_to_what_is_open(page, user, known):
    page.post(f"{PAGE}you/", YOU | {"organisation": TYPED})

    html = page.get(f"{PAGE}check/").content.decode()

    assert f'<a href="{PAGE}you/">{WHICH}</a>' in " ".join(html.split())


def test_strangers_are_not_offered_what_somebody_else_typed(page):
    register(UserFactory(), organisation="Awa Diallo, at home in Bamako")

    response = page.post(f"{PAGE}you/", YOU | {"organisation": "Awa Diallo, home in Bamako"})

    assert response["Location"] == f"{PAGE}access/"


@pytest.mark.parametrize("text", ["a\0b", "x" * 201, "%" * 50, "' OR 1=1 --", "\n\n", "7:x", "new:x"])
def test_odd_names_are_no_error(page, known, text):
    answer = page.post(f"{PAGE}you/", YOU | {"organisation": text, "affiliation": f"x:{text}"})

    assert answer.status_code in {200, 302}


# --- organisers -----------------------------------------------------------------------------------------
def test_organisers_say_as_what_somebody_is_counted(organiser_site, known):
    row = RegistrationFactory(organisation="Sciences, Bamako")
    typed = questions.profile(row) | NO_ROWS
    page = f"/admin/registration/registration/{row.pk}/change/"

    saved = organiser_site.post(page, typed | {"affiliation": known.pk})
    row.refresh_from_db()
    first = row.affiliation
    organiser_site.post(page, typed | {"affiliation": known.pk, "name": "Awa"})

    row.refresh_from_db()
    assert (saved.status_code, first, row.affiliation, row.organisation) == (302, known, known, "Sciences, Bamako")
