"""Groups of people of the programme to whom organisers write: speakers, organisers of sessions, proposers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.mailings import hooks
from events.mailings.hooks import MailGroup, mail_receivers
from events.mailings.options import ChosenSessionForm, GroupForm, in_sessions
from events.models import Appearance, Forum, HostedSession, Proposal, Session, Speaker
from events.models.outcome import has_reported

type Options = Mapping[str, Any]
State = Proposal.State
# What was never submitted is for its people alone.
STATES = [(state.value, state.label) for state in State if state != State.DRAFT]


class ProposersForm(GroupForm):
    state = forms.MultipleChoiceField(
        label=_("State"), choices=STATES, required=False, widget=forms.CheckboxSelectMultiple
    )


def _speakers(forum: Forum, options: Options, _now: datetime) -> QuerySet[Any, Any]:
    rows = Speaker.objects.filter(forum=forum)
    if options["session"] or options["day"]:
        seats = Appearance.objects.drafted().filter(in_sessions(options, forum=forum), speaker=OuterRef("pk"))
        rows = rows.filter(Exists(seats))
    return mail_receivers(rows, user="account", name="name", email="email")


def _hosts(forum: Forum, options: Options, _now: datetime) -> QuerySet[Any, Any]:
    rows = HostedSession.objects.filter(in_sessions(options, forum=forum))
    return mail_receivers(rows, user="user", name="user__name", title="session__title")


def _hosts_without_report(forum: Forum, options: Options, now: datetime) -> QuerySet[Any, Any]:
    """Of sessions that took place and are over."""
    over = HostedSession.objects.filter(
        in_sessions(options, forum=forum), session__state=Session.State.SCHEDULED, session__ends__lte=now
    )
    return mail_receivers(over.exclude(has_reported("session")), user="user", name="user__name", title="session__title")


def _proposers(forum: Forum, options: Options, _now: datetime) -> QuerySet[Any, Any]:
    """By the state that they know: what was decided and not told yet, a mail must not tell."""
    rows = Proposal.objects.filter(forum=forum).exclude(submitted=None)
    if states := options["state"]:
        rows = rows.filter(state__in=states)
    return mail_receivers(rows, user="proposer", name="proposer__name", title="title")


def _programme(forum: Forum) -> str:
    return reverse("events:programme", args=[forum.slug])


def _account(_forum: Forum) -> str:
    return reverse("registration:account")


def _own_proposals(forum: Forum) -> str:
    return reverse("events:proposals-mine", args=[forum.slug])


@hooks.mail_groups("events")
def groups() -> list[MailGroup]:
    """The groups of this app."""
    speak = _("You get this mail because you are a speaker of %(forum)s.")
    host = _("You get this mail because you organise a session of %(forum)s.")
    propose = _("You get this mail because you proposed something for %(forum)s.")
    late, session, proposal = _("Organisers of sessions without a report"), _("their session"), _("their proposal")
    sessions, reports, proposals = "events.view_session", "events.view_sessionreport", "events.view_proposal"
    return [
        MailGroup("speakers", _("Speakers"), "events.view_speaker", _speakers, speak, _programme, ChosenSessionForm),
        MailGroup("hosts", _("Organisers of sessions"), sessions, _hosts, host, _account, ChosenSessionForm, session),
        MailGroup(
            "hosts-without-report", late, reports, _hosts_without_report, host, _account, ChosenSessionForm, session
        ),
        MailGroup("proposers", _("Proposers"), proposals, _proposers, propose, _own_proposals, ProposersForm, proposal),
    ]
