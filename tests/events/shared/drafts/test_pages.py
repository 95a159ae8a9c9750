"""The pages of drafts, the same for a registration, a proposal and a nomination."""

import re
from dataclasses import dataclass

import pytest

from registration.registering import questions, registrations
from tests.events.proposals.factories import CallFactory, ProposalFactory, fill
from tests.factories import NOW, ActionLineFactory, CountryFactory, ForumFactory, SDGFactory, confirmed
from tests.prizes.factories import make_edition
from tests.prizes.nominations.test_submission import draft as nomination
from tests.registration.registering.test_forms import ANSWERS
from tests.site_client import Client, tidy

pytestmark = pytest.mark.django_db
CANARY = "<script>canary()</script>"


@dataclass
class Kind:
    """A complete draft of a signed-in person: where it is, and a step with a text, a value that cannot be kept, and
    what is said of it."""

    client: Client
    base: str
    home: str
    step: str
    typed: dict
    text: str
    wrong: tuple
    unkept: str

    def url(self, step=""):
        return f"{self.base}{step or self.step}/"

    def post(self, **more):
        return self.client.post(self.url(), {**self.typed, **more})

    def save(self, client=None, **more):
        return (client or self.client).post(self.url("save"), {**self.typed, "step": self.step, **more})

    def page(self, step=""):
        return self.client.get(self.url(step)).content.decode()

    def stored(self):
        """The text that the page shows."""
        found = re.search(rf'name="{self.text}"[^>]*value="([^"]*)"', self.page())
        return found[1] if found else ""

    def seen(self):
        return re.search(r'name="seen" value="(\w*)"', self.page())[1]


def register(client, user):
    for step in ("you", "access"):
        registrations.save_step(ForumFactory(), user=user, step=step, data=ANSWERS, now=NOW)
    typed = {name: ANSWERS[name] for name in questions.YOU.names}
    wrong = ("title", "x" * 41)
    unkept = "Form of address: not saved. This has 41 characters. Shorten it to 40"
    return Kind(client, "/2020/register/", "/2020/register/", "you", typed, "name", wrong, unkept)


def propose(client, user):
    row = fill(ProposalFactory(forum=CallFactory().forum, proposer=user, state="draft", submitted=None, revision=3))
    typed = {"title": row.title, "description": "How", "session_type": row.session_type_id, "minutes": "60"}
    base = f"/2020/proposals/{row.code}/"
    unkept = "Length in minutes: not saved. Enter a whole number"
    return Kind(client, base, base, "what", typed, "title", ("minutes", "many"), unkept)


def nominate(client, user):
    ActionLineFactory()
    SDGFactory()
    row = nomination(make_edition(phase="submission"), user)
    typed = {
        "title": row.title,
        "category": row.category_id,
        "starts_on": "2018-01-01",
        "ends_on": "2019-12-31",
        "project_status": "completed",
    }
    base = f"/2020/prizes/nominate/{row.code}/"
    unkept = "Start of the work: not saved. Enter a day such as 2020-03-31"
    return Kind(client, base, base, "project", typed, "title", ("starts_on", "31/12/2018"), unkept)


@pytest.fixture(params=[register, propose, nominate], ids=["registration", "proposal", "nomination"])
def kind(request, client, noon):
    CountryFactory()
    user = confirmed()
    client.force_login(user)
    return request.param(client, user)


def test_what_is_right_is_kept_beside_what_is_wrong(kind):
    name, value = kind.wrong

    html = kind.post(**{kind.text: "New", name: value}).content.decode()

    assert "<title>Error:" in " ".join(html.split())
    assert f'value="{value}"' in html
    assert f'href="#id_{name}"' in html
    assert kind.stored() == "New"
    assert f'value="{value}"' not in kind.page()


def test_check_of_a_complete_draft_and_of_what_is_missing(kind):
    """Texts of people stay text; an odd revision breaks nothing."""
    assert kind.post(**{kind.text: CANARY})["Location"] == kind.url("check")
    html, stepper = (
        kind.page() + kind.page("check"),
        re.findall(rf'<a href="({kind.base}[a-z]+/)">', kind.page("check")),
    )
    assert ("canary" in html, CANARY in html) == (True, False)
    assert [kind.client.get(f"/ar{address}").status_code for address in stepper[-1:]] == [200]
    kind.post(**{kind.text: ""})

    there = f'href="{kind.url()}#id_{kind.text}"'
    assert there in kind.page("check")
    for revision in ("", "x", "9" * 30, "-1", "٣"):
        refused = kind.client.post(kind.url("check"), {"consent": "on", "revision": revision}).content.decode()
        assert refused.index("error-summary") < refused.index(there)


def test_pages_that_are_not_there_and_visitors(kind):
    assert [kind.client.get(kind.url("nowhere")).status_code, kind.save(step="nowhere").status_code] == [404, 404]
    assert kind.client.get(kind.url("save"))["Location"] == kind.home
    assert Client().get(kind.url())["Location"] == f"/accounts/login/?next={kind.url()}"
    before, strict = kind.stored(), Client(enforce_csrf_checks=True)
    strict.cookies = kind.client.cookies
    typed = {kind.text: "x"}
    answers = [kind.save(Client(), **typed), kind.save(strict, **typed)]
    answers.append(kind.save(strict, **typed, csrfmiddlewaretoken="a" * 64))
    assert ([answer.status_code for answer in answers], kind.stored()) == ([401, 403, 403], before)


# --- two devices --------------------------------------------------------------------------------------
def test_two_devices_tell_and_keep_both(kind):
    seen = kind.seen()
    kind.save(**{kind.text: "Phone"}, seen=seen)

    late = kind.save(**{kind.text: "Desk"}, seen=seen)
    html = kind.post(**{kind.text: "Desk"}, seen=seen).content.decode()

    told = '<dd dir="auto" class="typed">Phone</dd>'
    assert (late.status_code, late.json()["code"]) == (409, "outdated")
    assert (told in tidy(late.json()["others"]), told in tidy(html), "changed on another device" in html) == (
        True,
        True,
        True,
    )
    assert 'value="Desk"' in html
    assert kind.stored() == "Phone"
    kind.post(**{kind.text: "Desk"}, seen=re.search(r'name="seen" value="(\w*)"', html)[1])
    assert kind.stored() == "Desk"


# --- saving while one types ------------------------------------------------------------------------------
def test_what_is_typed_is_kept_and_what_cannot_be_is_said(kind):
    name, value = kind.wrong

    answer = kind.save(**{kind.text: "Half a", name: value}).json()

    assert (answer["saved"], answer["unkept"]) == ("Saved 14:20 Geneva (12:20 UTC)", [kind.unkept])
    assert (kind.stored(), kind.seen()) == ("Half a", answer["seen"])
