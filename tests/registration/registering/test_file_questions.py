"""Questions of the organisers that are answered with a file."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from registration.models import Registration, RegistrationFile
from registration.registering import registrations
from tests.factories import (
    NOW,
    ForumFactory,
    RegistrationFactory,
    RegistrationQuestionFactory,
    UserFactory,
    allowed,
)
from tests.files import PDF, PNG
from tests.registration.registering.test_registrations import ANSWERS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "mali")]
PAGE = "/2020/register/questions/"
LIST = "/admin/registration/registration/"


@pytest.fixture
def question():
    return RegistrationQuestionFactory(
        forum=ForumFactory(), text="Press card", type="file", is_required=True, is_listed=True
    )


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def site(client, user):
    client.force_login(user)
    return client


def card(content=PDF, name="card.pdf"):
    return SimpleUploadedFile(name, content)


def begin(question, user):
    for step in ("you", "access"):
        registrations.save_step(question.forum, user=user, step=step, data=ANSWERS, now=NOW)


def registered(question, **values):
    user = UserFactory()
    begin(question, user)
    registrations.save_step(question.forum, user=user, step="questions", data={question.name: card()}, now=NOW)
    return registrations.submit(question.forum, user=user, has_consented=True, now=NOW)


def text(answer):
    return " ".join(answer.content.decode().split())


def test_a_file_is_asked_for_given_and_kept_by_its_name(site, user, question):
    begin(question, user)
    missing = text(site.post(PAGE))
    wrong = text(site.post(PAGE, {question.name: card(b"MZ program")}))

    given = site.post(PAGE, {question.name: card(PNG, "card.png")})
    site.post("/2020/register/check/", {"consent": "on"})

    assert "Choose a file" in missing
    assert "The file is no PDF, PNG or JPEG. Choose another one" in wrong
    assert "Your files are deleted after 10 October 2020" in wrong
    assert given.status_code == 302
    assert Registration.objects.get().answers == {question.name: "card.png"}
    assert RegistrationFile.objects.get().name == question.name


def test_another_answer_on_which_it_depended_takes_the_file_along(user):
    first = RegistrationQuestionFactory(forum=ForumFactory(), text="Visa?", type="choice", choices=["Yes", "No"])
    follows = RegistrationQuestionFactory(
        text="Passport", type="file", shown_if=first, shown_for=["Yes"], forum=first.forum
    )
    begin(first, user)
    for step, data in (("questions", {first.name: "Yes"}), ("questions-2", {follows.name: card()})):
        registrations.save_step(first.forum, user=user, step=step, data=data, now=NOW)
    row = registrations.submit(first.forum, user=user, has_consented=True, now=NOW)

    registrations.edit(row, data={first.name: "No"}, by=user, now=NOW)

    assert not RegistrationFile.objects.exists()


def test_a_file_that_is_gone_is_no_answer_any_more(site, user, question):
    """Who withdrew finds the old answers again; files may be deleted by then."""
    begin(question, user)
    site.post(PAGE, {question.name: card()})
    site.post("/2020/register/check/", {"consent": "on"})
    registrations.withdraw(Registration.objects.get(), now=NOW)
    RegistrationFile.objects.all().delete()

    assert "Choose a file" in text(site.post("/2020/register/check/", {"consent": "on"}))


def test_lists_link_for_who_decides_and_exports_have_the_name(client, question):
    row, view = registered(question), "registration.view_registration"
    RegistrationFactory(forum=question.forum)
    there = f"{LIST}?forum={question.forum.slug}"
    address = f'href="/2020/register/files/{row.user_id}/{question.name}/"'
    client.force_login(allowed(view, "registration.decide_registration", "registration.export_registration"))
    decides, answered = text(client.get(there)), text(client.get(f"{there}&{question.name}=-"))
    table = client.get("/admin/events/forum/exchange/registration.csv").content.decode()
    client.force_login(allowed(view))
    views = text(client.get(there))

    assert (address in decides, address in answered) == (True, False)
    assert ("card.pdf" in views, address in views) == (True, False)
    assert "card.pdf" in table
