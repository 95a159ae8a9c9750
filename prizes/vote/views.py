"""The ballot: one category a page with a map of all, what is asked before the first choice, the receipt."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from events.formatting.numbers import whole_number
from events.models import User
from events.pages.personal import arrival, person, personal
from prizes.chain import receipts, restorations
from prizes.editions import public_edition
from prizes.editions.public_edition import find_edition
from prizes.models import Edition, Phase
from prizes.vote import ballot_page, cast_vote, rate_limits
from prizes.vote.forms import StartForm, chosen_code
from registration.accounts.adapter import client_ip

# What the site answers to a choice that it refuses; 409 where a code is not named.
STATUS = {"too-many": 429, "not-confirmed": 403, "no-choice": 422}
SHUT = {"polls-closed", "polls-not-open"}


class SeeOther(HttpResponseRedirect):
    """After a form: go on with a GET."""

    status_code = 303


def _address(slug: str, number: int | None) -> str:
    """The page of a category; the ballot's own where none is given."""
    return reverse("prizes:ballot-category", args=[slug, number]) if number else reverse("prizes:ballot", args=[slug])


def _start_address(slug: str, number: int | None) -> str:
    address = reverse("prizes:ballot-start", args=[slug])
    return f"{address}?category={number}" if number else address


def _render(request: HttpRequest, edition: Edition, page: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page of the ballot, with what each of them says: the edition, and until when."""
    frame = {
        "forum": edition.forum,
        "edition": edition,
        "timeline": public_edition.Timeline(edition, arrival(request)),
        "restorations": restorations.of(edition),
        "is_open": edition.is_in(Phase.Kind.VOTING, now=arrival(request)),
    }
    return render(request, f"prizes/vote/{page}.html", frame | context, status=status)


def _gate(request: HttpRequest, edition: Edition, *, status: int = 200) -> HttpResponse | None:
    """The page that says why a person cannot vote now; None for those who can."""
    try:
        cast_vote.check_open(edition, phase=edition.phase(Phase.Kind.VOTING), arrived=arrival(request))
    except ValidationError as refusal:
        return _shut(request, edition, code=refusal.code or "", status=status)
    if not person(request).has_confirmed_address():
        return _unconfirmed(request, edition, status=status)
    return None


def _unconfirmed(request: HttpRequest, edition: Edition, *, status: int = 200) -> HttpResponse:
    return _render(request, edition, "unconfirmed", status=status, next=request.path)


def _shut(request: HttpRequest, edition: Edition, *, code: str, status: int = 200) -> HttpResponse:
    """The vote is over, or has not begun: when, and what became of one's own ballot."""
    return _render(
        request,
        edition,
        "shut",
        status=status,
        is_over=code == "polls-closed",
        phase=edition.phase(Phase.Kind.VOTING),
        is_refused=request.method == "POST",
        sheet=ballot_page.sheet(edition, user=person(request)),
    )


def _must_start(edition: Edition, *, sheet: ballot_page.Sheet, user: User) -> bool:
    """Whether country and stakeholder type are still to be asked: no ballot, and no registration to take them from."""
    return sheet.ballot is None and cast_vote.profile(edition, user=user) is None


@personal
def ballot(request: HttpRequest, forum: str) -> HttpResponse:
    """Go on where one left: the first open category; the whole ballot when nothing is open."""
    edition, user = find_edition(forum), person(request)
    if page := _gate(request, edition):
        return page
    sheet = ballot_page.sheet(edition, user=user)
    if _must_start(edition, sheet=sheet, user=user):
        return HttpResponseRedirect(_start_address(forum, None))
    if sheet.missing:
        return HttpResponseRedirect(_address(forum, sheet.missing[0]))
    progress = ballot_page.progress(chosen=sheet.chosen, missing=0)
    return _render(request, edition, "overview", sheet=sheet, progress=progress)


@sensitive_post_parameters("country", "stakeholder_type")
@personal
def start(request: HttpRequest, forum: str) -> HttpResponse:
    """Ask, once, for the country and stakeholder type of a voter who is not registered; then begin the ballot."""
    edition, user = find_edition(forum), person(request)
    number = whole_number(request.GET.get("category", ""), most=999)
    if page := _gate(request, edition, status=409 if request.method == "POST" else 200):
        return page
    if not _must_start(edition, sheet=ballot_page.sheet(edition, user=user), user=user):
        return SeeOther(_address(forum, number))
    form = StartForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            rate_limits.check_ballot(edition, ip=client_ip(request), now=timezone.now())
            cast_vote.begin(edition=edition, user=user, now=arrival(request), **form.cleaned_data)
            return SeeOther(_address(forum, number))
        except ValidationError as refusal:
            form.add_error(None, refusal)
            status = STATUS.get(refusal.code or "", 409)
    return _render(request, edition, "start", status=status, form=form)


@sensitive_post_parameters("nominee")
@personal
def category(request: HttpRequest, forum: str, number: int) -> HttpResponse:
    """The nominees of one category, to choose one; POST saves the choice and goes on to the next open category.

    The page's script posts to the same address and reads JSON: `words`, `progress`, `next`, `button`.
    """
    if request.method == "POST":
        return _choose(request, slug=forum, number=number)
    edition, user = find_edition(forum), person(request)
    if page := _gate(request, edition):
        return page
    sheet = ballot_page.sheet(edition, user=user)
    if sheet.cell(number) is None:
        raise Http404
    if _must_start(edition, sheet=sheet, user=user):
        return HttpResponseRedirect(_start_address(forum, number))
    return _page(request, edition, sheet=sheet, number=number)


def _page(
    request: HttpRequest,
    edition: Edition,
    *,
    sheet: ballot_page.Sheet,
    number: int,
    refusal: str = "",
    picked: str = "",
    status: int = 200,
) -> HttpResponse:
    """One category; after a refusal with its sentence, and with what was picked still picked."""
    cell = sheet.cell(number)
    if cell is None:
        raise Http404
    nominees = ballot_page.nominees(cell.category, user=person(request))
    is_complete = not sheet.missing and sheet.is_complete
    address, words = _way_on(edition, number=sheet.next(after=number), is_complete=is_complete)
    return _render(
        request,
        edition,
        "category",
        status=status,
        sheet=sheet,
        cell=cell,
        category=cell.category,
        nominees=nominees,
        chosen=cell.chosen,
        is_withdrawn=cell.state == ballot_page.AGAIN,
        is_fixed=edition.votes_final and cell.state == ballot_page.CHOSEN,
        picked=picked or (cell.chosen.code if cell.chosen else ""),
        refusal=refusal,
        progress=ballot_page.progress(chosen=sheet.chosen, missing=len(sheet.missing)),
        next_address=address,
        next_words=words,
        has_sample=any(nominee.is_sample for nominee in nominees),
    )


def _way_on(edition: Edition, *, number: int | None, is_complete: bool) -> tuple[str, str]:
    """Where one goes on, and the button's words: the next open category, the receipt when nothing is open, else the ballot."""
    slug = edition.forum.slug
    if number is not None:
        return _address(slug, number), _("Go to the next")
    if is_complete:
        return reverse("prizes:receipt", args=[slug]), _("See your receipt")
    return _address(slug, None), _("See your ballot")


# What a choice needs of its edition: the rules, and where the key is (prizes.vote.network_key).
NEEDED = ("require_all_categories", "votes_final", "key_name", "key_destroyed", "closed", "forum__slug")


def _choose(request: HttpRequest, *, slug: str, number: int) -> HttpResponse:
    public = Edition.objects.filter(forum__is_public=True, is_public=True)
    edition = get_object_or_404(public.select_related("forum").only(*NEEDED), forum__slug=slug)
    is_script = request.headers.get("X-Requested-With") == "fetch"
    try:
        cast = _cast(request, edition, number=number)
    except ValidationError as refusal:
        return _refused(request, edition, number=number, refusal=refusal, is_script=is_script)
    address, button = _way_on(edition, number=cast.next, is_complete=cast.is_complete)
    if is_script:
        told = {
            "words": _("Saved: %(title)s") % {"title": cast.nominee.title},
            "progress": ballot_page.progress(chosen=cast.chosen, missing=len(cast.missing)),
            "chosen": cast.chosen,
            "next": address,
            "button": button,
        }
        return JsonResponse(told)
    title = format_html("<bdi>{}</bdi>", cast.nominee.title)
    messages.success(request, format_html(_("Saved: {title}"), title=title))
    return SeeOther(address)


def _cast(request: HttpRequest, edition: Edition, *, number: int) -> cast_vote.Cast:
    """Cast the choice of the form. The ballot of a registered person begins with the first choice."""
    user, ip = person(request), client_ip(request)
    choice: dict[str, Any] = {"edition": edition, "user": user, "number": number, "code": chosen_code(request.POST)}
    try:
        return cast_vote.cast(**choice, arrived=arrival(request), now=timezone.now(), ip=ip)
    except ValidationError as refusal:
        if refusal.code != "no-ballot" or cast_vote.profile(edition, user=user) is None:
            raise
    rate_limits.check_ballot(edition, ip=ip, now=timezone.now())
    cast_vote.begin(edition=edition, user=user, country=None, stakeholder_type="", now=arrival(request))
    return cast_vote.cast(**choice, arrived=arrival(request), now=timezone.now(), ip=ip)


def _refused(
    request: HttpRequest, edition: Edition, *, number: int, refusal: ValidationError, is_script: bool
) -> HttpResponse:
    """Say why a choice was not saved; what was picked stays picked."""
    code, words = refusal.code or "", " ".join(refusal.messages)
    status = STATUS.get(code, 409)
    if is_script:
        return JsonResponse({"words": words}, status=status)
    if code == "no-ballot":
        return SeeOther(_start_address(edition.forum.slug, number))
    whole = find_edition(edition.forum.slug)
    if code in SHUT:
        return _shut(request, whole, code=code, status=status)
    if code == "not-confirmed":
        return _unconfirmed(request, whole, status=status)
    sheet = ballot_page.sheet(whole, user=person(request))
    picked = request.POST.get("nominee", "")
    return _page(request, whole, sheet=sheet, number=number, refusal=words, picked=picked, status=status)


@personal
def receipt(request: HttpRequest, forum: str) -> HttpResponse:
    """The receipt of a ballot that counts: its secret, how to check it later, the trackers, the head of the chain."""
    edition = find_edition(forum)
    sheet = ballot_page.sheet(edition, user=person(request))
    if sheet.ballot is None or not sheet.ballot.has_receipt:
        return HttpResponseRedirect(reverse("prizes:ballot", args=[forum]))
    now = arrival(request)
    return _render(
        request,
        edition,
        "receipt",
        sheet=sheet,
        receipt=receipts.receipt(sheet.ballot),
        printed=now,
    )
