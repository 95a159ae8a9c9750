"""Registering step by step, changing answers, and leaving the forum again."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial, wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from events.models import Forum
from events.models.columns import one_line
from events.models.time_zones import zone_names
from events.shared.drafts.drafts import CHECK, StepForm
from events.shared.drafts.views import Box, DraftPages
from events.shared.pages.find_forum import bare_forum
from events.shared.pages.personal import View, arrival, asked_page, person, personal, private, takes_files
from events.shared.pages.public import public_page
from registration.accreditation import invitations, place_links, states
from registration.accreditation.documents import documents, letters
from registration.models import Registration, RegistrationDraft
from registration.people.accounts.access import has_asked, way_back
from registration.registering import given_files, invited, kinds, registrations
from registration.registering.own_questions import questions as own_questions
from registration.registering.participants import listing
from registration.registering.questions import ORGANISATION_LENGTH, YOU
from registration.registering.registrations import Registering

WANTED_PAGE = "after_registration"
LISTED = "listed"
FRESH = 60  # seconds that the home page's places left are kept


@cache
def _zones() -> SafeString:
    """The zones to choose from, for the browser's list of suggestions."""
    return format_html_join("", '<option value="{}"></option>', ((name,) for name in zone_names()))


class RegistrationPages(DraftPages[Registering]):
    step_template = "registration/registering/step.html"
    check_template = "registration/registering/check.html"

    def find(self, request: HttpRequest, **where: str) -> Registering:
        return Registering(bare_forum(where["forum"]), user=person(request), now=arrival(request))

    def is_editable(self, draft: Registering, *, at: datetime) -> bool:
        return True

    def form(self, draft: Registering, *, step: str, data: Any = None) -> StepForm | None:
        """The step of the person asks as well which organisation a name means, that of the draft or the one just typed. A photograph
        counts for its account."""
        if step == YOU.key:
            said = {**draft.suggested(), **draft.answers} if data is None else data
            text = one_line(said.get("organisation") or "")[:ORGANISATION_LENGTH]
            draft.offer("" if "\0" in text else text, country=said.get("country") or "", name=said.get("name") or "")
        form = super().form(draft, step=step, data=data)
        if form and isinstance(photograph := form.fields.get(documents.PHOTOGRAPH), documents.PhotographField):
            photograph.given_by = (draft.user.pk, draft.now)
        return form

    def keep(
        self, request: HttpRequest, draft: Registering, *, step: str, kept: Mapping[str, Any], seen: str
    ) -> Registering:
        return registrations.save_read(draft, step=step, data=kept, seen=seen, now=arrival(request))

    def submit(self, request: HttpRequest, draft: Registering) -> HttpResponse:
        told = {"has_consented": "consent" in request.POST, "is_listed": LISTED in request.POST}
        try:
            made = registrations.submit(draft.forum, user=draft.user, **told, now=timezone.now())
        except ValidationError as refusal:
            raise (
                ValidationError({"consent": refusal}) if getattr(refusal, "code", "") == "no-consent" else refusal
            ) from None
        if made.state != made.State.APPROVED:
            messages.success(
                request, _("We have your registration. %(what_next)s") % {"what_next": states.sentence(made)}
            )
            return HttpResponseRedirect(self.url(draft))
        messages.success(request, _("You are registered. Add sessions to your agenda from the programme."))
        return HttpResponseRedirect(
            request.session.pop(WANTED_PAGE, reverse("registration:agenda", args=[draft.forum.slug]))
        )

    def url(self, draft: Registering, step: str = "") -> str:
        return reverse("registration:register", args=[draft.forum.slug, *([step] if step else [])])

    def save_url(self, draft: Registering) -> str:
        return reverse("registration:register-save", args=[draft.forum.slug])

    def context(self, draft: Registering) -> dict[str, Any]:
        return {
            "forum": draft.forum,
            "kind_name": _("Register for the Forum") if draft.saves_unfinished else _("Your registration"),
            "saved": draft.row.updated if isinstance(draft.row, RegistrationDraft) else None,
            "zones": _zones(),
        }

    def step_context(self, draft: Registering, form: StepForm) -> dict[str, Any]:
        """The files that are stored for this step, each with whether it may be taken back."""
        names = draft.file_names.intersection(form.step.names)
        own = documents.shown(draft.forum, people=[draft.user.pk], names=names) if names else {}
        return {"files": [(one, given_files.may_remove(draft, one.name)) for one in own.get(draft.user.pk, ())]}

    def check_context(self, request: HttpRequest, draft: Registering, refused: Mapping[str, Any]) -> dict[str, Any]:
        sentence = _("Agree to the privacy notice to register") if "consent" in refused else ""
        boxes = [Box("consent", _("I have read the privacy notice and agree to it"), sentence=sentence)]
        if listing.is_asked(draft.forum):
            words = _(
                "Put me on the public list of participants: everybody can then read my form of address, name, organisation "
                "and country. I can take my name off at any time."
            )
            boxes.append(Box(LISTED, words, is_ticked=LISTED in request.POST))
        return {
            "boxes": boxes,
            "not_submitted": _("You are not registered yet"),
            "submit_label": _("Register"),
        }

    def after_keeping(self, request: HttpRequest, draft: Registering, form: StepForm) -> HttpResponse | None:
        """The answers of a registered person count at once."""
        if draft.saves_unfinished or not form.is_valid():
            return None
        messages.success(request, _("Your answers are saved."))
        return HttpResponseRedirect(self.url(draft))


pages = RegistrationPages()


@public_page(seconds=FRESH)
def offered_kinds(request: HttpRequest, forum: str) -> HttpResponse:
    """As what people take part, what is left and until when, as a fragment of the home page."""
    edition, now = bare_forum(forum), timezone.now()
    known = kinds.of(edition.pk)
    offers = kinds.offers(known, now=now) if edition.is_registration_open(now) else []
    others = kinds.others(known, now=now)
    context = {"forum": edition, "offers": offers, "others": others}
    return render(request, "registration/registering/kinds.html", context)


def _newcomers_sign_up(view: View) -> View:
    """Whoever begins to register without being signed in makes an account first: most have none, and that page leads to the
    log-in as well."""

    @wraps(view)
    def guarded(request: HttpRequest, forum: str, step: str = "") -> HttpResponse:
        if step or request.user.is_authenticated:
            return view(request, forum=forum, step=step)
        return redirect_to_login(request.get_full_path(), reverse("account_signup"))

    return guarded


@takes_files(2)
@private
@_newcomers_sign_up
@personal
def register(request: HttpRequest, forum: str, step: str = "") -> HttpResponse:
    """A step of registering; for those who are registered, their answers and how to change them."""
    draft = pages.find(request, forum=forum)
    if draft.former and not draft.saves_unfinished and step in {"", CHECK}:
        own = documents.shown(draft.forum, people=[draft.user.pk], names=draft.files) if draft.files else {}
        context = {
            "forum": draft.forum,
            "parts": pages.parts(draft),
            "files": own.get(draft.user.pk, []),
            "lacks_documents": bool(set(documents.asked(draft.former.kind)) - draft.files.keys()),
            **_state_of(draft.former),
        }
        return render(request, "registration/registering/registered.html", context)
    try:
        if draft.saves_unfinished:
            registrations.check_window(draft.forum, now=timezone.now())
    except ValidationError as refusal:
        return render(request, "registration/registering/closed.html", {"forum": draft.forum, "code": refusal.code})
    if "next" in request.GET:
        request.session[WANTED_PAGE] = way_back(request, draft.forum)
    if not step:
        missing = next(map(draft.step_of, draft.problems()), CHECK)
        return HttpResponseRedirect(pages.url(draft, missing))
    if request.method == "POST" and (words := own_questions.gone(request.POST, step=draft.step(step))):
        messages.info(request, words)
    return pages.open_step(request, draft, step=step, where={"forum": forum})


@private
def invitation(request: HttpRequest, forum: str, secret: str) -> HttpResponse:
    """Where somebody begins to register with an invitation, or says no."""
    edition, now = bare_forum(forum), arrival(request)
    template, row = "registration/registering/invitation.html", invitations.find(secret, forum=edition)
    if row is None:
        return render(request, template, {"forum": edition}, status=404)
    context = {
        "forum": edition,
        "invitation": row,
        "facts": invited.facts_of(row),
        "is_open": row.is_open(now),
        "is_full": row.kind is not None and kinds.places_left(row.kind) == 0,
        "lost": invitations.lost(row),
        "is_own": request.user.is_authenticated and invitations.is_for(row, person(request)),
    }
    to = reverse("registration:register", args=[edition.slug])
    yes, no = partial(invited.accept, row), partial(invitations.decline, row)
    return asked_page(request, template, context, yes=yes, no=no, to=to)


@takes_files(2)
@personal
def remove_file(request: HttpRequest, forum: str, name: str) -> HttpResponse:
    """Take back a file that was given; what was typed beside it is saved."""
    where = {"forum": forum}
    draft = pages.find(request, **where)
    there = HttpResponseRedirect(pages.url(draft, draft.step_of(name)))
    if request.method != "POST":
        return there
    form = pages.form(draft, step=draft.step_of(name), data=request.POST)
    if form and draft.saves_unfinished:
        draft, page = pages.saved_step(request, draft, form=form, where=where)
        if page and form.unkept:
            return page
    try:
        given_files.remove(draft.forum, user=draft.user, name=name, now=arrival(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return there


def _state_of(registration: Registration) -> dict[str, Any]:
    """What is decided on a registration, each step of that, and where its person stands on the waiting list."""
    return {
        "registration": registration,
        "waiting": registration.waitings.filter(session=None).first(),
        "place_token": place_links.token(registration, place_links.KIND),
        "sentence": states.sentence(registration),
        "is_asked": listing.is_asked(registration.forum),
        "has_letter": letters.is_offered(registration),
        "steps": registration.steps.all() if registration.kind_id or registration.state != "approved" else [],
    }


def not_registered(request: HttpRequest, forum: Forum) -> HttpResponse:
    """For whoever does not take part: how to register; for those on whom nobody has decided, or who are refused, how it stands."""
    if has_asked(request.user, forum):
        return HttpResponseRedirect(reverse("registration:register", args=[forum.slug]))
    return render(request, "registration/registering/not_registered.html", {"forum": forum})


@personal
def withdraw(request: HttpRequest, forum: str) -> HttpResponse:
    """GET asks, POST withdraws, whatever was decided. Whoever is not registered reads so, and how to register again."""
    edition = bare_forum(forum)
    registration = Registration.objects.of(request.user).standing().filter(forum=edition).first()
    if request.method == "POST":
        if registration is not None:
            registrations.withdraw(registration, now=timezone.now())
            messages.success(request, _("You are not registered any more. Your bookings are gone."))
        return HttpResponseRedirect(request.path)
    if registration is None:
        return not_registered(request, edition)
    return render(request, "registration/registering/withdraw.html", {"forum": edition, "registration": registration})
