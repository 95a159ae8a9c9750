"""Where a focal point invites people of their organisations: one person, or a list."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext

from events.models import Forum, User
from events.shared.pages.find_forum import bare_forum
from events.shared.pages.personal import arrival, person, personal
from events.shared.pages.refusals import show_refusal
from events.shared.tables.spreadsheet_writer import XLSX_TYPE
from registration.accreditation import group_lists, invitations, quotas
from registration.accreditation.delegations import focal_points
from registration.accreditation.group_lists import Preview
from registration.accreditation.invitation_forms import GuestForm, ListForm, packed
from registration.accreditation.invitations import Sender
from registration.models import RegistrationInvitation


@personal
def invite(request: HttpRequest, forum: str) -> HttpResponse:
    """Invite one person (`act`: one), or look at a list and then invite those of it who can be (`act`: list). 404 for everybody
    who is no focal point."""
    edition, user, now = bare_forum(forum), person(request), arrival(request)
    own, kinds = focal_points.organisations(user, forum=edition), focal_points.kinds(edition, now=now)
    if not own:
        raise Http404
    act = request.POST.get("act") if kinds else None
    guest = GuestForm(request.POST if act == "one" else None, kinds=kinds, organisations=own, auto_id="guest_%s")
    sent = (request.POST, request.FILES) if act == "list" else ()
    table = ListForm(*sent, user=user, kinds=kinds, organisations=own, auto_id="list_%s")
    done, seen = 0, None
    if act == "one" and guest.is_valid():
        done = _invite_one(guest, forum=edition, by=user, now=now)
    elif act == "list" and table.is_valid():
        sender = sender_of(table, forum=edition, by=user, kinds=kinds, as_focal_point=True)
        done, seen = take_list(table, sender=sender, now=now)
    if done:
        messages.success(request, told(done))
        return HttpResponseRedirect(reverse("registration:delegation", args=[edition.slug]))
    context = {
        "forum": edition,
        "kinds": kinds,
        "is_of_one": len(own) == 1,
        "places": quotas.places(kinds, organisations=own, now=now),
        "guest": guest,
        "table": table,
        "form": guest if guest.is_bound or table.question else table,
        **preview_context(table, seen),
    }
    return render(request, "registration/accreditation/invite.html", context)


@personal
def template(request: HttpRequest, forum: str) -> HttpResponse:
    """A workbook to be filled in by a focal point."""
    edition, now = bare_forum(forum), arrival(request)
    if not focal_points.organisations(person(request), forum=edition):
        raise Http404
    return template_response(group_lists.template(focal_points.kinds(edition, now=now)))


def _invite_one(form: GuestForm, *, forum: Forum, by: User, now: datetime) -> int:
    """How many were invited: one, or nobody, and the form says why."""
    try:
        return len(invitations.invite([form.guest], sender=Sender(by, forum, as_focal_point=True), now=now))
    except ValidationError as refusal:
        show_refusal(form, refusal)
        return 0


# --- shared with the organisers' page -------------------------------------------------------------
def sender_of(form: ListForm, *, forum: Forum, by: User, kinds: Any, as_focal_point: bool) -> Sender:
    """Who invites the people of a list that was sent, to what."""
    data = form.cleaned_data
    lives = timedelta(days=data["days"]) if data.get("days") else RegistrationInvitation.LIVES
    return Sender(by, forum, as_focal_point, kinds, data["kind"], data["organisation"], lives)


def take_list(form: ListForm, *, sender: Sender, now: datetime) -> tuple[int, Preview | None]:
    """How many people of a list were invited, where it was looked at before; else what it would do."""
    people, seen = form.cleaned_data["people"], form.cleaned_data["seen"]
    if form.cleaned_data["rows"] and seen:
        try:
            return group_lists.invite(people, sender=sender, seen=seen, now=now), None
        except ValidationError as refusal:
            show_refusal(form, refusal)
    return 0, group_lists.preview(people, sender=sender, now=now)


def preview_context(form: ListForm, seen: Preview | None) -> dict[str, Any]:
    """What `list_preview.html` shows: the preview, and what is sent again to agree to it; or a question about the file."""
    kept = [("act", "list"), *(pair for pair in form.hidden() if pair[0] not in {"rows", "seen"})]
    if seen is None:
        return {"preview": None, "question": form.question, "kept": kept}
    notes = form.cleaned_data.get("notes", ())
    return {"preview": seen, "notes": notes, "kept": [*kept, ("rows", packed(seen.rows)), ("seen", seen.right)]}


def told(number: int) -> str:
    """What is said once people are invited."""
    words = ngettext(
        "%(n)s person is invited. The mail goes out.", "%(n)s people are invited. The mails go out.", number
    )
    return words % {"n": number}


def template_response(data: bytes) -> HttpResponse:
    """The workbook as a download."""
    response = HttpResponse(data, content_type=XLSX_TYPE)
    response["Content-Disposition"] = 'attachment; filename="people.xlsx"'
    return response
