"""Asking to be the focal point of an organisation, with a letter, and what organisers decide."""

import re
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from events.models import Message, Viewing
from registration.accreditation.delegations import focal_point_requests
from registration.accreditation.documents import documents
from registration.models import FocalPoint, FocalPointRequest
from registration.people.data_rights import retention
from tests.factories import NOW, FocalPointFactory, ForumFactory, OrganisationFactory, UserFactory, allowed, confirmed
from tests.files import PDF
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PAGE, LIST = "/2020/delegation/ask/", "/admin/registration/focalpointrequest/"


@pytest.fixture
def awa():
    return confirmed(email="awa@example.org")


def letter(data=PDF, name="letter.pdf"):
    return SimpleUploadedFile(name, data)


def ask(user, forum, *, organisation="Ministry of Posts", **more):
    values = {"organisation": organisation, "letter": letter(), "by": user, "now": NOW, **more}
    return focal_point_requests.ask(forum=forum, **values)


def test_somebody_reads_what_a_focal_point_is_and_asks_with_a_letter(client, forum, awa):
    """What is wrong is told at its field, and the words are kept."""
    OrganisationFactory(name="Ministry of Posts")
    client.force_login(awa)

    page = client.get("/2020/delegation/", follow=True).content.decode()
    without = client.post(PAGE, {"organisation": "Ministry of Posts"}).content.decode()
    program = client.post(PAGE, {"organisation": "", "letter": letter(b"MZ\x90 a program")}).content.decode()
    before = FocalPointRequest.objects.count()
    sent = {"organisation": "ministry of  posts", "letter": letter()}
    answer = client.post(PAGE, sent, follow=True).content.decode()

    row = FocalPointRequest.objects.get()
    assert "A focal point answers for the people" in page
    assert ("Choose the letter" in without, 'value="Ministry of Posts"' in without) == (True, True)
    assert ("Enter the name of the organisation" in program, before) == (True, 0)
    assert "We have your request." in answer
    assert (row.user, row.forum, row.organisation_name, row.state) == (awa, forum, "Ministry of Posts", "asked")
    with default_storage.open(row.letter.name) as file:
        assert file.read(5) == b"%PDF-"
    assert FocalPoint.objects.count() == 0


def test_one_request_of_a_confirmed_person_waits_for_an_organisation_until_the_forum_is_over(forum, awa):
    named, day = FocalPointFactory(forum=forum, user=awa), NOW.date().replace(year=2000)
    assert refused(ask, awa, forum, letter=letter(b"MZ\x90 a program")) == {"letter": ["file-type"]}
    ask(awa, forum)

    assert refused(ask, awa, forum, organisation="MINISTRY OF POSTS") == {"organisation": ["asked-already"]}
    assert refused(ask, awa, forum, organisation=named.organisation.name) == {"organisation": ["focal-point-already"]}
    assert refused(ask, UserFactory(), forum) == "not-confirmed"
    assert refused(ask, awa, ForumFactory(slug="2000", starts=day, ends=day)) == "over"
    for name in ("Union", "Agency"):
        ask(awa, forum, organisation=name)
    assert refused(ask, awa, forum, organisation="Fourth") == "too-many"


def test_letters_go_a_month_after_the_forum_and_after_a_day_where_no_request_names_them(forum, awa):
    name = ask(awa, forum).letter.name
    lost = default_storage.save("letters/lost.pdf", letter())
    ends = NOW + (forum.ends - NOW.date())

    documents.sweep(timezone.now() + timedelta(days=400 * 20))
    retention.clear_due(ends + timedelta(days=30))
    before = [default_storage.exists(one) for one in (name, lost)]
    retention.clear_due(ends + timedelta(days=31))

    assert (before, default_storage.exists(name), FocalPointRequest.objects.count()) == ([True, False], False, 0)


def test_organisers_read_the_letter_and_name_the_person(organiser_site, forum, awa):
    row = ask(awa, forum)

    first = organiser_site.get("/admin/?forum=2020").content.decode()
    page = organiser_site.get(f"{LIST}{row.pk}/change/").content.decode()
    file = organiser_site.get(f"{LIST}{row.pk}/letter/")
    body = b"".join(file.streaming_content)
    form = organiser_site.get(f"{LIST}{row.pk}/decide/name/").content.decode()
    organiser_site.post(f"{LIST}{row.pk}/decide/name/", {"organisation": "Ministry of Posts"})
    late = organiser_site.post(f"{LIST}{row.pk}/decide/refuse/", {"reason": "No"}).content.decode()

    row.refresh_from_db()
    assert "1 request to be a focal point waits for a decision" in re.sub(r"\s+", " ", re.sub("<[^>]+>", "", first))
    assert ("Open the letter" in page, 'value="Ministry of Posts"' in form) == (True, True)
    assert (body[:5], file["Content-Disposition"][:10]) == (b"%PDF-", "attachment")
    assert Viewing.objects.filter(people=[awa.pk], kind="page").exists()
    assert FocalPoint.objects.get().organisation.name == "Ministry of Posts"
    assert (row.state, FocalPoint.objects.get().user) == ("named", awa)
    assert Message.objects.get(kind="focal-point").to == awa.email
    assert "This was decided already: Named" in late


def test_a_refused_person_reads_why_and_may_ask_again(client, organiser_site, forum, awa):
    row = ask(awa, forum)

    silent = organiser_site.post(f"{LIST}{row.pk}/decide/refuse/", {"reason": " "}).content.decode()
    organiser_site.post(f"{LIST}{row.pk}/decide/refuse/", {"reason": "No <b>stamp</b>"})
    client.force_login(awa)
    page = client.get(PAGE).content.decode()

    mail = Message.objects.get(kind="focal-point-refused")
    assert "Say why, in a sentence or two" in silent
    assert ("No &lt;b&gt;stamp&lt;/b&gt;" in page, "No <b>stamp</b>" in mail.text) == (True, True)
    assert (mail.to, FocalPoint.objects.count()) == (awa.email, 0)
    ask(awa, forum)


def test_nobody_decides_on_their_own_request_and_the_letter_is_for_those_who_decide(client, forum, awa):
    row = ask(awa, forum)
    desk, elsewhere = (
        allowed("registration.view_focalpoint", forum=forum),
        allowed("registration.view_focalpointrequest", forum=ForumFactory(slug="2021")),
    )

    answers = []
    for user in (awa, desk, elsewhere):
        client.force_login(user)
        answers.append(client.get(f"{LIST}{row.pk}/letter/").status_code)
        answers.append(client.get(f"/media/{row.letter.name}").status_code)

    assert 200 not in answers
    assert refused(focal_point_requests.grant, row, organisation="X", by=awa, now=NOW) == "own-request"
    assert refused(focal_point_requests.refuse, row, reason="X", by=awa, now=NOW) == "own-request"
