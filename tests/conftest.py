"""Fixtures for all tests. The services behind them are started by tests/run.py (make test)."""

import gc
import os
import sys
import threading
from contextlib import contextmanager
from email import policy
from email.parser import BytesParser
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings as project
from hypothesis import settings as hypothesis_settings

from tests import engine
from tests.browser.targets import too_small
from tests.smtp_controller import Controller

# How long an example takes says more of the machine than of the code: a benchmark is `make bench`.
# `HYPOTHESIS_PROFILE=thorough make test` tries ten times as many.
hypothesis_settings.register_profile("quick", deadline=None, max_examples=40)
hypothesis_settings.register_profile("thorough", deadline=None, max_examples=400)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


gc.set_threshold(50_000, 20, 20)  # while tests are collected too, of which little is garbage


def pytest_collection_finish():
    """What was imported and collected stays to the end: Python need not look through it for garbage again and again."""
    gc.collect()
    gc.freeze()


# --- settings of every test -----------------------------------------------------------------------
@pytest.fixture(scope="session", autouse=True)
def _fast_and_local(django_test_environment):
    """Cheap password hashes; mails through the outbox as in production, delivered into django.core.mail.outbox."""
    project.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    project.EMAIL_BACKEND = "events.shared.mail.backends.OutboxBackend"
    project.DELIVERY_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    project.HAS_WORKERS = False  # PDF files are made where they are asked for; tests with workers say so
    if not (project.STATIC_ROOT / "staticfiles.json").exists():  # pytest called by hand, nothing collected
        project.STORAGES = project.STORAGES | {
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        }


@pytest.fixture
def only_required_fonts(monkeypatch):
    """What PDF files can show on a machine with nothing but the requirements, whatever is installed here."""
    from events.shared.pdf import font_coverage, typst_drawing

    monkeypatch.setattr(font_coverage, "FONTS", typst_drawing.REQUIRED)
    font_coverage._covered.cache_clear()
    yield
    font_coverage._covered.cache_clear()


@pytest.fixture(autouse=True)
def _no_words_of_other_tests(monkeypatch):
    """The search keeps the words of a forum in the memory of the process; keys and revisions come again."""
    from events.programme.search import kept_indexes

    monkeypatch.setattr(kept_indexes, "_public", {})
    monkeypatch.setattr(kept_indexes, "_whole", {})
    # Nor is anything kept for a revision where finished pages stand before a site in this process: there may be other tests' rows.
    monkeypatch.setattr("config.finished_pages.keep_anew", lambda **_watched: None)


@pytest.fixture(scope="session", autouse=True)
def _no_other_session(django_db_blocker, django_db_setup):
    """End what a killed process left open on the test database, which could not be dropped otherwise."""
    yield
    from django.db import connection

    if connection.vendor == "postgresql" and connection.settings_dict["NAME"].startswith("test_"):
        with django_db_blocker.unblock():
            connection.close()  # that of the time before a browser's loop ran in this thread: somebody may have ended it
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session", autouse=True)
def _quick_flush(django_db_setup, django_db_blocker):
    from django.db import connection

    from tests import quick_flush

    # Where no test asks for the database none is made for the tests, and this is the site's own.
    if connection.vendor == "postgresql" and connection.settings_dict["NAME"].startswith("test_"):
        with django_db_blocker.unblock():
            quick_flush.install()


@pytest.fixture(scope="session", autouse=True)
def _static_files_once():
    """Each test client builds the middleware anew: the static files, which nothing changes, are looked through once."""
    from whitenoise.base import WhiteNoise

    look_through, known = WhiteNoise.update_files_dictionary, {}

    def once(self, root, prefix):
        if (root, prefix) not in known:
            look_through(self, root, prefix)
            known[root, prefix] = dict(self.files)
        self.files.update(known[root, prefix])

    WhiteNoise.update_files_dictionary = once


@pytest.fixture(scope="session", autouse=True)
def _mails_have_names(django_test_environment):
    """The kind of each mail that a rule writes in a test has a name in words. (Those of the factory are of any kind.)"""
    from django.db.models.signals import post_init

    from events.models import Message
    from events.shared.mail.texts import kind_names

    def check(instance, **_more):
        is_made_up = (
            instance.pk
            or instance.kind == "letter"
            or instance.dedupe_key.startswith(("letter:", "x"))
            or not instance.dedupe_key
        )
        assert is_made_up or kind_names.is_named(instance.kind), f"mails of the kind {instance.kind!r} have no name"

    post_init.connect(check, sender=Message, weak=False)


@pytest.fixture(autouse=True)
def _empty_cache():
    """A test starts with an empty cache and leaves none behind."""
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _own_language():
    """A page in another language leaves that language active in its thread: every test starts in the site's own."""
    from django.utils import translation

    translation.deactivate()
    yield
    translation.deactivate()


_folders = count()


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path_factory):
    """Uploaded files and delivered mail files of a test stay with the test. Most have none: the folder is made with the first."""
    own = tmp_path_factory.getbasetemp() / f"files-{next(_folders)}"
    settings.MEDIA_ROOT = own / "media"
    settings.EMAIL_FILE_PATH = own / "mail"


@pytest.fixture
def noon(time_machine):
    """The clock stands at the `NOW` of the factories."""
    from tests.factories import NOW

    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def mali(db):
    """The country of the people that tests register."""
    from tests.factories import CountryFactory

    return CountryFactory()


@pytest.fixture
def forum(db):
    """The forum of 2020."""
    from tests.factories import ForumFactory

    return ForumFactory()


@pytest.fixture
def own_keys(settings, tmp_path):
    """The keys of the site are this test's own."""
    settings.KEYS_DIR = tmp_path / "keys"


@pytest.fixture(scope="module")
def share(django_db_setup, django_db_blocker, tmp_path_factory):
    """A function that makes a `SharedWorld` for a module in which no test has transactions of its own."""
    from django.db import transaction

    from tests.shared_world import SharedWorld

    with django_db_blocker.unblock(), transaction.atomic():
        yield partial(SharedWorld, folder=tmp_path_factory.mktemp("media"))
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def made_once(share):
    """Two forums with a row of everything and a person of each role (tests/rights/world.py), for all tests of a module."""
    from tests.rights import world

    return share(world.make)


@pytest.fixture
def everybody(made_once, settings):
    settings.MEDIA_ROOT = made_once.folder
    return made_once.copy()


@pytest.fixture
def web_process(monkeypatch):
    """As in a web process, which looks at the public revision: what is the same for all its pages is asked for once."""
    from events.shared import once_a_revision

    monkeypatch.setattr(once_a_revision, "_kept", {})


# --- mail -----------------------------------------------------------------------------------------
class Mailbox:
    """What a real SMTP server received, oldest first. `delay`: seconds that it takes for each mail."""

    def __init__(self):
        self.mails = []
        self.host = self.port = None
        self.refuse = ""  # an SMTP answer such as "451 try later" refuses every mail

    async def handle_DATA(self, server, session, envelope):
        if self.refuse:
            return self.refuse
        mail = BytesParser(policy=policy.default).parsebytes(envelope.content)
        mail.recipients = list(envelope.rcpt_tos)
        self.mails.append(mail)
        return "250 OK"

    def to(self, address):
        return [mail for mail in self.mails if address in mail.recipients]

    @property
    def url(self):
        return f"smtp://{self.host}:{self.port}"


@pytest.fixture
def smtp(settings):
    """A real SMTP server on a port of its own; the site delivers to it. Returns its Mailbox."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=0)
    # aiosmtpd asks for the port it was given; take the one the system chose instead.
    mailbox.host, mailbox.port = "127.0.0.1", _free_port()
    controller.port = mailbox.port
    controller.start()
    settings.EMAIL_URL = mailbox.url
    settings.EMAIL_HOST, settings.EMAIL_PORT = mailbox.host, mailbox.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    yield mailbox
    controller.stop()


def _free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- the site in this process, for a browser ------------------------------------------------------
class UnderWay:
    """An application that knows how many of its answers are under way: emptying the tables waits for them."""

    def __init__(self, application):
        self.application, self.number, self.changed = application, 0, threading.Condition()

    def __call__(self, environ, start_response):
        self.count(1)
        try:
            answer = self.application(environ, start_response)
        except BaseException:
            self.count(-1)
            raise
        return self.Answer(answer, self)

    def count(self, step):
        with self.changed:
            self.number += step
            self.changed.notify_all()

    def wait(self):
        with self.changed:
            assert self.changed.wait_for(lambda: not self.number, timeout=10), "a request of the browser does not end"

    class Answer:
        def __init__(self, parts, under_way):
            self.parts, self.under_way = parts, under_way

        def __iter__(self):
            return iter(self.parts)

        def close(self):
            try:
                if hasattr(self.parts, "close"):
                    self.parts.close()
            finally:
                self.under_way.count(-1)


@contextmanager
def _served(application):
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args):
            pass

    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.daemon_threads = True  # a browser keeps its connections
    under_way = UnderWay(application)
    server.set_app(under_way)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        under_way.wait()


@pytest.fixture
def live_site(transactional_db, settings):
    """The address of the real WSGI application (public pages, static files and all) on the test's database."""
    from config.finished_pages import FinishedPages
    from config.wsgi import django_application

    with _served(FinishedPages(django_application)) as url:  # a cache of its own: it keeps pages of no other test
        settings.BASE_URL = url
        yield url


# --- the browser ----------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def browser():
    """A headless browser for the whole run."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # as long as Playwright waits for all else
    path = os.environ.get("TEST_BROWSER") or engine.browser()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop runs in the thread of the tests
    flags = ["--disable-dev-shm-usage", "--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A fresh browser window of 1280 × 900 pixels; the test fails when a page logged an error or broke the CSP."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    window = context.new_page()
    faults = []
    window.on("pageerror", lambda error: faults.append(str(error)))
    window.on(
        "console",
        lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield window
    context.close()
    assert faults == []


@pytest.fixture(scope="session")
def axe():
    """A function that takes a page and fails on every serious or critical finding of axe, but in the parts of `exclude`."""
    from axe_playwright_python.sync_playwright import Axe

    tool = Axe()
    # Without preload: axe would insert the imported sheets as inline style, and break the CSP itself.
    faults = """([rules, exclude]) => axe.run({exclude}, {preload: false, selectors: false, resultTypes: ["violations"],
      ...(rules && {runOnly: {type: "rule", values: rules}})})
      .then((result) => result.violations.filter((fault) => ["serious", "critical"].includes(fault.impact))
      .map((fault) => [fault.id, fault.impact, ...fault.nodes.map((node) => node.html.slice(0, 200))]))"""

    def check(page, rules=None, *, exclude=()):
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(tool.axe_script)
        assert page.evaluate(faults, [rules, list(exclude)]) == [], page.url

    return check


# What colours and the width of a screen can break; the rest of axe's rules say the same on every screen.
RULES_OF_A_SCREEN = [
    *("color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable", "aria-hidden-focus"),
    *("button-name", "link-name", "summary-name", "label"),
]


@pytest.fixture(scope="session")
def every_screen(axe):
    """A function that looks at a page on a desk by day and on a phone by night: axe, and nothing sticks out at the side.

    From right to left only the second: such a page has the colours and parts of the English one.
    """
    # No colour is on its way to another; what breathes all the time (“live”) may go on.
    still = "() => document.getAnimations().every((one) => one.effect.getComputedTiming().iterations === Infinity)"
    sticks_out = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
      [document.documentElement.scrollWidth, ...[...document.querySelectorAll("main *")]
        .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)
        .slice(0, 9).map((e) => e.outerHTML.slice(0, 90))]"""

    def check(page):
        page.wait_for_load_state()  # a click waits until an answer begins, not until it is read
        for width, scheme in [(1280, "light"), (768, "light"), (320, "dark")]:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(still)
            assert page.evaluate(sticks_out) == [], (width, page.url)
            if width != 768 and page.evaluate("document.dir") != "rtl":
                axe(page, RULES_OF_A_SCREEN if width == 320 else None)
            if width != 768 and "/admin/" not in page.url:
                assert too_small(page) == [], page.url
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")

    return check


@pytest.fixture
def client():
    """In place of pytest-django's own."""
    from tests.site_client import Client

    return Client()


@pytest.fixture
def sign_in(live_site):
    """A function that gives a browser's window the session of a person."""
    from django.test import Client

    def sign(page, user):
        client = Client()
        client.force_login(user)
        cookie = {"name": project.SESSION_COOKIE_NAME, "value": client.cookies[project.SESSION_COOKIE_NAME].value}
        page.context.add_cookies([cookie | {"url": live_site}])

    return sign


# --- a worker in a process of its own -------------------------------------------------------------
def site_environment(**more):
    """The environment of a process of the site that shares this test's database, broker and mail server."""
    from django.db import connection

    database = connection.settings_dict
    port = f":{database['PORT']}" if database["PORT"] else ""
    password = f":{quote(database['PASSWORD'], safe='')}" if database["PASSWORD"] else ""
    host = database["HOST"]
    place = f"{port}/{host}" if host.startswith("/") else f"{host}{port}"
    url = f"postgresql://{quote(database['USER'], safe='')}{password}@{place}/{database['NAME']}"
    return (
        os.environ
        | {
            "DATABASE_URL": url,
            "EMAIL_URL": project.EMAIL_URL,
            "BASE_URL": project.BASE_URL,
            "PYTHONUNBUFFERED": "1",
        }
        | more
    )


@pytest.fixture
def start_process(transactional_db, tmp_path):
    """A function that starts `python …` against the test's database and returns the Popen; all end with the test."""
    from tests import process_group

    started = []

    def start(*arguments, **environment):
        log = (tmp_path / f"process-{len(started)}.log").open("wb")
        with log:
            child = process_group.start(
                [sys.executable, *arguments],
                environment=site_environment(**environment),
                output=log,
                folder=Path(__file__).resolve().parent.parent,
            )
        child.log = Path(log.name)
        started.append(child)
        return child

    yield start
    process_group.end(started, seconds=1)


@pytest.fixture
def start_web(start_process, settings):
    """A function that starts a real web process on the test's database; returns its port and the process once it listens."""
    import socket
    import time

    def start(port=0):
        settings.PORT = port or _free_port()
        own = {"HOST": "127.0.0.1", "PORT": str(settings.PORT), "DATA_DIR": str(settings.DATA_DIR)}
        server = start_process(*engine.web(settings.PORT), **own)
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", settings.PORT), 1).close()
            except OSError:
                assert server.poll() is None, server.log.read_text(errors="replace")
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return settings.PORT, server

    return start


@pytest.fixture
def celery_worker_process(start_process):
    """A real Celery worker for both queues in a process of its own, ready for work."""
    from config.celery import app

    worker = start_process(
        *("-m", "celery", "-A", "config", "worker", "--pool", "threads", "--concurrency", "1"),
        *("-Q", "account,bulk", "--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    )
    import time

    deadline = time.monotonic() + 30
    while " ready." not in worker.log.read_text(errors="replace"):
        assert worker.poll() is None, worker.log.read_text(errors="replace")
        assert time.monotonic() < deadline, worker.log.read_text(errors="replace")
        time.sleep(0.1)
    yield worker
    app.close()  # the next test gets connections of its own


@pytest.fixture
def own_broker(settings, monkeypatch):
    """A Valkey that this test may freeze and kill: the broker and cache of the site in this process."""
    from events.shared.broker import wake_ups
    from tests.own_broker import OwnBroker

    broker = OwnBroker()
    settings.REDIS_URL = broker.url
    settings.CELERY_BROKER_URL = broker.url.replace("unix://", "redis+socket://")
    settings.CACHES = {"default": project.CACHES["default"] | {"LOCATION": broker.url}}
    monkeypatch.setattr(wake_ups, "_away_until", 0.0)
    monkeypatch.setattr(wake_ups, "_latest", {})
    yield broker
    broker.end()


# --- organisers -----------------------------------------------------------------------------------
@pytest.fixture
def waiting_counted_once(monkeypatch):
    """What waits for a person, which stands around each page, is counted once a minute also while they send forms: for walks."""
    from config.dashboard import waiting

    monkeypatch.setattr(waiting, "forget", lambda *_asked: None)


@pytest.fixture
def boss(db):
    from tests import factories

    return factories.boss(email="boss@example.org", name="Boss")


@pytest.fixture
def organiser_site(client, boss):
    """A client signed in as who has the roles of the first start."""
    client.force_login(boss)
    return client


@pytest.fixture
def staff(db):
    """A function that makes a member of the staff with a role, in all forums or in one."""
    from tests import factories

    return factories.staff
