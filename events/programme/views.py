"""The public pages of a forum: its first page, the programme, sessions, speakers, the matrix; and the site's own."""

from datetime import timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, get_language_from_request, override

from events.models import Forum, Session
from events.models.outcome import public_report
from events.programme import (
    filters,
    forum_home,
    on_now,
    programme_page,
    session_page,
    speaker_pages,
    wsis_sdg_matrix,
)
from events.programme.search import search
from events.programme.sharing import edition_weave, linked_data
from events.proposals import states
from events.shared import hooks
from events.shared.drawings import weave
from events.shared.formatting.names import beginning, session_text
from events.shared.mail.envelope import secretariat
from events.shared.pages import embedding, page_expiry
from events.shared.pages.find_forum import find_forum
from events.shared.pages.public import public_page

A_YEAR = timedelta(days=365)  # for which a language that was chosen is remembered


@public_page(seconds=60, parameters=("language",), by_language=True)
def index(request: HttpRequest) -> HttpResponse:
    """Lead to the current forum; a plain page while none is public.

    The bare address goes by the language that was chosen last (a cookie), else by what the browser asks for, else by the
    site's own; `?language=` chooses one without script. A language's own first page (/fr/) stays in it.
    """
    chosen = request.GET.get("language", "")
    is_chosen = chosen in dict(settings.LANGUAGES)
    language = get_language() if request.path_info != "/" else get_language_from_request(request)
    with override(chosen if is_chosen else language):
        forum = Forum.objects.current(timezone.now())
        if forum is None:
            return render(request, "events/programme/no_forum.html")
        response = redirect("events:home", forum=forum.slug)
    if is_chosen:  # with a cookie it is kept for nobody: “see other”, not one of the redirects that are
        response.status_code = HTTPStatus.SEE_OTHER
        name, is_secure = settings.LANGUAGE_COOKIE_NAME, settings.SESSION_COOKIE_SECURE
        response.set_cookie(name, chosen, max_age=A_YEAR, secure=is_secure, samesite="Lax")
    return response


@public_page
def home(request: HttpRequest, forum: str) -> HttpResponse:
    """The forum's first page."""
    found, now = find_forum(forum), timezone.now()
    call = states.call_of(found)
    shown = forum_home.home(found, now=now)
    context = {
        "forum": found,
        "call": call if states.is_open(call, now=now) else None,
        "now": now,
        "today": found.today(now),
        "home": shown,
        "said": _said(shown["live"]),
        "registration_is_open": found.is_registration_open(now),
        "linked_data": linked_data.forum(found),
    }
    return render(request, "events/programme/home.html", context)


def _said(live: list[Session]) -> str:
    return on_now.said([session_text(session) for session in live])


@public_page(parameters=("brief",))
def now(request: HttpRequest, forum: str) -> HttpResponse:
    """What is on now, as a fragment for pages that stay open (now.js); `brief`: only the titles. It is finished like a
    page: whoever asks each minute gets a 304 until something changed."""
    found = find_forum(forum)
    moment = timezone.now()
    context = {"forum": found, "now": moment, "today": found.today(moment), "now_is_brief": "brief" in request.GET}
    if context["now_is_brief"]:
        running = on_now.running(found, now=moment, language=get_language())
        context |= {"running": running, "said": on_now.said([row["title"] for row in running])}
    else:
        live, coming = on_now.now_and_next(found, now=moment)
        context |= {"home": {"live": live, "coming": coming}, "said": _said(live)}
    return render(request, "events/programme/now.html", context)


@embedding.embeddable()
def session(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """A session's page."""
    found = session_page.session(forum, code=code)
    if found is None:
        raise Http404
    before, after = session_page.neighbours(found)
    now = timezone.now()
    title, description = session_text(found), session_text(found, "description")
    context = {
        "forum": found.forum,
        "now": now,
        "linked_data": linked_data.session(found, now=now),
        "session": found,
        "title": title,
        "description": description,
        "report": public_report(found),
        "summary": beginning(description) or title,
        "before": before,
        "after": after,
        "frame": embedding.frame_of(request),
    }
    return render(request, "events/programme/session.html", context)


@public_page(parameters=("q", "order", "page"))
def speakers(request: HttpRequest, forum: str) -> HttpResponse:
    """The speakers: `q` searches, `order` is empty (best match, else protocol) or "name", `page` turns the pages."""
    found = find_forum(forum)
    query = search.cleaned(request.GET.get("q", ""))
    order = "name" if request.GET.get("order") == "name" else ""
    shown = speaker_pages.speakers(found, query=query, order=order, page=request.GET.get("page", "1"))
    page = shown.page
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    context = {"forum": found, "numbers": numbers, "query": query, "order": order} | shown._asdict()
    return render(request, "events/programme/speakers.html", context)


@public_page
def speaker(request: HttpRequest, forum: str, pk: int) -> HttpResponse:
    """A speaker's page."""
    found = find_forum(forum)
    person = speaker_pages.speaker(found, pk=pk)
    if person is None:
        raise Http404
    now = timezone.now()
    coming, over = speaker_pages.sessions_of(person, forum=found, now=now)
    context = {"forum": found, "now": now, "speaker": person, "coming": coming, "over": over}
    context["linked_data"] = linked_data.speaker(person, edition=found)
    return render(request, "events/programme/speaker.html", context)


@public_page
def matrix(request: HttpRequest, forum: str) -> HttpResponse:
    """Action Lines by goals, with the number of sessions in each cell."""
    found = find_forum(forum)
    goals, table = wsis_sdg_matrix.matrix(found)
    return render(request, "events/programme/matrix.html", {"forum": found, "goals": goals, "table": table})


@public_page
def weave_file(request: HttpRequest, forum: str) -> HttpResponse:
    """The weave of the edition, as SVG."""
    woven = edition_weave.paths(find_forum(forum))
    return HttpResponse(weave.svg(woven), content_type="image/svg+xml")


@public_page
def open_data(request: HttpRequest, forum: str) -> HttpResponse:
    """Where the programme and the figures can be had as files."""
    shown = find_forum(forum)
    address = f"{settings.BASE_URL}{reverse('events:programme', args=[shown.slug])}?embed"
    frame_code = f'<iframe src="{address}" title="{shown.name}" width="100%" height="800" loading="lazy"></iframe>'
    return render(request, "events/programme/open_data.html", {"forum": shown, "frame_code": frame_code})


def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy notice, with how long what is kept."""
    now = timezone.now()
    groups = [group for notice in hooks.retention_notice.of() for group in notice(now)]
    return render(request, "events/pages/privacy.html", {"contact": secretariat(), "groups": groups})


def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "events/pages/accessibility.html", {"contact": secretariat()})


@embedding.embeddable(parameters=filters.PARAMETERS)
def programme(request: HttpRequest, forum: str) -> HttpResponse:
    """The programme of a forum; `filters.PARAMETERS` narrow it.

    Other zones have their own midnights. What an address asks for in vain could be anything: such a page is not kept.
    """
    found = find_forum(forum)
    now = timezone.now()
    context = programme_page.page(request.GET, forum=found, now=now, language=get_language())
    frame = embedding.frame_of(request)
    context["is_running"] = found.starts <= found.today(now) <= found.ends
    if context["is_running"] and not frame:
        context["running"] = on_now.running(found, now=now, language=get_language())
        context["said"] = on_now.said([row["title"] for row in context["running"]])
    # Rows continue these with a session's code: reversing an address a thousand times would cost more than the rest.
    for name in ("book", "join"):
        context[f"{name}_address"] = reverse(f"registration:{name}", args=[found.slug, "000000"])[: -len("000000/")]
    context["frame"] = frame
    if not (frame or context["is_narrowed"] or context["tz"]):  # else the page has other days, or parts of them
        context["day_booklet"] = reverse("events:booklet", args=[found.slug]).removesuffix(".pdf") + "-"
    context["address"] = reverse("events:programme", args=[found.slug])
    response = render(request, "events/programme/programme.html", context)
    is_in_vain = context["notes"] or (not context["is_narrowed"] and programme_page.has_idle(request.GET))
    if is_in_vain or context["tz"]:
        zone: ZoneInfo = context["zone"]
        response.life = 0 if is_in_vain else page_expiry.until_midnight(zone, now=now)  # type: ignore[attr-defined]
    return response
