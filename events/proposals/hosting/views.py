"""The page on which the hosts of a session edit it, and the page on which a speaker answers an invitation."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.drafts.fields import box, choice, line
from events.models import Appearance, HostedSession, Invitation, Outcome, Session
from events.pages.find_forum import find_forum
from events.pages.personal import Button, arrival, person, personal, press, private
from events.pages.refusals import show_refusal
from events.proposals import states
from events.proposals.hosting import panellists, session_editing
from events.proposals.speakers import speaker_invitations, speaker_mails


class TextForm(forms.Form):
    use_required_attribute = False
    title = line(label=gettext_lazy("Title"), length=250, is_needed=True)
    description = box(
        label=gettext_lazy("Description"), length=10_000, rows=12, hint=gettext_lazy("You may use Markdown")
    )


class PanellistForm(forms.Form):
    use_required_attribute = False
    name = line(label=gettext_lazy("Name"), length=150, is_needed=True)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        help_text=gettext_lazy("We ask them by mail; they say yes or no, and write about themselves"),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "dir": "ltr"}),
        error_messages={
            "required": gettext_lazy("Enter the e-mail address"),
            "invalid": gettext_lazy("Enter an address such as name@example.org"),
        },
    )
    role = choice(label=gettext_lazy("Role"), choices=Appearance.Role.choices, is_list=True, is_needed=True)
    position = line(label=gettext_lazy("Position"), length=200)
    organisation_name = line(label=gettext_lazy("Organisation"), length=200)


class DocumentForm(forms.Form):
    use_required_attribute = False
    title = line(label=gettext_lazy("Title"), length=150, is_needed=True)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("PDF, PNG or JPEG, 10 MB at most"),
        error_messages={"required": gettext_lazy("Choose a file"), "empty": gettext_lazy("The file is empty")},
    )


class OutcomeForm(forms.Form):
    use_required_attribute = False
    kind = choice(label=gettext_lazy("Kind"), choices=Outcome.Kind.choices, is_list=True, is_needed=True)
    title = line(label=gettext_lazy("Title"), length=250, is_needed=True)
    text = box(
        label=gettext_lazy("What came out of it"), length=10_000, rows=8, hint=gettext_lazy("You may use Markdown")
    )


FORMS = {"text": TextForm, "panellist": PanellistForm, "document": DocumentForm, "outcome": OutcomeForm}
DONE = {
    "text": gettext_lazy("The text is saved."),
    "panellist": gettext_lazy("The person is asked by mail."),
    "document": gettext_lazy("The document is added."),
    "outcome": gettext_lazy("Thank you. The organisers read it and publish it."),
}
# What a button beside a row does.
ROW_VERBS: dict[str, Button] = {
    "remove-panellist": (panellists.remove, "appearance", gettext_lazy("Removed.")),
    "keep-panellist": (panellists.keep, "appearance", gettext_lazy("The person stays.")),
    "take-back": (panellists.take_back, "invitation", gettext_lazy("The invitation is taken back.")),
    "remove-document": (session_editing.remove_document, "document", gettext_lazy("Removed.")),
}


def _find(request: HttpRequest, *, forum: str, code: str) -> Session:
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
    """A session as its hosts see it; POST `part` (text, panellist, outcome, or one of ROW_VERBS with `row`)."""
    session = _find(request, forum=forum, code=code)
    return (
        _work(request, session, part=request.POST.get("part", ""))
        if request.method == "POST"
        else _page(request, session)
    )


@personal
def documents(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """POST adds a document: an address of its own, because its body may be large (config.middleware)."""
    session = _find(request, forum=forum, code=code)
    return _work(request, session, part="document") if request.method == "POST" else _back(session)


def _back(session: Session) -> HttpResponse:
    return HttpResponseRedirect(reverse("events:hosted", args=[session.forum.slug, session.code]))


def _work(request: HttpRequest, session: Session, *, part: str) -> HttpResponse:
    by, now = person(request), arrival(request)
    if part in ROW_VERBS:
        press(request, session, button=ROW_VERBS[part])
        return _back(session)
    if part not in FORMS:
        raise Http404
    form = FORMS[part](request.POST, request.FILES if part == "document" else None, auto_id=f"id_{part}_%s")
    if form.is_valid():
        try:
            _act(part, session=session, by=by, data=form.cleaned_data, seen=request.POST.get("seen", ""), now=now)
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, str(DONE[part]))
            return _back(session)
    return _page(request, Session.objects.select_related("room", "type", "forum").get(pk=session.pk), **{part: form})


def _act(part: str, *, session: Session, by: Any, data: dict[str, Any], seen: str, now: Any) -> None:
    if part == "text":
        session_editing.edit(session, by=by, **data, seen=seen, now=now)
    elif part == "panellist":
        panellists.ask(session, by=by, **data, now=now)
    elif part == "document":
        session_editing.add_document(session, by=by, **data, now=now)
    else:
        session_editing.report_outcome(session, by=by, **data, now=now)


def _page(request: HttpRequest, session: Session, **bound: forms.Form) -> HttpResponse:
    forum, now = find_forum(session.forum.slug), arrival(request)
    session.forum = forum
    call = states.call_of(forum)
    text = {"title": session.title, "description": session.description}
    made = {
        "text": TextForm(initial=text, auto_id="id_text_%s"),
        "panellist": PanellistForm(initial={"role": "panellist"}, auto_id="id_panellist_%s"),
        "document": DocumentForm(auto_id="id_document_%s"),
        "outcome": OutcomeForm(auto_id="id_outcome_%s"),
    }
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
        "invitations": panellists.invitations(session).exclude(state__in=["accepted", "taken_back"]),
        "seen": session_editing.digest(session),
        "forms": {**made, **bound},
        "form": wrong,
    }
    return render(request, "events/proposals/hosted.html", context)


# --- a speaker's answer -------------------------------------------------------------------------------
class AnswerForm(forms.Form):
    use_required_attribute = False
    name = line(label=gettext_lazy("Name"), length=150, is_needed=True, autocomplete="name")
    position = line(label=gettext_lazy("Position"), length=200, autocomplete="organization-title")
    organisation_name = line(label=gettext_lazy("Organisation"), length=200, autocomplete="organization")
    biography = box(
        label=gettext_lazy("Biography"), length=3000, rows=6, hint=gettext_lazy("A few sentences for the programme")
    )


@private
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the token reads what they are asked, and answers by POST (`answer`: yes or no). A GET changes nothing."""
    found = (
        Invitation.objects.filter(token=token, invited__isnull=False)
        .select_related("proposal__forum", "proposal__session", "session__forum")
        .first()
    )
    if found is None:
        raise Http404
    now, given = arrival(request), request.POST.get("answer", "")
    forum = find_forum(found.forum.slug)
    initial = {name: getattr(found, name) for name in speaker_invitations.OWN_WORDS}
    form = AnswerForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound:
        if given not in {"yes", "no"}:
            form.add_error(None, _("Say yes or no"))
        if form.is_valid():
            try:
                speaker_invitations.answer(found, is_accepted=given == "yes", words=form.cleaned_data, now=now)
            except ValidationError as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, _("Thank you. Your answer is saved."))
                return HttpResponseRedirect(request.path)
    context = {
        "forum": forum,
        "invitation": found,
        "asked_for": found.parent,
        "asked_by": speaker_mails.asked_by(found),
        "is_answerable": speaker_invitations.is_answerable(found, now=now),
        "has_said_yes": found.state == Invitation.State.ACCEPTED,
        "public": Session.objects.public(now)
        .filter(pk=found.stage.pk if found.stage else 0)
        .select_related("room")
        .first(),
        "form": form,
    }
    return render(request, "events/proposals/invitation.html", context)
