"""The account page: what a person is here, where they are logged in, which mails they get, what the account says of them.

It needs no registration, and belongs to no forum.
"""

from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.models import Country, User
from events.models.time_zones import zone_names
from events.shared.admin import shown_history
from events.shared.formatting import times
from events.shared.formatting.names import term
from events.shared.history import viewings
from events.shared.mail import refused_kinds
from events.shared.mail.hooks import MailKind
from events.shared.once_a_revision import once_a_revision
from events.shared.pages.personal import arrival, by_mail_programs, person, personal, unsubscribe_page
from registration.models import SignIn
from registration.people.account_page import account as rules
from registration.people.account_page.forms import AboutForm, values_of
from registration.people.account_page.own_roles import affairs_of
from registration.people.accounts.log_ins import sign_ins
from registration.people.accounts.staff_login import adapter as staff_login

SHOWN = 50  # looks on a page


@personal
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """All of an account. At most six queries, however much there is."""
    user, now = person(request), arrival(request)
    zone = times.known_zone(user.time_zone, default=ZoneInfo("UTC"))
    own = affairs_of(user)
    refused = refused_kinds.refused_by(user) if own.refuses_mails else set()
    context = {
        "user": user,
        "country": term(_country(user.country_id)) if user.country_id else "",
        "zone": times.zone_label(zone, at=now, forum=None),
        "roles": own.roles,
        "organisation": staff_login.of(user),
        "log_ins": _log_ins(request, user, zone=zone, now=now),
        "mails": [(kind, kind.key not in refused) for kind in _own_kinds(own.sorts, refused=refused)],
    }
    return render(request, "registration/account_page/account.html", context)


def _own_kinds(sorts: set[str], *, refused: set[str]) -> list[MailKind]:
    """The kinds of mails that who is something of these sorts gets, and those that they refused."""
    return [one for one in refused_kinds.kinds() if not one.roles or one.roles & sorts or one.key in refused]


@once_a_revision
def _country(code: str) -> Country:
    return Country.objects.get(pk=code)


def _log_ins(request: HttpRequest, user: User, *, zone: ZoneInfo, now: datetime) -> list[dict[str, Any]]:
    """Where the account is logged in: this browser first, also where its log-in is older than the list."""
    found = sign_ins.of(user, now=now)
    here: list[SignIn | None] = [one for one in found if one.session_id == request.session.session_key]
    others = [one for one in found if one not in here]
    return [
        {
            "is_here": one in here,
            "sign_in": one,
            "since": times.deadline(one.began, zone=zone, forum=None) if one else "",
        }
        for one in (*(here or [None]), *others)
    ]


@personal
@require_safe
def seen(request: HttpRequest) -> HttpResponse:
    """Who of the staff saw the person's data: as what, how many people at once, and when."""
    user = person(request)
    zone = times.known_zone(user.time_zone, default=ZoneInfo("UTC"))
    page = Paginator(viewings.of(user), SHOWN).get_page(request.GET.get("page"))
    rows = [(one, shown_history.rows_of(one.model), times.deadline(one.at, zone=zone, forum=None)) for one in page]
    numbers = page.paginator.get_elided_page_range(page.number)
    return render(request, "registration/account_page/seen.html", {"page": page, "rows": rows, "numbers": numbers})


@personal
def about(request: HttpRequest) -> HttpResponse:
    """GET shows what the account says, POST changes it."""
    user = person(request)
    form = AboutForm(request.POST or None, initial=values_of(user))
    if request.method == "POST" and form.is_valid():
        rules.edit(user, data=form.cleaned_data, now=arrival(request))
        messages.success(request, _("Saved. The next form begins with it; what you said at a forum stays there."))
        return redirect("registration:account")
    context = {"form": form, "zones": zone_names()}
    return render(request, "registration/account_page/about.html", context)


@personal
def mails(request: HttpRequest) -> HttpResponse:
    """POST takes down which mails the person wants; the boxes stand on the account page."""
    if request.method == "POST":
        user = person(request)
        asked = {name: request.POST.getlist(name) for name in ("asked", "wanted")}
        refused_kinds.choose(user, **asked, by=user, now=arrival(request))
        messages.success(request, _("Your choice of mails is saved."))
    return HttpResponseRedirect(f"{reverse('registration:account')}#mails")


@personal
def sign_out(request: HttpRequest) -> HttpResponse:
    """POST ends one other log-in of the account (`row`), or all others."""
    if request.method == "POST":
        user, now, number = person(request), arrival(request), request.POST.get("row", "")
        try:
            if number:
                sign_ins.end(user, number=number, now=now)
            else:
                sign_ins.end_others(request, user, now=now)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            words = _("That log-in has ended.") if number else _("You are logged in nowhere else any more.")
            messages.success(request, words)
    return HttpResponseRedirect(f"{reverse('registration:account')}#log-ins")


@by_mail_programs
def refuse_mail(request: HttpRequest, token: str) -> HttpResponse:
    """The address that stops the mails of one kind to one account."""
    named = refused_kinds.named_by(token)
    if named is None:
        raise Http404
    user, kind = named
    context = {"kind": kind, "is_refused": kind.key in refused_kinds.refused_by(user)}
    set_wanted = partial(refused_kinds.set_wanted, user, key=kind.key)
    return unsubscribe_page(request, "registration/account_page/refuse_mail.html", context, set_wanted=set_wanted)
