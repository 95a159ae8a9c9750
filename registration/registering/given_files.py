"""Taking back files that people gave while registering. `registrations.save_step` keeps them."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Forum, User
from registration.accreditation.documents import documents
from registration.registering import registrations
from registration.registering.registrations import Registering


def may_remove(draft: Registering, name: str) -> bool:
    """Whether a person may take back a file: of a draft any, of a registration one that was not needed."""
    asked = [question for step in draft.steps for question in step.questions if question.name == name]
    return draft.saves_unfinished or not any(question.field.required for question in asked)


@transaction.atomic
def remove(forum: Forum, *, user: User, name: str, now: datetime) -> None:
    """Take back a file; where there is none, nothing happens. Refuses `is-needed`, and as `registrations.edit`."""
    User.objects.locked(user.pk)
    draft = Registering(forum, user=user, now=now)
    if name not in draft.files:
        return
    if not may_remove(draft, name):
        raise ValidationError(_("This file is needed. Choose another one in its place"), code="is-needed")
    documents.forget(forum, user=user, names=[name])
    if draft.former and not draft.saves_unfinished:
        registrations.edit(draft.former, data={name: None}, by=user, now=now)
