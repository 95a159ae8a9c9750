"""The page of a door: a pass opens it, and what is sent there, also later and twice."""

import json
import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from events.shared.rights import memberships
from registration.door import door_views, passes, tickets
from registration.models import Attendance, Door, DoorPass, Scan
from tests.factories import NOW, DoorFactory, ForumFactory, RegistrationFactory, allowed, boss

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def door(forum, session):
    return DoorFactory(forum=forum, session=session)


def address(name, forum, *more):
    return reverse(f"registration:{name}", args=[forum.slug, *more])


def pass_for(door):
    return passes.make(door, day=NOW.date(), holder="Desk 2", by=boss(), now=NOW)


@pytest.fixture
def holder(client, door):
    """A browser that has opened the link of a pass."""
    client.get(address("door-pass", door.forum, pass_for(door).token))
    return client


def sent(*scans, now=NOW):
    return json.dumps({"now": now.isoformat(), "scans": list(scans)})


def one(person, *, minutes=0, key=None, **more):
    at = (NOW + timedelta(minutes=minutes)).isoformat()
    return {"key": str(key or uuid.uuid4()), "text": tickets.code(person), "direction": "in", "at": at} | more


def test_link_of_a_pass_opens_its_door_and_keeps_the_secret_out_of_the_address(client, door):
    secret = pass_for(door).token

    opened = client.get(address("door-pass", door.forum, secret))
    page = client.get(opened.url)

    cookie = client.cookies[door_views.COOKIE]
    assert (opened.url, page.status_code) == (address("door", door.forum), 200)
    assert (bool(cookie["httponly"]), cookie["samesite"]) == (True, "Lax")
    assert secret not in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert "camera=(self)" in page["Permissions-Policy"]


def test_pass_is_for_one_day_and_ends(client, door):
    made = pass_for(door)
    link = address("door-pass", door.forum, made.token)

    with time_machine.travel(NOW + timedelta(days=1)):
        tomorrow = client.get(link).status_code
    client.get(link)
    passes.end(made, by=made.made_by, now=NOW)

    assert tomorrow == 404
    assert client.get(address("door", door.forum)).status_code == 404


@pytest.mark.parametrize(
    ("maker", "is_open"),
    [("here", True), ("everywhere", True), ("elsewhere", False), ("other-right", False), ("nothing", False)],
)
@pytest.mark.parametrize("state", ["", "closed", "archived"])
def test_pass_opens_its_door_while_whoever_made_it_may_make_some_there(
    holder, door, maker, is_open, state, django_assert_num_queries
):
    """The right of somebody who is not here is asked in the query that finds the pass; it is the one that they have."""
    assert holder.get(address("door", door.forum)).status_code == 200
    made = DoorPass.objects.get()
    made.made_by.memberships.all().delete()
    where = {"here": door.forum, "elsewhere": ForumFactory(slug="2021")}.get(maker)
    if maker != "nothing":
        allowed("registration.view_doorpass" if maker == "other-right" else passes.MAKE, user=made.made_by, forum=where)
    if state == "closed":
        type(made.made_by).objects.update(is_active=False)
    if state == "archived":
        type(door.forum).objects.filter(pk=door.forum_id).update(archived=NOW)

    with django_assert_num_queries(1):
        found = passes.find(made.token, forum=door.forum, now=NOW)

    person = type(made.made_by).objects.get(pk=made.made_by_id)
    assert bool(found) is (is_open and not state)
    assert bool(found) is memberships.has(person, passes.MAKE, Door.objects.select_related("forum").get(pk=door.pk))
    assert holder.get(address("door", door.forum)).status_code == (200 if found else 404)


def test_ticket_is_scanned_without_a_script(holder, door, session):
    person = RegistrationFactory(forum=door.forum, name="Awa Diallo")

    page = holder.post(address("door", door.forum), {"text": tickets.address(person), "direction": "in"})

    assert "Awa Diallo" in page.content.decode()
    assert Attendance.objects.get().session == session


@pytest.mark.parametrize(
    "text", ["http://[x", "<script>alert(1)</script>", "\0", "x" * 5000, "https://forum.example/2027/ticket/abc/"]
)
def test_what_is_no_ticket_gets_a_sentence_and_is_shown_nowhere(holder, door, text):
    page = holder.post(address("door", door.forum), {"text": text, "direction": "sideways"})

    assert page.status_code == 200
    assert "alert(1)" not in page.content.decode()
    assert set(Scan.objects.values_list("outcome", "registration")) <= {("unknown", None)}


def test_search_finds_who_takes_part_by_name_and_lets_them_in(holder, door):
    person = RegistrationFactory(forum=door.forum, name="Awa Diallo")
    RegistrationFactory(forum=door.forum, name="Awa Sow", withdrawn=NOW)
    RegistrationFactory(forum=ForumFactory(slug="2027"), name="Awa Ba")
    page = address("door", door.forum)

    short, found = (holder.get(page, {"q": query}).content.decode() for query in ("Aw", "Awa"))
    holder.post(page, {"person": re.search('name="person" value="([^"]+)"', found)[1], "direction": "in"})

    assert [name in short for name in ("Awa Diallo", "Awa Sow", "Awa Ba")] == [False] * 3
    assert [name in found for name in ("Awa Diallo", "Awa Sow", "Awa Ba")] == [True, False, False]
    assert person.user.email not in found
    assert Scan.objects.get().registration == person


def test_number_alone_names_nobody(holder, door):
    """Whoever holds a pass would else read the names of everybody, past the limit of searches, and unseen."""
    person, other = RegistrationFactory(forum=door.forum, name="Awa Diallo"), DoorFactory(forum=door.forum)
    strange = passes.mark(pass_for(other), person)
    key = {"direction": "in", "at": NOW.isoformat()}

    pages = [
        holder.post(address("door", door.forum), {"person": said}).content.decode() for said in (person.pk, strange)
    ]
    told = [
        holder.post(
            address("door-scans", door.forum),
            sent(key | {"key": str(uuid.uuid4()), "person": said}),
            content_type="application/json",
        ).json()["answers"][0]
        for said in (person.pk, str(person.pk), strange)
    ]

    assert [person.name in page for page in pages] == [False, False]
    assert {(one["outcome"], one["name"]) for one in told} == {("unknown", "")}


def test_scans_that_waited_for_the_line_count_once_by_the_clock_of_the_site(holder, door):
    person, key = RegistrationFactory(forum=door.forum), uuid.uuid4()
    off = timedelta(hours=1)
    body = sent(one(person, key=key, minutes=50), now=NOW + off)  # ten minutes ago by a clock that is an hour fast

    answers = [
        holder.post(address("door-scans", door.forum), body, content_type="application/json").json()
        for _time in range(2)
    ]

    assert [(one["outcome"], one["name"]) for answer in answers for one in answer["answers"]] == [
        ("in", person.name)
    ] * 2
    assert answers[0]["inside"] == 1
    assert Attendance.objects.get().first_seen == NOW - timedelta(minutes=10)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"now": "2020-06-22T10:00:00Z", "scans": [1]}',
        '{"now": "2020-06-22T10:00:00Z", "scans": [{"key": "x", "at": "2020-06-22T10:00:00Z"}]}',
        '{"now": "2020-06-22T10:00:00", "scans": []}',
        "[" * 50_000,
        '{"now": "0001-01-01T00:00:00Z", "scans": [{"key": "'
        + str(uuid.uuid4())
        + '", "at": "9999-12-31T00:00:00Z"}]}',
    ],
)
def test_scans_that_cannot_be_read_are_refused_in_a_sentence(holder, door, body):
    answer = holder.post(address("door-scans", door.forum), body, content_type="application/json")

    assert (answer.status_code, answer.json()) == (400, {"error": "These scans cannot be read"})


def test_undo_takes_back_what_this_pass_scanned_and_no_other(holder, door, client):
    person = RegistrationFactory(forum=door.forum)
    holder.post(address("door", door.forum), {"text": tickets.code(person), "direction": "in"})
    own = Scan.objects.get()
    other = Scan.objects.create(
        key=uuid.uuid4(), door=door, registration=person, direction="in", outcome="in", at=NOW, received=NOW
    )

    answers = [
        holder.post(address("door-undo", door.forum), {"key": str(key)}).status_code
        for key in (own.key, other.key, "x", uuid.uuid4())
    ]

    assert answers == [302, 404, 404, 404]
    assert set(Scan.objects.filter(undone=None)) == {other}


def test_ticket_page_shows_the_square_to_its_owner_and_nothing_to_others(client, forum):
    person = RegistrationFactory(forum=forum, name="Awa Diallo")

    scanned = client.get(address("ticket", forum, tickets.code(person))).content.decode()
    client.force_login(person.user)
    own = client.get(address("ticket", forum)).content.decode()

    assert ("Awa Diallo" in own, "<svg" in own) == (True, True)
    assert ("Awa Diallo" in scanned, person.organisation in scanned if person.organisation else False) == (False, False)
