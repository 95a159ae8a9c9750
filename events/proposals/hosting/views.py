"""The page on which the hosts of a session edit it, and the page on which a speaker answers an invitation."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Appearance, HostedSession, Invitation, Session, SessionReport
from events.proposals import states
from events.proposals.hosting import panellists, session_editing
from events.proposals.speakers import speaker_invitations, speaker_mails, speaker_pages
from events.shared.drafts.fields import box, choice, email, line
from events.shared.pages.find_forum import find_forum
from events.shared.pages.personal import Button, arrival, person, personal, press, private, takes_files
from events.shared.pages.refusals import is_taken
from events.shared.secret_links import opened_by


class PageForm(forms.Form):
    """The server says what is wrong, in our words."""

    use_required_attribute = False


class SessionTextForm(PageForm):
    title = line(label=gettext_lazy("Title"), length=250, is_needed=True)
    description = box(
        label=gettext_lazy("Description"), length=10_000, rows=12, hint=gettext_lazy("You may use Markdown")
    )
    # The digest of the text as the page showed it. Nobody sees the field: anything may be sent, and the rule says what is
    # wrong with it.
    seen = forms.Field(required=False, widget=forms.HiddenInput)

    def clean_seen(self) -> str:
        return self.cleaned_data["seen"] or ""


class PanellistForm(PageForm):
    name = line(label=gettext_lazy("Name"), length=150, is_needed=True)
    email = email(
        label=gettext_lazy("E-mail"),
        hint=gettext_lazy("We ask them by mail; they say yes or no, and write about themselves"),
        is_needed=True,
    )
    role = choice(label=gettext_lazy("Role"), choices=Appearance.Role.choices, is_list=True, is_needed=True)
    position = line(label=gettext_lazy("Position"), length=200)
    organisation_name = line(label=gettext_lazy("Organisation"), length=200)


class DocumentForm(PageForm):
    title = line(label=gettext_lazy("Title"), length=150, is_needed=True)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("PDF, PNG or JPEG, 10 MB at most"),
        error_messages={"required": gettext_lazy("Choose a file"), "empty": gettext_lazy("The file is empty")},
    )


class HostPageForm(NamedTuple):
    """A form of the page, the rule that takes it, and what is said afterwards."""

    form: type[PageForm]
    rule: Callable[..., object]
    done: Any


PARTS = {
    "text": HostPageForm(SessionTextForm, session_editing.edit, gettext_lazy("The text is saved.")),
    "panellist": HostPageForm(PanellistForm, panellists.ask, gettext_lazy("The person is asked by mail.")),
    "document": HostPageForm(DocumentForm, session_editing.add_document, gettext_lazy("The document is added.")),
}
# What a button beside a row does.
ROW_VERBS: dict[str, Button] = {
    "remove-panellist": (panellists.remove, "appearance", gettext_lazy("Removed.")),
    "keep-panellist": (panellists.keep, "appearance", gettext_lazy("The person stays.")),
    "take-back": (panellists.take_back, "invitation", gettext_lazy("The invitation is taken back.")),
    "remove-document": (session_editing.remove_document, "document", gettext_lazy("Removed.")),
}


def find_hosted(request: HttpRequest, *, forum: str, code: str) -> Session:
    """The session of this code that the person hosts and knows of; others look as if there was none (404)."""
    found = find_forum(forum)
    host = (
        HostedSession.objects.filter(user=person(request), session__forum=found, session__code=code)
        .select_related("session__room", "session__type")
        .first()
    )
    if host is None:
        raise Http404
    host.session.forum = found
    return host.session


@personal
def hosted(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """A session as its hosts see it; POST `part` (text, panellist, or one of ROW_VERBS with `row`)."""
    session = find_hosted(request, forum=forum, code=code)
    if request.method != "POST":
        return _page(request, session)
    return _work(request, session, part=request.POST.get("part", ""))


@takes_files(1)
@personal
def documents(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """POST adds a document: an address of its own, because its body may be large (config.middleware)."""
    session = find_hosted(request, forum=forum, code=code)
    return _work(request, session, part="document") if request.method == "POST" else _back(session)


def _back(session: Session) -> HttpResponse:
    return HttpResponseRedirect(reverse("events:hosted", args=[session.forum.slug, session.code]))


def _work(request: HttpRequest, session: Session, *, part: str) -> HttpResponse:
    if part in ROW_VERBS:
        press(request, session, button=ROW_VERBS[part])
        return _back(session)
    if part not in PARTS:
        raise Http404
    kind, rule, done = PARTS[part]
    form = kind(request.POST, request.FILES if part == "document" else None, auto_id=f"id_{part}_%s")
    if is_taken(form, rule, session, by=person(request), now=arrival(request)):
        messages.success(request, str(done))
        return _back(session)
    return _page(request, Session.objects.select_related("room", "type", "forum").get(pk=session.pk), **{part: form})


def _page(request: HttpRequest, session: Session, **bound: forms.Form) -> HttpResponse:
    forum, now = find_forum(session.forum.slug), arrival(request)
    session.forum = forum
    call = states.call_of(forum)
    initial = {"title": session.title, "description": session.description}
    known = {"text": initial, "panellist": {"role": "panellist"}}
    made = {name: part.form(initial=known.get(name), auto_id=f"id_{name}_%s") for name, part in PARTS.items()}
    wrong, is_withdrawn = next(iter(bound.values()), None), session_editing.is_withdrawn(session)
    context = {
        "forum": forum,
        "session": session,
        "call": call,
        "until": session_editing.editable_until(session, call=call),
        "is_editable": not is_withdrawn and session_editing.is_editable(session, call=call, now=now),
        "is_withdrawn": is_withdrawn,
        "is_public": Session.objects.public().filter(pk=session.pk).exists(),
        "is_over": session.is_over(now) and session.state == Session.State.SCHEDULED,
        "panel": session.appearances.select_related("speaker__organisation"),
        "files": session.documents.all(),
        "outcomes": session.outcomes.all(),
        "report": SessionReport.objects.filter(session=session).first(),
        "invitations": panellists.invitations(session).exclude(state__in=["accepted", "taken_back"]),
        "seen": session_editing.digest(session),
        "forms": {**made, **bound},
        "form": wrong,
    }
    return render(request, "events/proposals/hosted.html", context)


# --- a speaker's answer -------------------------------------------------------------------------------
class AnswerForm(PageForm):
    name = line(label=gettext_lazy("Name"), length=150, is_needed=True, autocomplete="name")
    position = line(label=gettext_lazy("Position"), length=200, autocomplete="organization-title")
    organisation_name = line(label=gettext_lazy("Organisation"), length=200, autocomplete="organization")
    biography = box(
        label=gettext_lazy("Biography"), length=3000, rows=6, hint=gettext_lazy("A few sentences for the programme")
    )


@private
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the link reads what they are asked, and answers by POST (`answer`: yes or no). A GET changes nothing."""
    rows = Invitation.objects.filter(invited__isnull=False).select_related(
        "proposal__forum", "proposal__session", "session__forum", "speaker__account", "account"
    )
    if (found := opened_by(token, rows)) is None:
        raise Http404
    now, given = arrival(request), request.POST.get("answer", "")
    if given in speaker_pages.BUTTONS:
        return speaker_pages.press(request, found, button=given)
    forum = find_forum(found.forum.slug)
    initial = {name: getattr(found, name) for name in speaker_invitations.OWN_WORDS}
    form = AnswerForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and given not in {"yes", "no"}:
        form.add_error(None, _("Say yes or no"))
    by, account = person(request) if request.user.is_authenticated else None, speaker_invitations.account_of(found)
    if form.is_bound and is_taken(form, speaker_invitations.answer, found, is_accepted=given == "yes", by=by, now=now):
        messages.success(request, _("Thank you. Your answer is saved."))
        return HttpResponseRedirect(request.path)
    context = {
        "forum": forum,
        "invitation": found,
        "asked_for": found.parent,
        "asked_by": speaker_mails.asked_by(found),
        "is_answerable": speaker_invitations.is_answerable(found, now=now),
        "is_answered_here": account in {None, by},
        "has_said_yes": found.state == Invitation.State.ACCEPTED,
        "public": Session.objects.public(now)
        .filter(pk=found.stage.pk if found.stage else 0)
        .select_related("room")
        .first(),
        "form": form,
        **speaker_pages.connection(request, account),
    }
    return render(request, "events/proposals/invitation.html", context)
