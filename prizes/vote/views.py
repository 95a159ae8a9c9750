"""The ballot: one category a page with a map of all, what is asked before the first choice, the receipt."""

from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from events.models import User
from events.shared.formatting.numbers import whole_number
from events.shared.pages.personal import View, arrival, person, personal, private
from prizes.chain import receipts
from prizes.editions import public_edition
from prizes.models import Edition, Phase
from prizes.vote import ballot_page, ballot_paper, cast_vote, rate_limits
from prizes.vote.ballot_paper import Paper
from prizes.vote.forms import StartForm, chosen_code
from registration.people.accounts.adapter import client_ip

# What the site answers to a choice that it refuses; 409 where a code is not named.
STATUS = {"too-many": 429, "not-confirmed": 403, "no-choice": 422}
SHUT = {"polls-closed", "polls-not-open"}
# Around a title among other words, which may run the other way (Unicode: first strong isolate, pop directional isolate).
FIRST_STRONG, END = "\u2068", "\u2069"


class SeeOther(HttpResponseRedirect):
    """After a form: go on with a GET."""

    status_code = 303


def _address(slug: str, number: int | None) -> str:
    """The page of a category; the ballot's own where none is given."""
    return ballot_paper.address(slug, number=number) if number else reverse("prizes:ballot", args=[slug])


def _with_nominee(address: str, code: str) -> str:
    """An address that brings along the nominee whom somebody came for."""
    return f"{address}?{urlencode({'nominee': code})}" if code else address


def _start_address(slug: str, number: int, *, code: str = "") -> str:
    return f"{reverse('prizes:ballot-start', args=[slug])}?{urlencode({'category': number} | ({'nominee': code} if code else {}))}"


def _render(request: HttpRequest, paper: Paper, page: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page of the ballot, with what each of them says: the edition, and until when."""
    edition = paper.edition
    frame = {
        "forum": edition.forum,
        "edition": edition,
        "timeline": public_edition.Timeline(edition, arrival(request)),
        "restorations": paper.restorations,
        "moved_end": paper.moved_end,
        "is_open": edition.is_in(Phase.Kind.VOTING, now=arrival(request)),
    }
    return render(request, f"prizes/vote/{page}.html", frame | context, status=status)


def _gate(
    request: HttpRequest, paper: Paper, *, sheet: ballot_page.BallotSheet, status: int = 200
) -> HttpResponse | None:
    """The page that says why a person cannot vote now; None for those who can."""
    edition = paper.edition
    try:
        cast_vote.check_open(edition, phase=edition.phase(Phase.Kind.VOTING), arrived=arrival(request))
    except ValidationError as refusal:
        return _shut(request, paper, sheet=sheet, code=refusal.code or "", status=status)
    return None if sheet.is_confirmed else _render(request, paper, "unconfirmed", status=status)


def _shut(
    request: HttpRequest, paper: Paper, *, sheet: ballot_page.BallotSheet, code: str, status: int = 200
) -> HttpResponse:
    """The vote is over, or has not begun: when, and what became of one's own ballot."""
    return _render(
        request,
        paper,
        "shut",
        status=status,
        is_over=code == "polls-closed",
        phase=paper.edition.phase(Phase.Kind.VOTING),
        is_refused=request.method == "POST",
        sheet=sheet,
    )


def _must_start(edition: Edition, *, sheet: ballot_page.BallotSheet, user: User) -> bool:
    """Whether country and stakeholder type are still to be asked: no ballot, and no registration to take them from."""
    return sheet.ballot is None and cast_vote.profile(edition, user=user) is None


@personal
def ballot(request: HttpRequest, forum: str) -> HttpResponse:
    """Go on where one left: the first open category; the whole ballot when nothing is open."""
    paper, user = ballot_paper.of(forum), person(request)
    sheet = ballot_page.sheet(paper, user=user)
    if page := _gate(request, paper, sheet=sheet):
        return page
    if _must_start(paper.edition, sheet=sheet, user=user):
        return HttpResponseRedirect(reverse("prizes:ballot-start", args=[forum]))
    if sheet.missing:
        return HttpResponseRedirect(_address(forum, sheet.missing[0]))
    progress, squares = ballot_page.progress(chosen=sheet.chosen, missing=0), ballot_page.squares(paper, sheet=sheet)
    return _render(request, paper, "overview", sheet=sheet, squares=squares, progress=progress)


@sensitive_post_parameters("country", "stakeholder_type")
@personal
def start(request: HttpRequest, forum: str) -> HttpResponse:
    """Ask, once, for the country and stakeholder type of a voter who is not registered; then begin the ballot.

    The query says where one came from: `category`, its number, and `nominee`, a code.
    """
    paper, user = ballot_paper.of(forum), person(request)
    edition, sheet = paper.edition, ballot_page.sheet(paper, user=user)
    if page := _gate(request, paper, sheet=sheet, status=409 if request.method == "POST" else 200):
        return page
    number = whole_number(request.GET.get("category", ""), most=999)
    way_on = _address(forum, number)
    if number and (code := request.GET.get("nominee", "")):
        way_on = _with_nominee(reverse("prizes:ballot-category", args=[forum, number]), code)
    if not _must_start(edition, sheet=sheet, user=user):
        return SeeOther(way_on)
    form = StartForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            rate_limits.check_ballot(edition, ip=client_ip(request), now=timezone.now())
            cast_vote.begin(edition=edition, user=user, now=arrival(request), **form.cleaned_data)
            return SeeOther(way_on)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            status = STATUS.get(refusal.code or "", 409)
    return _render(request, paper, "start", status=status, form=form, sheet=sheet)


def _keeps_the_choice(view: View) -> View:
    """Whoever was logged out before that logs in and comes back to the category, with the choice still marked."""

    @wraps(view)
    def guarded(request: HttpRequest, **parts: Any) -> HttpResponse:
        if request.method == "POST" and not request.user.is_authenticated:
            return redirect_to_login(_with_nominee(request.path, request.POST.get("nominee", "")))
        return view(request, **parts)

    return guarded


@sensitive_post_parameters("nominee")
@private
@_keeps_the_choice
@personal
def category(request: HttpRequest, forum: str, number: int) -> HttpResponse:
    """The nominees of one category, to choose one; POST saves the choice and goes on to the next open category.

    `nominee` in the query is the code of the nominee whom one came for: marked, and saved only when the button is pressed.
    The page's script posts to the same address and reads JSON: `words`, `progress`, `next`, `button`.
    """
    if request.method == "POST":
        return _choose(request, slug=forum, number=number)
    paper, user = ballot_paper.of(forum), person(request)
    sheet, asked = ballot_page.sheet(paper, user=user), request.GET.get("nominee", "")
    if page := _gate(request, paper, sheet=sheet):
        return page
    if sheet.cell(number) is None:
        raise Http404
    if _must_start(paper.edition, sheet=sheet, user=user):
        return HttpResponseRedirect(_start_address(forum, number, code=asked))
    return _page(request, paper, sheet=sheet, number=number, asked=asked)


def _page(
    request: HttpRequest,
    paper: Paper,
    *,
    sheet: ballot_page.BallotSheet,
    number: int,
    asked: str,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """One category, with the nominee marked whom one came for; `refusal`: why that one is not saved."""
    cell = sheet.cell(number)
    if cell is None:
        raise Http404
    is_complete = not sheet.missing and sheet.is_complete
    address, words = _way_on(paper.edition, number=sheet.next(after=number), is_complete=is_complete)
    shown = ballot_page.opened(paper, cell=cell, user=person(request), asked=asked, is_refused=bool(refusal))
    return _render(
        request,
        paper,
        "category",
        status=status,
        sheet=sheet,
        squares=ballot_page.squares(paper, sheet=sheet, current=number),
        shown=shown,
        cell=cell,
        category=cell.category,
        chosen=cell.chosen,
        is_withdrawn=cell.state == ballot_page.AGAIN,
        refusal=refusal,
        progress=ballot_page.progress(chosen=sheet.chosen, missing=len(sheet.missing)),
        next_address=address,
        next_words=words,
        has_sample=any(nominee.is_sample for nominee in shown.nominees),
    )


def _way_on(edition: Edition, *, number: int | None, is_complete: bool) -> tuple[str, str]:
    """Where one goes on, and the button's words: the next open category, the receipt when nothing is open, else the ballot."""
    slug = edition.forum.slug
    if number is not None:
        return _address(slug, number), _("Go to the next")
    if is_complete:
        return reverse("prizes:receipt", args=[slug]), _("See your receipt")
    return _address(slug, None), _("See your ballot")


def _choose(request: HttpRequest, *, slug: str, number: int) -> HttpResponse:
    edition = cast_vote.find_edition(slug)
    is_script = request.headers.get("X-Requested-With") == "fetch"
    try:
        cast = cast_vote.cast(
            edition=edition,
            user=person(request),
            number=number,
            code=chosen_code(request.POST),
            arrived=arrival(request),
            now=timezone.now(),
            ip=client_ip(request),
        )
    except ValidationError as refusal:
        return _refused(request, edition, number=number, refusal=refusal, is_script=is_script)
    address, button = _way_on(edition, number=cast.next, is_complete=cast.is_complete)
    if is_script:
        told = {
            "words": _("Saved: %(title)s") % {"title": f"{FIRST_STRONG}{cast.nominee.title}{END}"},
            "progress": ballot_page.progress(chosen=cast.chosen, missing=len(cast.missing)),
            "chosen": cast.chosen,
            "next": address,
            "button": button,
        }
        return JsonResponse(told)
    title = format_html("<bdi>{}</bdi>", cast.nominee.title)
    messages.success(request, format_html(_("Saved: {title}"), title=title))
    return SeeOther(address)


def _refused(
    request: HttpRequest, edition: Edition, *, number: int, refusal: ValidationError, is_script: bool
) -> HttpResponse:
    """Say why a choice was not saved; what was picked stays picked."""
    code, words = refusal.code or "", " ".join(refusal.messages)
    status = STATUS.get(code, 409)
    if is_script:
        return _told_again(words) if code == "too-many" else JsonResponse({"words": words}, status=status)
    if code == "no-ballot":
        return SeeOther(_start_address(edition.forum.slug, number, code=request.POST.get("nominee", "")))
    paper = ballot_paper.of(edition.forum.slug)
    sheet = ballot_page.sheet(paper, user=person(request))
    if code in SHUT:
        return _shut(request, paper, sheet=sheet, code=code, status=status)
    if code == "not-confirmed":
        return _render(request, paper, "unconfirmed", status=status)
    asked = request.POST.get("nominee", "")
    return _page(request, paper, sheet=sheet, number=number, asked=asked, refusal=words, status=status)


def _told_again(words: str) -> JsonResponse:
    """Too many in this minute of the clock: the page's script sends the choice again in the next one."""
    told = _("%(reason)s. This choice is not saved yet and is sent again by itself.") % {"reason": words}
    return JsonResponse({"words": told}, status=429, headers={"Retry-After": 60 - timezone.now().second})


@personal
def receipt(request: HttpRequest, forum: str) -> HttpResponse:
    """The receipt of a ballot that counts: its secret, how to check it later, the trackers, the head of the chain."""
    paper = ballot_paper.of(forum)
    sheet = ballot_page.sheet(paper, user=person(request))
    if sheet.ballot is None or not sheet.ballot.has_receipt:
        return HttpResponseRedirect(reverse("prizes:ballot", args=[forum]))
    own = receipts.receipt(sheet.ballot)
    return _render(request, paper, "receipt", sheet=sheet, receipt=own, printed=arrival(request))
