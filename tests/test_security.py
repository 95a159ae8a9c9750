"""What never leaves the site: every address of the site but the organisers' (tests/admin). Who gets what: tests/rights."""

import os
import re
import subprocess
import sys

import pytest
from django.db import models, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver

from events.models import (
    Call,
    Forum,
    News,
    Outcome,
    Partner,
    PracticalPage,
    Proposal,
    Room,
    Session,
    Speaker,
    Track,
    User,
)
from events.shared.pages.public import public_page
from prizes.models import Edition, Expert, Nomination
from registration.models import Registration
from tests.factories import (
    NOW,
    ActionLineFactory,
    CountryFactory,
    OrganisationFactory,
    RegistrationFactory,
    SDGFactory,
    SessionFactory,
    boss,
)
from tests.rights.addresses import addresses
from tests.test_never_public import SECRETS, crawl, places_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def client_of(person):
    client = Client()
    if person:
        client.force_login(person)
    return client


def patterns(resolver=None, prefix=""):
    """Every named address of the site outside the organisers' pages: (name, pattern)."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}", entry
        elif entry.namespace != "admin":
            yield from patterns(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)


def each_address(world):
    """The addresses outside the admin one after the other, each on the same rows: what asking writes is undone."""
    for one in addresses(world.own, world.hidden):
        if one.place == "own" and not one.name.startswith("admin:"):
            point = transaction.savepoint()
            yield one.rule, one.path
            transaction.savepoint_rollback(point)


def test_only_the_unsubscribe_addresses_take_forms_of_others():
    exempt = [name for name, pattern in patterns() if getattr(pattern.callback, "csrf_exempt", False)]

    # The API takes no forms at all: tests/events/api.
    assert [name for name in exempt if not name.startswith("api:")] == [
        "mail-events",
        "registration:refuse-mail",
        "registration:unsubscribe",
    ]


# --- what people send ------------------------------------------------------------------------------
FIELDS = (
    "name title organisation stakeholder_type country gender time_zone languages accessibility mode consent next wanted"
    " login password password1 email code action remember oldpassword"
)
NUL = dict.fromkeys(FIELDS.split(" "), "a\0b")
# No UTF-8. In a list: the client would send each byte of mere bytes as a value of its own.
ODD = {name: ["\U0001f4a9\udcff ' OR 1=1 --".encode(errors="surrogateescape") * 500] for name in NUL}


@pytest.mark.parametrize("role", ["visitor", "proposer"])
def test_no_form_breaks_the_site(everybody, role):
    steps = [f"/2020/register/{step}/" for step in ("you", "access", "check", "none")]
    client = client_of(everybody.people[role])

    for name, address in [*((step, step) for step in steps), *each_address(everybody)]:
        if name != "account_logout":
            assert [client.post(address, form).status_code < 500 for form in (NUL, ODD)] == [True, True], address


# --- redirects -------------------------------------------------------------------------------------
AWAY = [
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https://evil.example/",
    "http://testserver//evil.example/",
    "http://testserver/\\evil.example/",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "http:///evil.example/",
    "http:evil.example",
    "javascript:alert(1)",
    " //evil.example/",
    "/\t/evil.example/",
    "http://[::1",
]


def test_no_page_of_a_person_leads_away():
    session = SessionFactory(starts=NOW)
    client, visitor = client_of(RegistrationFactory().user), Client()
    for away in AWAY:
        booked = client.post(f"/2020/book/{session.code}/", {"next": away})
        left = client.post(f"/2020/leave/{session.code}/", headers={"referer": away})
        fragment = visitor.get("/2020/me/", headers={"hx-current-url": away})

        places = [answer.headers["Location"].partition("#")[0] for answer in (booked, left)]
        assert places == ["/2020/agenda/", "/2020/agenda/"], away
        assert b"evil" not in fragment.content, away


# --- what never leaves -----------------------------------------------------------------------------
@pytest.mark.parametrize("make", [lambda: RegistrationFactory().user, boss])
def test_people_never_see_the_secrets_of_others(everybody, make):
    row = Registration.objects.get(forum=everybody.rows.forum, user=everybody.people["attendee"])
    Registration.objects.filter(pk=row.pk).update(name=SECRETS["name"])
    mine = [row.token, row.user.email, SECRETS["name"], "meet.example"]

    starts = ("/2020/", "/2020/agenda/", "/2020/me/", "/2020/register/")
    pages = crawl(client_of(make()), *starts, others=r"/(fr|ar|admin)(/|$)")

    assert {text: [a for a in places_of(text, pages) if "/join/" not in a] for text in mine} == {
        text: [] for text in mine
    }


# --- script in text ----------------------------------------------------------------------------------
CANARY = "\"'><script>canary()</script><img src=x onerror=canary()>[a](javascript:canary()){{7*7}}"
LIVE = re.compile(
    r"<script>canary|<img src=x|href=[\"']?\s*javascript:|[{]{2}7[*]7[}]{2}.{0}(?=$^)|\"'>", re.IGNORECASE
)
KEPT_NAMES = {"code", "slug", "time_zone", "state", "color", "email", "password", "link_seed", "language"}


def poison(*rows):
    """Write the canary into every free text column of rows, past all checks."""
    for row in rows:
        values = {
            field.attname: CANARY[: field.max_length] if field.max_length else CANARY
            for field in row._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and not isinstance(field, models.URLField | models.FileField | models.EmailField)
            and not field.choices
            and not field.primary_key
            and field.name not in KEPT_NAMES
        }
        if "meeting_url" in {field.name for field in row._meta.fields}:
            values |= dict.fromkeys(["broadcast_url", "recording_url"], CANARY)
        if hasattr(row, "translations"):
            values["translations"] = {"fr": dict.fromkeys([name for name in values if hasattr(row, name)], CANARY)}
        type(row)._base_manager.filter(pk=row.pk).update(**values)


@pytest.fixture
def poisoned(everybody):
    """Every text that the pages of the own forum, of its prize and of its people show is the canary."""
    rows, own, forum = everybody.rows.own, everybody.own, everybody.rows.forum
    organisation, line, goal, country = OrganisationFactory(), ActionLineFactory(), SDGFactory(), CountryFactory()
    session = Session.objects.get(pk=rows[Session].pk)
    session.organisers.add(organisation)
    session.action_lines.add(line)
    session.sdgs.add(goal)
    session.track, session.room = rows[Track], rows[Room]
    session.save()
    rows[Outcome].organisations.add(organisation)
    Outcome.objects.filter(pk=rows[Outcome].pk).update(session=session)
    Speaker.objects.filter(pk=rows[Speaker].pk).update(organisation=organisation, country=country)
    Forum.objects.filter(pk=forum.pk).update(host=organisation)
    nominee, nomination = (Nomination.objects.get(code=own[key]) for key in ("nominee", "nomination"))
    draft, asked = Proposal.objects.get(code=own["proposal"]), rows[Proposal]
    people = [everybody.people[role] for role in ("attendee", "proposer")]
    poison(
        *(forum, country, organisation, line, goal, session, session.type, session.track, session.room, *people),
        *(rows[model] for model in (Outcome, Partner, Speaker, PracticalPage, News, Edition, Expert, Call)),
        *(nominee.category, nominee, nominee.linkages.create(sdg=goal, text="x"), nomination, draft, asked),
        *(draft.links.create(action_line=line, rationale="x"), draft.comments.create(at=NOW, text="x")),
        *(*asked.invitations.all(), draft.invitations.create(name="x", email="x@example.org")),
        *(rows[Call].questions.create(text="x"), people[0].registrations.get(forum=forum)),
    )
    return everybody


def test_no_text_becomes_script(poisoned):
    paths = dict(each_address(poisoned))
    code = poisoned.own["session"]
    french = [f"/fr/2020/{path}" for path in (f"programme/{code}/", "programme/", "agenda/", f"me/{code}/", "")]
    own = ["/2020/proposals/mine/", "/2020/agenda/", "/2020/me/", "/2020/figures/"]
    asked = [paths["events:invitation"], paths["events:editing"]]
    pages = {f"a visitor: {one}": page for one, page in crawl(Client(), *asked, others="(?!/invitation/)").items()}
    attendee, proposer = (client_of(poisoned.people[role]) for role in ("attendee", "proposer"))
    pages |= crawl(attendee, "/", *own, *asked)
    pages |= crawl(attendee, *french, others=r"(?!/fr/2020/(programme/|agenda/|me/|$))")
    pages |= crawl(proposer, own[0], "/2020/prizes/nominate/", others=r"(?!/2020/(proposals|prizes/nominate)/)")

    shown = {address: body for address, body in pages.items() if "canary" in body and "text/html" in body[:900]}
    assert len(shown) > 40
    assert {address: LIVE.findall(body) for address, body in shown.items()} == {address: [] for address in shown}


@public_page
def without_escapes(request):
    return HttpResponse(CANARY)


def test_a_page_that_does_not_escape_is_found(rf):
    assert LIVE.findall(without_escapes(rf.get("/")).content.decode()) != []


def test_no_text_becomes_script_for_organisers(poisoned):
    client = client_of(boss())
    for model in (Session, Speaker, Forum, Outcome, Partner, PracticalPage, News, Track, User):
        row = poisoned.people["attendee"] if model is User else poisoned.rows.own[model]
        for page in ("", f"{row.pk}/change/", *([f"{row.pk}/delete/"] if model is not User else [])):
            answer = client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/{page}")

            assert (answer.status_code, LIVE.findall(answer.content.decode())) == (200, []), (model, page)


# --- the page of sent mails ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("host", "base_url", "proxies", "is_shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", 0, True),
        ("::1", "http://[::1]:8000", 0, True),
        ("0.0.0.0", "http://localhost:8000", 0, False),  # noqa: S104  the case in question
        ("127.0.0.1", "https://forum.example", 0, False),  # a proxy on this machine stands in front
        ("127.0.0.1", "http://127.0.0.1:8000", 1, False),
    ],
)
def test_sent_mails_are_for_this_machine_only(tmp_path, host, base_url, proxies, is_shown):
    environment = {name: value for name, value in os.environ.items() if name != "EMAIL_URL"}
    environment |= {"HOST": host, "BASE_URL": base_url, "TRUSTED_PROXIES": str(proxies), "DATA_DIR": str(tmp_path)}
    code = "from config import settings; print(settings.SHOW_MAIL)"

    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout == f"{is_shown}\n"
