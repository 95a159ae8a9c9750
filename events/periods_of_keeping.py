"""How long the programme's tables keep what they hold on people."""

from datetime import datetime, timedelta

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy

from events.models import ERASED_DOMAIN, Forum, Invitation, Message, Proposal
from events.personal_data import EMPTY_MAIL, State
from events.shared import hooks
from events.shared.held_rows import Cleared, Period, deleted

ACCOUNT_MAILS = timedelta(days=180)  # the privacy notice says it


def _clear_mails(forum: Forum, _now: datetime) -> Cleared:
    waiting = [State.DRAFT, State.QUEUED, State.SENDING]
    rows = Message.objects.filter(forum=forum).exclude(to="").exclude(state__in=waiting)
    return Cleared(rows.update(**EMPTY_MAIL))


def clear_account_mails(now: datetime) -> int:
    """Empty the mails that belong to no forum, such as those about accounts, once they are old; return how many."""
    old = Message.objects.filter(
        forum=None, created__lt=now - ACCOUNT_MAILS, state__in=[State.SENT, State.CANCELLED, State.FAILED]
    )
    return old.exclude(to="").update(**EMPTY_MAIL)


def _clear_invitations(forum: Forum, _now: datetime) -> Cleared:
    """Addresses of people who were asked to speak, and what they wrote: their page as a speaker stays."""
    asked = Invitation.objects.filter(Q(proposal__forum=forum) | Q(session__forum=forum))
    address = Concat(Value("invitation-"), Cast(F("pk"), CharField()), Value(ERASED_DOMAIN))
    values = {"email": address, "name": "–", "position": "", "organisation_name": "", "biography": ""}
    return Cleared(asked.exclude(email__endswith=ERASED_DOMAIN).update(**values))


@hooks.retention()
def _retention() -> list[Period]:
    return [
        Period(
            "proposal-drafts",
            gettext_lazy("Proposals that were begun and never submitted"),
            90,
            deleted(Proposal, saved="updated", state=Proposal.State.DRAFT),
        ),
        Period(
            "invitations",
            gettext_lazy("Addresses of people who were asked to speak, and what they answered"),
            180,
            _clear_invitations,
        ),
        Period("mails", gettext_lazy("Mails about the forum that we sent"), 180, _clear_mails),
    ]
