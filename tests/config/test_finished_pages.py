import gzip
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import product
from typing import NamedTuple

import pytest
import time_machine
from django.contrib.messages import add_message
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import DatabaseError, close_old_connections
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path
from django.utils.translation import get_language_from_request

from config import finished_pages
from config.finished_pages import FinishedPages, KeptPage, takes
from events.models import Release
from events.shared.pages import revision
from events.shared.pages.public import Finished, public_page
from prizes.models import Category, Edition
from registration.models import Registration
from tests.factories import NOW, ActionLineFactory, AppearanceFactory, ForumFactory, RegistrationFactory, SessionFactory

made = []  # one entry for each time that a view below ran
gates = {}


def in_vain(request):
    response = HttpResponse("in vain")
    response.life = 0
    return response


def cookie(request):
    response = HttpResponse("cookie")
    response.set_cookie("a", "b")
    return response


def personal(request):
    add_message(request, 20, "x")
    return HttpResponse(f"only for {request.COOKIES.get('who')}")


def slow(request):
    if gates:
        gates["entered"].set()
        assert gates["open"].wait(5)
    return HttpResponse("slow")


def breaks(request):
    if gates.get("broken"):
        raise DatabaseError("gone")
    return HttpResponse("whole")


def noted(view):
    def run(request):
        made.append(request.get_full_path())
        return view(request)

    return run


VIEWS = {
    "plain": public_page(noted(lambda request: HttpResponse("<p>Forum</p>" * 100))),
    "searched": public_page(noted(lambda request: HttpResponse(str(request.GET.dict()))), parameters=("q", "tz")),
    "short": public_page(noted(lambda request: HttpResponse("short")), seconds=30),
    "session": public_page(noted(lambda request: HttpResponse(f"hello {request.session.get('name')}"))),
    "token": public_page(noted(lambda request: HttpResponse(get_token(request)))),
    "cookie": public_page(noted(cookie)),
    "in-vain": public_page(noted(in_vain), parameters=("page",)),
    "person": public_page(
        lambda request: HttpResponse(f"{request.user} {request.COOKIES} {request.headers.get('Via')}")
    ),
    "personal": personal,
    "slow": public_page(noted(slow)),
    "breaks": public_page(noted(breaks)),
    "prompt": public_page(noted(lambda request: HttpResponse("prompt")), is_never_late=True),
    "welcome": public_page(
        noted(lambda request: HttpResponseRedirect(f"/{get_language_from_request(request)}/")), by_language=True
    ),
    "missing": public_page(noted(lambda request: HttpResponse("nothing here", status=404))),
}
urlpatterns = [path(f"{name}/", view) for name, view in VIEWS.items()]


class Answer(NamedTuple):
    status: int
    headers: dict
    body: bytes


def ask(site, address, *, method="GET", host="testserver", content_type="", **headers):
    where, _mark, query = address.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": where,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "HTTP_HOST": host,
        "CONTENT_TYPE": content_type,
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
    }
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    sent = {}

    def start(status, sent_headers, exc_info=None):
        sent["status"], sent["headers"] = status, sent_headers

    chunks = site(environ, start)
    body = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    return Answer(int(sent["status"][:3]), dict(sent["headers"]), body)


@pytest.fixture
def clock():
    """A time machine at NOW whose hands are moved by hand; monotonic time moves with it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def one_connection(monkeypatch):
    """Every request uses the connection of the test's own transaction: closing it would end that."""
    monkeypatch.setattr(finished_pages, "close_old_connections", lambda: None)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def site(db, one_connection, settings, clock, monkeypatch):
    settings.ROOT_URLCONF = "tests.config.test_finished_pages"
    settings.ALLOWED_HOSTS = ["testserver", "second.example"]
    monkeypatch.setattr(finished_pages.time, "monotonic", lambda: datetime.now(UTC).timestamp())
    made.clear()
    gates.clear()
    return FinishedPages(WSGIHandler())


def bump(site):
    revision.bump()
    site.looked = float("-inf")


# --- the answer -----------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_page_second_time_comes_from_memory(site, django_assert_num_queries, method):
    ask(site, "/plain/", method=method)

    with django_assert_num_queries(0):
        page, head = ask(site, "/plain/"), ask(site, "/plain/", method="HEAD")
    assert ask(site, "/plain/", method="POST").status in {403, 405}

    assert (page.status, head) == (200, Answer(200, page.headers, b""))
    assert made == ["/plain/"]


def test_page_carries_the_headers_of_django_and_its_own(site):
    whole, answer = ask(site, "/plain/"), ask(site, "/plain/", accept_encoding="gzip, deflate")

    assert gzip.decompress(answer.body) == whole.body == b"<p>Forum</p>" * 100
    assert answer.headers == whole.headers | {
        "Content-Encoding": "gzip",
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=0, must-revalidate",
        "X-Frame-Options": "DENY",
        "Content-Length": str(len(answer.body)),
        "ETag": answer.headers["ETag"],
    }
    assert answer.headers["ETag"] != whole.headers["ETag"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert {"Set-Cookie", "Content-Encoding"} & whole.headers.keys() == set()


def test_nginx_may_keep_for_a_second_what_may_be_late_and_nothing_else(site):
    names = ("plain", "welcome", "prompt", "in-vain", "cookie", "session", "personal", "missing")

    told = {name: ask(site, f"/{name}/").headers.get("X-Accel-Expires") for name in names}

    assert told == dict.fromkeys(names) | {"plain": "1", "welcome": "1"}


def test_pages_are_for_this_site_and_the_api_for_everybody(client, db):
    policy = "Cross-Origin-Resource-Policy"
    page, api = client.get("/privacy/"), client.get("/api/v1/sessions/", headers={"Origin": "https://other.example"})

    assert (page[policy], api[policy]) == ("same-origin", "cross-origin")
    assert "camera=()" in page["Permissions-Policy"]


@pytest.mark.parametrize("encoding", ["gzip", "br", ""])
def test_unchanged_page_is_304(site, encoding):
    etag = ask(site, "/plain/", accept_encoding=encoding).headers["ETag"]
    forms = ["{}", "W/{}", '"other", {}', '"other" , W/{} ', "*"]

    answers = [ask(site, "/plain/", accept_encoding=encoding, if_none_match=form.format(etag)) for form in forms]
    first = ask(FinishedPages(WSGIHandler()), "/plain/", accept_encoding=encoding, if_none_match=etag)
    other = ask(site, "/plain/", accept_encoding="" if encoding else "gzip", if_none_match=etag)

    for answer in (*answers, first):
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", etag)
        assert answer.headers["Vary"] == "Accept-Encoding"
    assert other.status == 200


# --- what is kept, and of whom --------------------------------------------------------------------
def test_page_that_knows_the_person_is_not_kept(site, caplog):
    addresses = ["/session/", "/token/", "/cookie/"]

    answers = [ask(site, address) for address in addresses for _time in range(2)]

    assert made == [address for address in addresses for _time in range(2)]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert caplog.text.count("is no public page") == 6


def test_personal_and_missing_pages_are_not_kept_and_a_view_sees_nobody(site):
    seen = ask(site, "/person/", cookie="sessionid=abc; who=Ada", via="fr", authorization="Basic x")
    answers = [ask(site, "/personal/", cookie=f"who={who}").body for who in ("Ada", "Bo")]
    missing = [ask(site, "/missing/").status for _i in range(2)]

    assert answers == [b"only for Ada", b"only for Bo"]
    assert (missing, made) == ([404, 404], ["/missing/"] * 2)
    assert seen.body == b"AnonymousUser {} None"
    made.clear()
    for cookie in ("", "sessionid=bogus", ""):  # a bogus cookie keeps no page out
        ask(site, "/plain/", cookie=cookie)
        site.looked = float("-inf")
    assert made == ["/plain/"]


def test_redirect_by_language_is_kept_for_each_language_and_a_choice_goes_first(site):
    asked = [
        {"accept_language": "fr-CA, en;q=0.5"},
        {"accept_language": "fr;q=0.9, de"},
        {"accept_language": "en", "cookie": "a=b; language=fr"},
        {"accept_language": "ar", "cookie": "language=xx"},
        {"accept_language": "de"},
        {},
    ]

    for _time in range(2):
        answers = [ask(site, "/welcome/", **headers) for headers in asked]
        assert [answer.headers["Location"] for answer in answers] == [*["/fr/"] * 3, "/ar/", "/en/", "/en/"]
    assert (made, {answer.status for answer in answers}) == (["/welcome/"] * 3, {302})
    assert answers[0].headers["Vary"] == "Accept-Encoding, Accept-Language, Cookie"
    assert ask(site, "/welcome/", if_none_match="*").status == 302  # a redirect is never “not changed”


# --- the host and the scheme ----------------------------------------------------------------------
HOSTS = [*(f"testserver:{port}" for port in range(1, 30)), "TESTserver", "testServer.", "second.example"]
FORGED = [
    "evil.example",
    "testserver.evil.example",
    "",
    "testserver/",
    "testserver:x",
    "a b",
    "testserver@evil.example",
]


def test_spellings_of_the_host_make_one_page_and_forged_ones_none(site):
    cold = {ask(site, "/plain/", host=host).status for host in FORGED}
    own = {ask(site, "/plain/", host=host).status for host in HOSTS}
    warm = {ask(site, "/plain/", host=host).status for host in FORGED}

    assert (cold, own, warm) == ({400}, {200}, {400})
    assert (made, len(site._pages)) == (["/plain/"], 1)


def test_finished_pages_and_django_agree_on_hosts_and_on_what_is_https(site, settings, rf):
    odd = ["testserver:", "[::1]:80", "[::1", "127.0.0.1:8000", "a.example", "*", "ex\u00e4mple"]
    said = (None, "https", "https ", "https,http", "http,https", "HTTPS", "", ",")
    page = Finished(frozenset(), None)
    for settings.ALLOWED_HOSTS in (["testserver"], [".example"], ["[::1]", "127.0.0.1"], ["*"]):
        for host in [*HOSTS, *FORGED, *odd]:
            request = rf.get("/", HTTP_HOST=host)
            try:
                request.get_host()
                is_own = True
            except DisallowedHost:
                is_own = False
            assert (site._key(request.environ, page) is not None) == is_own, (settings.ALLOWED_HOSTS, host)
    settings.SECURE_SSL_REDIRECT = True
    for settings.SECURE_PROXY_SSL_HEADER in (None, ("HTTP_X_FORWARDED_PROTO", "https")):
        for one, is_secure in product(said, (True, False)):
            request = rf.get(
                "/",
                secure=is_secure,
                HTTP_HOST="testserver",
                **({} if one is None else {"HTTP_X_FORWARDED_PROTO": one}),
            )
            assert (site._key(request.environ, page) is not None) == request.is_secure(), (one, is_secure)


# --- the address ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("addresses", "kept"),
    [
        (["/searched/?q=a&utm=1", "/searched/?x=3&q=a"], ["/searched/?q=a"]),
        (["/searched/?q=a&tz=UTC", "/searched/?tz=UTC&q=a"], ["/searched/?q=a&tz=UTC"]),
        (["/plain/?page=1", "/plain/?page=2", "/plain/"], ["/plain/"]),
    ],
)
def test_query_makes_no_page_of_its_own(site, addresses, kept):
    bodies = {ask(site, address).body for address in addresses}

    assert (len(bodies), made) == (1, kept)


def test_endless_queries_are_answered_and_not_kept_and_many_paths_are_forgotten(site, monkeypatch):
    monkeypatch.setattr(finished_pages, "MOST_PATHS", 1)
    for query in ("", "?q=" + "a" * 3000, "?q=" + "a" * 3000):
        ask(site, f"/searched/{query}")
    assert len(made) == 3

    ask(site, "/plain/", host="second.example")

    assert list(site._public) == ["/plain/"]


def test_each_public_page_has_one_address(db, one_connection, settings):
    """Numbers with leading zeros, other digits and line ends are not found: else each would be a page of its own."""
    settings.ALLOWED_HOSTS = ["testserver"]
    site = FinishedPages(WSGIHandler())
    session = SessionFactory(state="scheduled")
    speaker = AppearanceFactory(is_released=True, session=session).speaker
    forum = session.forum
    Release.objects.create(forum=forum, number=1, released=NOW)
    edition = Edition.objects.create(forum=forum, name="Prizes", is_public=True)
    Category.objects.create(edition=edition, number=1, action_line=ActionLineFactory(), title="Category")
    numbered = {"/2020/speakers/": speaker.pk, "/2020/releases/": 1, "/2020/prizes/": 1}
    day = f"{forum.today(session.starts)}"
    pages = [f"{path}{number}/" for path, number in numbered.items()]
    pages += [f"/2020/programme/{session.code}{end}" for end in ("/", ".ics")] + [f"/2020/programme-{day}.pdf"]

    found = {page: ask(site, page).status for page in pages}
    kept = len(site._pages)
    spelled = [f"{path}{'0' * n}{number}/" for path, number in numbered.items() for n in (1, 2, 8)]
    spelled += [f"{page}\n" for page in pages]
    spelled += [f"/2020/programme-{day.replace('2', chr(0x662))}.pdf"]

    assert found == dict.fromkeys(pages, 200)
    assert {ask(site, page.encode().decode("latin-1")).status for page in spelled} == {404}
    assert len(site._pages) == kept == len(pages)


@pytest.fixture
def whole(db, one_connection, settings):
    """A function that gives the site with all its pages, which keeps none yet."""
    settings.ALLOWED_HOSTS = ["testserver"]
    SessionFactory(title="Digital dignity")
    return lambda: FinishedPages(WSGIHandler())


def test_character_sets_break_nothing(whole):
    kinds = ["text/plain; charset=base64", "text/plain;CHARSET =undefined", "text/plain; charset*=utf-8''base64"]
    found = {
        (kind, method): ask(whole(), "/privacy/?q=a", method=method, content_type=kind).status
        for kind, method in product([*kinds, "charset"], ("GET", "POST"))
    }

    assert set(found.values()) <= {200, 403}, found


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ("q=digital", {"content_type": "text/plain; charset=utf-16"}),
        ("q=digital&q=other", {}),
        ("q=%64igital%00", {}),
        ("q=digital", {"cookie": "django_language=fr", "accept_language": "fr"}),
        ("q=digital", {"x_forwarded_host": "evil.example", "x_forwarded_proto": "https"}),
        ("q=digital", {"x_http_method_override": "POST", "hx_request": "true"}),
    ],
)
def test_kept_page_is_the_one_of_its_address(whole, query, more):
    honest, site = ask(whole(), "/2020/programme/?q=digital"), whole()
    for address in ("/2020/programme/", f"/2020/programme/?{query}"):
        ask(site, address, **(more if "?" in address else {}))

    assert ask(site, "/2020/programme/?q=digital").body == honest.body
    assert b"Digital dignity" in honest.body


def test_raw_bytes_in_a_query_are_another_address(whole):
    site = whole()
    ask(site, "/2020/programme/?q=\u00c3\u00a9")  # the bytes of é, as servers hand them on

    assert "“Ã©”" in ask(site, "/2020/programme/?q=%C3%83%C2%A9").body.decode()


# --- the room -------------------------------------------------------------------------------------
def test_pages_that_were_made_first_go_first_and_one_that_grows_stands_once(site, monkeypatch):
    size = KeptPage(b"x" * 100, [], mark=Finished(None, None), status=200, epoch=1).size
    monkeypatch.setattr(finished_pages, "ROOM", 3 * size)

    def keep(address, length):
        mark = Finished(None, None)
        site._keep((address, "", ""), KeptPage(b"x" * length, [], mark=mark, status=200, epoch=1), mark=mark)

    for address in ("/a/", "/b/", "/a/", "/c/", "/d/"):
        keep(address, 100)
    kept, used = list(site._pages), site._used
    keep("/d/", 50)

    assert ([one[0] for one in kept], used) == (["/a/", "/c/", "/d/"], 3 * size)
    assert site._used == 3 * size - 50


# --- how long -------------------------------------------------------------------------------------
def test_revision_is_seen_within_a_second_in_one_query(site, clock, django_assert_num_queries):
    ask(site, "/plain/")
    revision.bump()
    ask(site, "/plain/")
    before = len(made)
    clock.shift(timedelta(seconds=1.01))
    ask(site, "/plain/")
    after = len(made)
    clock.shift(timedelta(seconds=1.01))

    with django_assert_num_queries(1):
        ask(site, "/plain/")
        ask(site, "/plain/")

    assert (before, after, len(made)) == (1, 2, 2)


@pytest.mark.parametrize(
    ("address", "lives"), [("/plain/", timedelta(minutes=14, seconds=58)), ("/short/", timedelta(seconds=29))]
)
def test_page_ends_at_the_next_moment_or_after_its_seconds(site, clock, address, lives):
    SessionFactory(starts=NOW + timedelta(minutes=30), ends=NOW + timedelta(minutes=90))
    ask(site, address)
    clock.shift(lives)
    ask(site, address)
    before = len(made)

    clock.shift(timedelta(seconds=2))
    ask(site, address)

    assert (before, len(made)) == (1, 2)


def gone():
    raise DatabaseError("gone")


def test_failing_view_or_database_serves_the_last_page_or_500(site, clock, monkeypatch, caplog):
    whole = ask(site, "/breaks/").body
    gates["broken"] = True
    bump(site)

    answer = ask(site, "/breaks/")

    assert (answer.status, answer.body) == (200, whole)
    assert ask(FinishedPages(WSGIHandler()), "/breaks/").status == 500
    with monkeypatch.context() as patch:
        patch.setattr(finished_pages.revision, "current", gone)
        clock.shift(timedelta(seconds=5))
        assert ask(site, "/breaks/").body == whole
    assert "cannot be read" in caplog.text
    made.clear()
    cold = FinishedPages(WSGIHandler())
    monkeypatch.setattr(finished_pages.revision, "current", gone)  # from the start: answered, and not kept
    assert ([ask(cold, "/plain/").status for _i in range(2)], len(made)) == ([200, 200], 2)


def test_while_one_thread_looks_the_answer_that_is_known_is_sent(site):
    ask(site, "/plain/")
    bump(site)

    with site._looking:
        ask(site, "/plain/")

    assert made == ["/plain/"]


@pytest.mark.parametrize(
    ("header", "is_taken"),
    [
        *[(text, True) for text in ("gzip", "br, gzip;q=0.5", "GZIP ; q=0.001")],
        *[(text, False) for text in ("gzip;q=0", "gzip; q=0.000", "", "*", "xgzip", "identity, br")],
    ],
)
def test_coding_is_taken_as_the_header_says(header, is_taken):
    assert takes(header, "gzip") == is_taken


@pytest.mark.parametrize("said", [{"withdrawn": NOW}, {"state": "refused"}, {"name": "Awa T."}, {"is_listed": False}])
def test_list_of_participants_follows_after_a_second_without_anybody_raising_the_revision(
    db, one_connection, clock, monkeypatch, said
):
    monkeypatch.setattr(finished_pages.time, "monotonic", lambda: datetime.now(UTC).timestamp())
    forum = ForumFactory(list_of_participants="provisional", list_published=NOW)
    row = RegistrationFactory(forum=forum, name="Awa Diallo", is_listed=True)
    site = FinishedPages(WSGIHandler())
    bodies = [ask(site, "/2020/participants/").body]
    Registration.objects.filter(pk=row.pk).update(**said)
    clock.shift(0.5)
    bodies.append(ask(site, "/2020/participants/").body)
    clock.shift(0.6)
    bodies.append(ask(site, "/2020/participants/").body)

    assert [b"Awa Diallo" in body for body in bodies] == [True, True, False]
