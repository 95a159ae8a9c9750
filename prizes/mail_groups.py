"""Groups of people of the prize to whom organisers write. What is secret or under embargo tells nobody's group."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.mailings import hooks
from events.mailings.hooks import MailGroup, mail_receivers
from events.mailings.options import GroupForm
from events.models import Forum
from prizes.editions import embargo
from prizes.models import Assignment, Ballot, Edition, Expert, Honour, Nomination
from prizes.results import winners

type Options = Mapping[str, Any]
State = Nomination.State
DECIDED = (State.NOMINATED, State.NOT_NOMINATED)
TOLD = (State.RETURNED, State.NOT_PASSED)  # at once
STATES = [(state.value, state.label) for state in (State.SUBMITTED, *TOLD, *DECIDED, State.WITHDRAWN)]


class NominationForm(GroupForm):
    state = forms.MultipleChoiceField(
        label=_("State"),
        choices=STATES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("As they know it: until the nominees are published, all are submitted."),
    )


class HonourForm(GroupForm):
    honour = forms.ChoiceField(label=_("Who"), choices=Honour.choices, required=False)


def _edition(forum: Forum) -> Edition | None:
    return Edition.objects.filter(forum=forum).first()


def _receivers(rows: QuerySet[Nomination]) -> QuerySet[Any, Any]:
    return mail_receivers(rows, user="nominator", name="nominator__name", title="title")


def _nominators(forum: Forum, options: Options, _now: datetime) -> QuerySet[Any, Any]:
    edition, asked = _edition(forum), set(options["state"])
    rows = Nomination.objects.filter(edition__forum=forum).exclude(state=State.DRAFT)
    if asked:
        known, hidden = Q(state__in=asked), Q(state__in=[State.SUBMITTED, State.SHORTLISTED, *DECIDED])
        if edition and not edition.nominees_published:
            known = Q(state__in=asked - {State.SUBMITTED, *DECIDED}) | (
                hidden if State.SUBMITTED in asked else Q(pk__in=[])
            )
        rows = rows.filter(known)
    return _receivers(rows)


def _honoured(forum: Forum, options: Options, now: datetime) -> QuerySet[Any, Any]:
    """Champions, or the winners among them, once the public knows them; nobody before."""
    edition, kind = _edition(forum), options["honour"] or Honour.CHAMPIONS
    if edition is None or not embargo.is_lifted(edition, kind=kind, now=now):
        return _receivers(Nomination.objects.none())
    rows = Nomination.objects.filter(pk__in=winners.champions(edition).values("nomination"), state=State.NOMINATED)
    return _receivers(rows.filter(win__isnull=False) if kind == Honour.WINNERS else rows)


def _experts(forum: Forum, _options: Options, _now: datetime) -> QuerySet[Any, Any]:
    open_ones = Assignment.objects.filter(expert=OuterRef("pk"), state__in=Assignment.WAITING)
    rows = Expert.objects.filter(Exists(open_ones), edition__forum=forum, is_active=True)
    return mail_receivers(rows, user="user", name="user__name")


def _voters(forum: Forum, _options: Options, now: datetime) -> QuerySet[Any, Any]:
    """Those whose ballot does not count yet, while the vote is open."""
    rows = Ballot.objects.unfinished_at(now).filter(edition__forum=forum, is_quarantined=False)
    return mail_receivers(rows, user="user", name="user__name")


def _page(name: str) -> Callable[[Forum], str]:
    return lambda forum: reverse(f"prizes:{name}", args=[forum.slug])


@hooks.mail_groups("prizes")
def groups() -> list[MailGroup]:
    """The groups of this app."""
    nominate = _("You get this mail because you nominated a project at %(forum)s.")
    review = _("You get this mail because you are an expert of the prize of %(forum)s.")
    vote = _("You get this mail because you began a ballot of the prize of %(forum)s.")
    own, results, project, may = _page("nominations"), _page("results"), _("their project"), "prizes.view_nomination"
    honoured, reviewers, voters = _("Champions and winners"), _("Experts with open reviews"), _("Ballot incomplete")
    return [
        MailGroup("nominators", _("Nominators"), may, _nominators, nominate, own, NominationForm, project),
        MailGroup("honoured", honoured, may, _honoured, nominate, results, HonourForm, project),
        MailGroup("experts", reviewers, "prizes.view_assignment", _experts, review, _page("review-desk")),
        MailGroup("unfinished-ballots", voters, "prizes.inspect_ballot", _voters, vote, _page("ballot")),
    ]
