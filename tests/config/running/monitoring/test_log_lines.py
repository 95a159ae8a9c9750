"""The log: one JSON object a line, with the ids of the request and the task, and nothing that names a person."""

import io
import json
import logging
import re
import time

import pytest
from celery import shared_task
from django.conf import settings as project
from django.contrib.auth.hashers import make_password
from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError, OperationalError, transaction
from django.test import Client

from config.running.monitoring import scrubbing
from config.running.monitoring.log_lines import JsonLine, WithoutAddresses
from config.running.monitoring.request_id import request_id
from config.running.monitoring.scrubbing import scrub
from events.models import Message, Role, User
from events.shared.mail import sender
from prizes.models import Ballot, Vote
from registration.models import Registration
from registration.registering.questions import STEPS
from tests.factories import NOW, CountryFactory, RegistrationFactory, UserFactory, confirmed, staff
from tests.prizes.factories import make_edition, nominees_of
from tests.registration.registering.test_registrations import ANSWERS

IP = "203.0.113.77"
NAME = "Awa Diallo"
TOKEN = "q7Rk2mVx9TzL4pWs8NbY"


def listening(formatter, *filters):
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(formatter)
    for one in filters:
        handler.addFilter(one)
    return handler


@pytest.fixture
def log():
    """The whole log of a test, down to the least line: as the site writes it, and as Python would by itself."""
    root, quiet = logging.getLogger(), [logging.getLogger(name) for name in ("requests", "history")]
    raw, ours = listening(logging.Formatter()), listening(JsonLine(), WithoutAddresses())
    before = root.level, quiet[0].level
    root.setLevel("DEBUG")
    for one in quiet:
        one.setLevel("INFO")
    root.addHandler(raw)
    root.addHandler(ours)

    class Log:
        @property
        def text(self):
            return ours.stream.getvalue()

        @property
        def raw(self):
            return raw.stream.getvalue()

        @property
        def lines(self):
            return [json.loads(line) for line in self.text.splitlines()]

    yield Log()
    root.removeHandler(raw)
    root.removeHandler(ours)
    root.setLevel(before[0])
    for one in quiet:
        one.setLevel(before[1])


# --- what stands in a line ------------------------------------------------------------------------
def test_request_is_one_line_with_its_id_and_the_kind_of_its_page(client, db, log):
    answer = client.get("/media/documents/secret-name.pdf?who=ada", REMOTE_ADDR=IP)

    of_request = [line for line in log.lines if line.get("request") == answer["X-Request-ID"]]
    last = next(line for line in of_request if line["logger"] == "requests")
    assert {name: last[name] for name in ("logger", "level", "method", "kind", "status")} == {
        "logger": "requests",
        "level": "INFO",
        "method": "GET",
        "kind": "media",
        "status": 404,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", last["time"])
    assert "Not Found: media/<path:name>" in [line["message"] for line in of_request]


def test_line_break_of_a_stranger_makes_no_line_of_its_own(log):
    logging.getLogger("events").warning("%s", 'one\n{"level": "ERROR"}')

    assert [line["level"] for line in log.lines] == ["WARNING"]


@shared_task
def count_nothing():
    logging.getLogger("events").info("in the task")


def test_line_of_a_task_tells_its_id(log):
    count_nothing.apply(task_id="task-0001")
    logging.getLogger("events").info("outside")

    ours = {line["message"]: line.get("task") for line in log.lines if line["logger"] == "events"}
    assert ours == {"in the task": "task-0001", "outside": None}


@shared_task(name="tests.fails")
def fails(name):
    raise ValueError(f"{name} has no seat")


def test_task_that_fails_is_told_without_the_words_of_its_error(log):
    fails.apply(args=[NAME])

    (line,) = [line for line in log.lines if line["logger"] == "celery.app.trace" and line["level"] == "ERROR"]
    assert "tests.fails" in line["message"]
    assert line["error"].endswith("ValueError")
    assert ("Awa" in log.raw, "Awa" in log.text) == (True, False)


def test_words_of_the_database_and_the_system_are_told(log):
    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError as error:
            raise OperationalError("could not extend file\nDETAIL:  Key (name)=(Awa Diallo)") from error
    except OperationalError:
        logging.getLogger("events").exception("cannot write")

    error = log.lines[-1]["error"]
    assert "could not extend file" in error
    assert "No space left on device" in error
    assert "Awa" not in error


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("<ada.o'hara+x@mail.example.org> refused", "<[mail address]> refused"),
        ("to jane%40example.org", "to [mail address]"),
        ('to "jane doe"@example.org: no', "to [mail address]: no"),
        ("GET /book?tok=AbCd123456&to=Awa failed", "GET /book?tok=…&to=… failed"),
        (
            "Referer checking failed - https://example.org/accounts/key/1-ab/?a=b does not match",
            "Referer checking failed - https://example.org/… does not match",
        ),
        ("listens at http://127.0.0.1:8000/", "listens at http://127.0.0.1:8000/"),
        ("from ::ffff:203.0.113.9, again", "from 203.0.113.0/24, again"),
        ("connection to 192.0.2.77:5432 lost.", "connection to 192.0.2.0/24:5432 lost."),
        ("from 2001:db8:1234:5678::1, again", "from 2001:db8:1234::/48, again"),
        ("127.0.0.1 and ::1", "127.0.0.1 and ::1"),
        ("at 10:20:30 on 2020-06-22T10:00:00+00:00", "at 10:20:30 on 2020-06-22T10:00:00+00:00"),
        (f"/2020/agenda/{TOKEN}.ics failed", "/2020/agenda/[code].ics failed"),
        ("events.tasks.deliver_account_mail took 12 s", "events.tasks.deliver_account_mail took 12 s"),
        ("File prizes/migrations/0006_changes_by_question.py", "File prizes/migrations/0006_changes_by_question.py"),
        ("IntegrityError('twice\\nDETAIL:  Key (to)=(Ada)\\n')", "IntegrityError('twice\\nDETAIL: …\\n')"),
        ("near\nLINE 1: SELECT 'Ada'\n        ^", "near\nLINE 1: …\n        ^"),
    ],
)
def test_scrubbing(said, written):
    assert scrub(said) == written


@pytest.mark.parametrize(
    "sign",
    [
        "a",
        "a@",
        "@",
        "a1-",
        "1:",
        "1.1.",
        "a-",
        "f:",
        "DETAIL:",
        "a1",
        "?a=",
        "?",
        "http://",
        "http://a/",
        '"',
        '"a',
        "%40",
        "a%40",
        "::ffff:1.",
    ],
)
def test_scrubbing_takes_no_longer_for_what_a_stranger_writes(sign):
    text = sign * (scrubbing.LONGEST // len(sign) - 3)

    began = time.thread_time()
    for end in ("", "!", ".py", "@"):
        scrub(text + end)

    assert time.thread_time() - began < 1  # it takes about 10 ms; where it grew with the square, minutes


# --- events ---------------------------------------------------------------------------------------
def test_event_of_the_history_is_a_line_with_the_network_and_without_content(transactional_db, log):
    password = "a long enough sentence"
    user = confirmed(name=NAME, email="awa.diallo@example.org", password=make_password(password))
    answer = Client(REMOTE_ADDR=IP).post("/accounts/login/", {"login": user.email, "password": password})

    (line,) = [line for line in log.lines if line["logger"] == "history"]
    assert {name: line[name] for name in ("event", "account", "row", "network", "request")} == {
        "event": "log-in",
        "account": user.pk,
        "row": f"events.user {user.pk}",
        "network": "203.0.113.0/24",
        "request": answer["X-Request-ID"],
    }


def test_refused_page_of_the_organisers_is_one_line_and_no_traceback(db, log):
    stranger = staff(Role.PROPOSAL_REVIEWER)
    browser = Client(REMOTE_ADDR=IP, raise_request_exception=False)
    browser.force_login(stranger)
    before = len(log.lines)

    answer = browser.get("/admin/registration/registration/?q=awa@example.org")

    (line,) = [line for line in log.lines[before:] if line["logger"] == "django.request"]
    assert answer.status_code == 403
    assert (line["event"], line["account"], line["network"]) == ("refused", stranger.pk, "203.0.113.0/24")
    assert ("error" in line, "Traceback" in log.text, "awa" in log.text) == (False, False, False)


# --- nobody is named ------------------------------------------------------------------------------
@pytest.fixture
def strict():
    """A browser at a known address, whose errors are pages as in production."""
    return Client(REMOTE_ADDR=IP, raise_request_exception=False)


def walk(strict, monkeypatch, smtp):
    """Log in, fail to, register, vote, lose the way, break things; return all that no line may hold."""
    edition = make_edition(votes_final=False)
    user = confirmed(name=NAME, email="awa.diallo@example.org")
    RegistrationFactory(user=user, name=NAME)
    strict.post("/accounts/login/", {"login": user.email, "password": "wrong-pass-phrase"})
    strict.post("/accounts/login/code/", {"email": user.email})
    code = re.search(r"(?m)^\s*([A-Z0-9-]{6,9})\s*$", Message.objects.latest("pk").text)[1]
    strict.post("/accounts/login/code/confirm/", {"code": code})
    assert strict.get("/2020/agenda/").status_code == 200
    strict.post("/2020/prizes/vote/", {"country": CountryFactory().pk, "stakeholder_type": "academia"})
    for number in (1, 2, 3):
        strict.post(f"/2020/prizes/vote/{number}/", {"nominee": nominees_of(edition, number)[0].code})
    assert Vote.objects.count() == 3
    newcomer = UserFactory(email="new.comer@example.org", name="Fatou Newcomer")
    _register(newcomer)
    token = Registration.objects.get(user=newcomer).token
    _lose_the_way(strict, token=token)
    _break(strict, monkeypatch, user=user)
    monkeypatch.setattr(logging.getLogger("mail.log"), "disabled", True)  # that of the test's own mail server
    smtp.refuse = "550 5.1.1 no such person Awa Diallo <awa.diallo@example.org>"
    sender.send_due([Message.Queue.ACCOUNT, Message.Queue.BULK], clock=lambda: NOW)
    ballot = Ballot.objects.get()
    session = strict.cookies[project.SESSION_COOKIE_NAME].value
    names = [user.email, NAME, newcomer.email, "Fatou", "Diallo"]
    return [*names, code, IP, session, ballot.secret, token, TOKEN, TOKEN[:12], "wrong-pass-phrase"]


def _register(user):
    browser = Client(REMOTE_ADDR=IP)
    browser.force_login(user)
    CountryFactory(code="CH")
    for step in STEPS:
        answers = {name: ANSWERS[name] for name in step.names} | ({"name": user.name} if step.key == "you" else {})
        browser.post(f"/2020/register/{step.key}/", answers)
    browser.post("/2020/register/check/", {"consent": "on"})


def _lose_the_way(strict, *, token):
    for path in (
        f"/2020/agenda/{token}x.ics",
        f"/2020/agenda/{token}.ics",
        "/nobody/awa.diallo@example.org/?name=Awa+Diallo",
        f"/accounts/password/reset/key/1-{TOKEN}/",
        f"/verify/{TOKEN}/",
    ):
        strict.get(path)
    strict.get(f"/{TOKEN}/", HTTP_HOST="awa.diallo.example.org")
    Client(enforce_csrf_checks=True, REMOTE_ADDR=IP).post("/accounts/login/", {"login": "awa.diallo@example.org"})
    referer = f"https://elsewhere.example.org/{TOKEN[:12]}/?name=Awa"
    Client(enforce_csrf_checks=True, REMOTE_ADDR=IP).post(
        "/accounts/login/", secure=True, HTTP_REFERER=referer, HTTP_COOKIE="csrftoken=" + "a" * 32
    )


def _break(strict, monkeypatch, *, user):
    """Views that fail with the person's data in their errors, in each way in which errors are logged."""
    for error in (ValueError(f"{NAME}, awa.diallo@example.org"), SuspiciousOperation(f"awa.diallo@example.org {IP}")):
        with monkeypatch.context() as patched:
            patched.setattr("django.core.handlers.base.BaseHandler.make_view_atomic", _raises(error))
            strict.get(f"/2020/agenda/{TOKEN}.ics")
    try:
        with transaction.atomic():
            User.objects.create(email=user.email, name=NAME)
    except IntegrityError:
        logging.getLogger("events").exception("an account was not made")


def _raises(error):
    def fail(*args, **options):
        raise error

    return fail


@pytest.mark.usefixtures("noon")
def test_log_of_a_person_names_neither_the_person_nor_a_code(strict, monkeypatch, smtp, log, db):
    secrets = walk(strict, monkeypatch, smtp)

    found = {secret for secret in secrets if secret in log.text}
    control = {secret for secret in secrets if secret in log.raw}

    assert found == set()
    # The negative control: Python's own log of the same walk holds what was looked for.
    assert {"awa.diallo@example.org", NAME, IP, TOKEN, TOKEN[:12]} <= control
    assert "Referer checking failed - https://elsewhere.example.org/" in log.text
    assert len([line for line in log.lines if line["logger"] == "requests"]) > 20
    assert request_id.get() == ""
