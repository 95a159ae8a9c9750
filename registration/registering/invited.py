"""Registering with an invitation: what it says stands, and the person adds the rest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import User
from events.shared.drafts.drafts import AnsweredStep, Answers, Step, encoded
from events.shared.formatting.names import term
from registration.accreditation import invitations
from registration.models import Registration, RegistrationDraft, RegistrationInvitation
from registration.registering import affiliation
from registration.registering.questions import told


@transaction.atomic
def accept(invitation: RegistrationInvitation, *, by: User, now: datetime) -> None:
    """Begin to register with an invitation: it answers for the draft what it says, in the place of an earlier one.

    Refuses as `invitations.check`, and `registered-already`.
    """
    User.objects.locked(by.pk)
    invitations.check(invitation, by=by, now=now)
    own: dict[str, Any] = {"forum": invitation.forum, "user": by}
    former = Registration.objects.filter(**own).first()
    if former and former.withdrawn is None:
        words = _(
            "You are registered already. To register with this invitation, withdraw first, and open this page again"
        )
        raise ValidationError(words, code="registered-already")
    kept = RegistrationDraft.objects.filter(**own).first()
    data = kept.data if kept else encoded(told(former)) if former else {}
    data |= {"invitation": invitation.pk, "name": data.get("name") or invitation.name}
    RegistrationDraft.objects.update_or_create(**own, defaults={"data": data})


def answers(invitation: RegistrationInvitation | None) -> Answers:
    """What an invitation answers, as a draft holds it."""
    found: dict[str, Any] = {}
    if invitation and invitation.kind:
        found["kind"] = invitation.kind_id
    if invitation and invitation.organisation:
        name = invitation.organisation.name
        found |= {"organisation": name, "affiliation": affiliation.of(invitation.organisation_id, name)}
    return found


def suggested(invitation: RegistrationInvitation | None) -> dict[str, Any]:
    """What stands in the fields because of the organisation."""
    if not (invitation and invitation.organisation):
        return {}
    organisation = invitation.organisation
    country = {"country": organisation.country_id} if organisation.country_id else {}
    return {"stakeholder_type": organisation.stakeholder_type, **country}


def steps(asked: Sequence[Step], *, invitation: RegistrationInvitation, now: datetime) -> list[Step]:
    """The steps without what an invitation answers; of one that is lost the first step says so."""
    if not invitation.is_open(now):
        first, *others = asked
        return [replace(first, lead=invitations.lost(invitation)), *others]
    given = answers(invitation)
    left = [replace(step, questions=[one for one in step.questions if one.name not in given]) for step in asked]
    first, *others = [step for step in left if step.questions]
    facts = " · ".join(text for _label, text in facts_of(invitation))
    return [replace(first, lead=_("You are invited: %(facts)s") % {"facts": facts} if facts else ""), *others]


def summary(invitation: RegistrationInvitation | None) -> list[AnsweredStep]:
    """What an invitation says, as people read it."""
    if invitation is None:
        return []
    return [AnsweredStep("", _("Your invitation"), facts_of(invitation))]


def facts_of(invitation: RegistrationInvitation) -> list[tuple[str, str]]:
    """(what, which) of the kind and the organisation that an invitation gives."""
    kind, organisation = invitation.kind, invitation.organisation
    lines = [
        (_("Kind"), term(kind) if kind else ""),
        (_("Organisation"), organisation.name if organisation else ""),
    ]
    return [(words, text) for words, text in lines if text]
