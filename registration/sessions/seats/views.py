"""Waiting lists for those who stand on them: joining, leaving, and the page behind the link of the mails."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from events.models import Session
from events.shared.formatting.times import known_zone
from events.shared.pages.find_forum import bare_forum
from events.shared.pages.personal import personal, private
from registration.accreditation import place_links
from registration.models import Booking, Registration
from registration.people.accounts.access import answer, find_bookable, way_back
from registration.registering import registrations
from registration.sessions.seats import booking, kind_places, my_seat, waiting_list


@personal
def wait(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """POST joins the waiting list of a session, or leaves it (`leave`), and goes back; GET goes to the page for booking."""
    edition = bare_forum(forum)
    page = reverse("registration:book", args=[edition.slug, code])
    if request.method != "POST":
        return HttpResponseRedirect(page)
    now = timezone.now()
    session, registration, _booked = find_bookable(request, forum, code=code, even_hidden=True, now=now)
    try:
        if "leave" not in request.POST:
            _tell(request, waiting_list.join(registration=registration, session=session, now=now))
        elif registration and waiting_list.leave(registration=registration, session=session, now=now):
            messages.success(request, _("You are not on the waiting list any more."))
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
        return answer(request, edition, code=code, back=page, is_booked=False)
    back = f"{way_back(request, edition)}#act-{code}"
    is_booked = registration is not None and registration.bookings.filter(session=session).exists()
    return answer(request, edition, code=code, back=back, is_booked=is_booked)


def _tell(request: HttpRequest, made: object) -> None:
    if isinstance(made, Booking):
        messages.success(request, _("A place was free: it is yours, and the session is in your agenda."))
    else:
        messages.success(request, _("You are on the waiting list. We write to you when you get a place."))


@private
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: HttpRequest, forum: str, token: str) -> HttpResponse:
    """What a mail about a place leads to, without log-in: GET shows where the person stands; POST (`act`) takes the place, gives
    it up, or joins the waiting list. The place is one in a session, or in the kind of the registration."""
    found = place_links.named(token)
    if found is None or found[0].forum.slug != forum:
        raise Http404
    registration, session = found
    refusal, now = "", timezone.now()
    if request.method == "POST":
        try:
            if session is None:
                _act_on_kind(request.POST.get("act", ""), registration=registration, now=now)
            else:
                _act(request.POST.get("act", ""), registration=registration, session=session, now=now)
        except ValidationError as error:
            refusal = error.messages[0]
        else:
            return HttpResponseRedirect(request.path, status=303)
    zone = known_zone(registration.time_zone, default=registration.forum.zone)
    context: dict[str, object] = {"forum": registration.forum, "zone": zone, "refusal": refusal}
    if session is None:
        waiting = registration.waitings.filter(session=None).first()
        is_over = registration.forum.is_over(now)
        context |= {"registration": registration, "waiting": waiting, "is_over": is_over}
        return render(request, "registration/seats/kind_place.html", context)
    context |= _context(registration, session, now=now)
    return render(request, "registration/seats/seat.html", context)


def _act_on_kind(act: str, *, registration: Registration, now: datetime) -> None:
    """Refuse `over` once the forum is: whoever finds the mail years later changes nothing."""
    if registration.forum.is_over(now):
        raise ValidationError(_("The Forum is over"), code="over")
    if act == "take":
        kind_places.take(registration, now=now)
    elif act == "give-up":
        registrations.withdraw(registration, now=now)


def _act(act: str, *, registration: Registration, session: Session, now: datetime) -> None:
    if act == "take":
        booking.book(registration=registration, session=session, now=now)
    elif act == "wait":
        waiting_list.join(registration=registration, session=session, now=now)
    elif act == "give-up":
        booking.leave(registration=registration, session=session, now=now)
        waiting_list.leave(registration=registration, session=session, now=now)


def _context(registration: Registration, session: Session, *, now: datetime) -> dict[str, object]:
    session.forum = registration.forum
    return {
        "session": session,
        "takes_part": Registration.objects.active().filter(pk=registration.pk).exists(),
        "is_booked": Booking.objects.filter(registration=registration, session=session).exists(),
        "is_bookable": booking.is_bookable(session, now=now),
        "is_hidden": session.is_under_embargo(now),
        "seat": my_seat.seat(session, registration=registration, now=now),
    }
