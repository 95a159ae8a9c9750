import logging

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.template import engines
from django.template.response import TemplateResponse
from django.test import RequestFactory

from events.shared.pages.public import public_page


def ask(view, address="/x/", method="get", **headers):
    request = getattr(RequestFactory(), method)(address, **headers)
    request.resolver_match = None
    request.user, request.session = "a person", {"key": "secret"}
    return view(request)


def test_view_gets_a_request_of_nobody():
    seen = {}

    def view(request):
        with pytest.raises(AttributeError):
            request.GET["a"] = "b"
        seen.update(
            user=request.user,
            cookies=request.COOKIES,
            get=request.GET.urlencode(),
            messages=list(get_messages(request)),
            headers=sorted(request.headers),
            method=request.method,
            path=request.get_full_path(),
        )
        return HttpResponse("x")

    ask(
        public_page(parameters=("b", "a"))(view),
        "/x/?z=1&b=2&a=1",
        "head",
        HTTP_COOKIE="sessionid=1",
        HTTP_REFERER="y",
        HTTP_HX_REQUEST="true",
        REMOTE_ADDR="1.2.3.4",
    )

    assert seen == {
        "user": AnonymousUser(),
        "cookies": {},
        "get": "a=1&b=2",
        "messages": [],
        "headers": ["Host"],  # that of BASE_URL
        "method": "GET",
        "path": "/x/?a=1&b=2",
    }


def test_other_methods_are_refused():
    view = public_page(lambda request: HttpResponse("x"))

    assert {ask(view, method=method).status_code for method in ("post", "put", "delete", "patch", "options")} == {405}


def reads_session(request):
    return HttpResponse(request.session.get("a", ""))


def writes_session(request):
    request.session["a"] = 1
    return HttpResponse("")


def empties_session(request):
    request.session.flush()
    return HttpResponse("")


def asks_for_token(request):
    return HttpResponse(get_token(request))


def sets_cookie(request):
    response = HttpResponse("")
    response.set_cookie("a", "b")
    return response


def renders_token_late(request):
    template = engines["django"].from_string("{% csrf_token %}")
    return TemplateResponse(request, template)


@pytest.mark.parametrize(
    "view", [reads_session, writes_session, empties_session, asks_for_token, sets_cookie, renders_token_late]
)
def test_page_that_knows_the_person_becomes_private(view, caplog):
    response = ask(public_page(view))

    assert response["Cache-Control"] == "private, no-store"
    assert not hasattr(response, "finished")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_page_cannot_depend_on_the_host_or_the_port(settings):
    settings.BASE_URL, settings.ALLOWED_HOSTS = "https://forum.example:8443", ["forum.example", "testserver"]
    view = public_page(lambda request: HttpResponse(f"{request.get_host()} {request.META}"))

    first = ask(view)
    second = ask(view, HTTP_HOST="testserver:81", SERVER_NAME="other", SERVER_PORT="9")

    assert first.content == second.content
    assert first.content.startswith(b"forum.example:8443 ")
