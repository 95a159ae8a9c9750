"""My agenda, booking and leaving sessions, the private calendar feed, and reminders stopped by mail.

The personal parts of public pages (`me`, `card`) are loaded by the script parts.js; without script a plain link stands in their place.
"""

from datetime import datetime
from functools import partial, wraps
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from events.models import Forum
from events.shared.formatting import calendar_files
from events.shared.formatting.times import offset_text, place_name
from events.shared.pages.absolute_urls import absolute
from events.shared.pages.find_forum import bare_forum
from events.shared.pages.personal import View, by_mail_programs, personal, post_only, private, unsubscribe_page
from events.shared.secret_links import opened_by
from events.templatetags.addresses import address
from registration.models import Registration
from registration.people.accounts.access import (
    PART_OF,
    Bookable,
    answer,
    find_bookable,
    find_own,
    own_registration,
    way_back,
)
from registration.people.accounts.adapter import own_path
from registration.registering import banners, kinds, registrations
from registration.registering.views import not_registered
from registration.sessions.agenda import my_agenda as agendas
from registration.sessions.agenda import unsubscribing
from registration.sessions.attendance import watching
from registration.sessions.seats import booking, my_seat, session_mails


@personal
def agenda(request: HttpRequest, forum: str) -> HttpResponse:
    """A person's agenda, in the own zone or (`?tz=`) the forum's."""
    edition, registration = find_own(request, forum, rows=agendas.FOR_AGENDA)
    if registration is None:
        return not_registered(request, edition)
    now = timezone.now()
    zone = agendas.chosen_zone(request.GET.get("tz", ""), registration=registration)
    path = reverse("registration:feed", args=[edition.slug, registration.token])
    shown = agendas.agenda(registration, zone=zone, language=get_language() or "en", now=now)
    gets_reminders = unsubscribing.gets_reminders(registration)
    context = {
        "forum": edition,
        "registration": registration,
        "now": now,
        "zone": zone,
        "zones": _zones(registration, shown=zone.key, now=now),
        "agenda": shown,
        "waitings": my_seat.my_waitings(registration, now=now) if registration.is_waiting else [],  # type: ignore[attr-defined]  # annotated
        "notes": banners.notes_for(request.user, forum=edition, page=request.path, now=now),
        "gets_reminders": gets_reminders,
        "reminders": agendas.reminder_words(edition.reminder_minutes) if gets_reminders else "",
        "feed_url": absolute(path),
        "subscribe_url": absolute(path).replace(urlsplit(absolute(path)).scheme, "webcal", 1),
    }
    return render(request, "registration/agenda/agenda.html", context)


def _zones(registration: Registration, *, shown: str, now: datetime) -> list[dict[str, object]]:
    forum = registration.forum
    keys = dict.fromkeys([registration.time_zone, forum.time_zone])
    zones = [agendas.chosen_zone(key, registration=registration) for key in keys]
    return [
        {
            "key": zone.key,
            "place": place_name(zone, forum=forum),
            "offset": offset_text(now.astimezone(zone)),
            "is_shown": zone.key == shown,
        }
        for zone in zones
    ]


@personal
def languages(request: HttpRequest, forum: str) -> HttpResponse:
    """Lead to the sessions that a person can follow: in the languages of their registration, else in that of their mails."""
    edition, registration = find_own(request, forum)
    if registration is None:
        return not_registered(request, edition)
    chosen = QueryDict(mutable=True)
    chosen.setlist("follow", registration.languages or [registration.language])
    return redirect(f"{reverse('events:programme', args=[edition.slug])}?{chosen.urlencode()}")


def _comes_back(view: View) -> View:
    """Whoever has to log in first still comes back to the page that the button stood on."""

    @wraps(view)
    def guarded(request: HttpRequest, forum: str, code: str) -> HttpResponse:
        page = own_path(request.headers.get("Referer", ""), request=request)
        if request.user.is_authenticated or "next" in request.GET or not page:
            return view(request, forum=forum, code=code)
        return redirect_to_login(f"{request.path}?{urlencode({'next': page})}")

    return guarded


@private
@_comes_back
@personal
def book(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """GET shows the session and a button, POST books it and goes back to where one came from, to the session's row."""
    edition, now = bare_forum(forum), timezone.now()
    shown = find_bookable(request, forum, code=code, now=now)
    registration = shown.registration
    if registration is None:
        messages.info(request, _("Register first, then add sessions to your agenda."))
        step = reverse("registration:register", args=[edition.slug])
        return HttpResponseRedirect(f"{step}?{urlencode({'next': request.get_full_path()})}")
    refusal = ""
    if request.method == "POST":
        try:
            booking.book(registration=registration, session=shown.session, now=now)
        except ValidationError as error:
            refusal = error.messages[0]
        else:
            is_reminded = unsubscribing.gets_reminders(registration)
            words = agendas.reminder_words(edition.reminder_minutes) if is_reminded else ""
            reminded = _("Your place is booked. We will remind you %(lengths)s before.") % {"lengths": words}
            undo = _undo(edition, page="registration:leave", code=code)
            messages.success(request, format_html("{} {}", reminded if words else _("Your place is booked."), undo))
            return answer(request, edition, code=code, back=f"{way_back(request, edition)}#act-{code}", is_booked=True)
        if PART_OF in request.headers:
            link = format_html('<a href="{}">{}</a>', request.path, _("What you can do"))
            messages.error(request, format_html("{}. {}", refusal, link))
            return answer(request, edition, code=code, back=request.path, is_booked=False)
    return render(request, "registration/agenda/book.html", _book_context(request, registration, shown, refusal))


def _undo(forum: Forum, *, page: str, code: str) -> SafeString:
    """A link behind a message; without the script it leads to the page that asks first."""
    return format_html('<a href="{}" data-send>{}</a>', reverse(page, args=[forum.slug, code]), _("Undo"))


def _book_context(request: HttpRequest, registration: Registration, shown: Bookable, refusal: str) -> dict[str, object]:
    session, now = shown.session, timezone.now()
    others = set() if shown.is_booked else shown.booked
    booked = agendas.sessions_of(others, forum=registration.forum, language=get_language() or "en")
    is_bookable, may_book = booking.is_bookable(session, now=now), kinds.may_book(registration, session=session)
    asks = is_bookable and may_book and not shown.is_booked
    return {
        "forum": registration.forum,
        "registration": registration,
        "session": session,
        "zone": agendas.chosen_zone("", registration=registration),
        "refusal": refusal,
        "is_booked": shown.is_booked,
        "is_bookable": is_bookable,
        "shut": "" if may_book else booking.MAY_NOT_BOOK,
        "seat": my_seat.seat(session, registration=registration, now=now) if asks else None,
        "clashes": agendas.clashes_with(session, others=[one.session for one in booked]),
        "next": way_back(request, registration.forum),
    }


@personal
def leave(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """GET asks, POST takes the session out of the agenda and goes back to its day. One that is no longer public can be left too."""
    registration = own_registration(request, forum)
    edition = registration.forum
    booked = registration.bookings.select_related("session__type", "session__room")
    row = booked.filter(session__code=code).first()
    back, zone = way_back(request, edition), agendas.chosen_zone("", registration=registration)
    if request.method == "POST":
        if row is not None and booking.leave(registration=registration, session=row.session, now=timezone.now()):
            undo = _undo(edition, page="registration:book", code=code)
            messages.success(request, format_html("{} {}", _("The session is out of your agenda."), undo))
        starts = row.session.starts if row else None
        back = f"{back}#day-{starts.astimezone(zone).date()}" if starts else back
        return answer(request, edition, code=code, back=back, is_booked=False)
    if row is None:
        raise Http404
    row.session.forum = edition
    context = {"forum": edition, "session": row.session, "zone": zone, "next": back}
    return render(request, "registration/registering/leave.html", context)


@personal
@post_only("registration:agenda")
def renew_feed(request: HttpRequest, forum: str) -> HttpResponse:
    """Give the calendar feed a new address."""
    registration = own_registration(request, forum)
    registrations.renew_token(registration, now=timezone.now())
    messages.success(
        request, _("Your calendar has a new address. The old one does not work any more: subscribe again.")
    )
    return redirect("registration:agenda", forum)


@personal
@post_only("registration:agenda")
def reminders(request: HttpRequest, forum: str) -> HttpResponse:
    """Turn reminders by mail on (`wanted=yes`) or off."""
    registration = own_registration(request, forum)
    wanted = request.POST.get("wanted") == "yes"
    unsubscribing.set_reminders(registration, wanted=wanted, now=timezone.now())
    words = _("You will get reminders by mail.") if wanted else _("You will get no more reminders by mail.")
    messages.success(request, words)
    return redirect("registration:agenda", forum)


@require_safe
@conditional_page
@cache_control(private=True, max_age=300)
def feed(request: HttpRequest, forum: str, token: str) -> HttpResponse:
    """The booked sessions as a calendar, for whoever has the address; the join link, never the meeting's address.
    `ETag`: a program that asks again with it is told that nothing changed (304)."""
    edition = bare_forum(forum)
    registration = opened_by(token, Registration.objects.active().filter(forum=edition))
    if registration is None:
        raise Http404
    registration.forum = edition
    sessions = agendas.calendar_sessions(registration)
    events = [session_mails.calendar_event(session, to_door=True) for session in sessions]
    name = _("My agenda, %(forum)s") % {"forum": edition.name}
    response = HttpResponse(
        calendar_files.calendar(events, name=name, zone=registration.time_zone),
        content_type="text/calendar; charset=utf-8",
    )
    response["Content-Disposition"] = 'inline; filename="agenda.ics"'
    return response


@by_mail_programs
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The address that stops the reminders of one registration."""
    registration = unsubscribing.registration_of(token)
    if registration is None:
        raise Http404
    context = {"registration": registration, "gets_reminders": unsubscribing.gets_reminders(registration)}
    set_wanted = partial(unsubscribing.set_reminders, registration)
    return unsubscribe_page(request, "registration/agenda/unsubscribe.html", context, set_wanted=set_wanted)


# --- parts of public pages ------------------------------------------------------------------------
@private
@require_safe
def me(request: HttpRequest, forum: str) -> HttpResponse:
    """The end of the page head, messages and notes, and a mark at each booked session of the page."""
    edition = bare_forum(forum)
    codes = agendas.booked_codes(request.user, forum=edition)
    # The path of the page that the fragment stands in; empty when the script does not say it.
    page = own_path(request.headers.get(PART_OF, ""), request=request)
    context = {
        "forum": edition,
        "is_registered": codes is not None,
        "codes": " ".join(codes or ()),
        # One of few: what shows it is made once for all.
        "account_page": page if page == address("registration:account") else "",
        # Only a page that the script puts this into can show a message; others would lose it.
        "notes": banners.notes_for(request.user, forum=edition, page=page, now=timezone.now()),
        "flashes": get_messages(request) if page else [],
    }
    return render(request, "registration/agenda/me.html", context)


@private
@require_safe
def card(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The personal part of a session's card: join, book, seats left, remove."""
    edition, now = bare_forum(forum), timezone.now()
    shown = find_bookable(request, forum, code=code, even_hidden=True, now=now)
    session, registration = shown.session, shown.registration
    is_bookable = booking.is_bookable(session, now=now)
    context = {
        "forum": edition,
        "session": session,
        "registration": registration,
        "zone": agendas.chosen_zone("", registration=registration) if registration else edition.zone,
        "is_booked": shown.is_booked,
        "is_bookable": is_bookable,
        "shut": "" if not registration or kinds.may_book(registration, session=session) else booking.MAY_NOT_BOOK,
        "is_join_open": session.is_join_open(now),
        "is_over": session.is_over(now),
        "is_watched": registration is not None and watching.has_something_on(session, now=now),
        "seat": my_seat.seat(session, registration=registration, now=now)
        if is_bookable and not shown.is_booked
        else None,
    }
    return render(request, "registration/agenda/card.html", context)
