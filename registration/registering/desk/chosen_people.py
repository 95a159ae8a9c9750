"""Writing to people who were chosen in the list of registrations: a group of its own for messages to people (events.mailings)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from events.mailings import sending
from events.mailings.hooks import mail_receivers
from events.mailings.options import GroupForm
from events.models import Forum, Mailing, User
from registration.models import Registration

KEY = "chosen"


def _keys(text: str) -> None:
    """Refuse (`no-keys`) what are not numbers with commas between them."""
    if not all(word.isascii() and word.isdigit() and len(word) < 19 for word in text.split(",")):
        raise ValidationError(_("Choose people in the list of registrations"), code="no-keys")


class ChosenForm(GroupForm):
    """The keys of their registrations."""

    people = forms.CharField(widget=forms.HiddenInput, validators=[_keys])


def people(forum: Forum, options: Mapping[str, Any], _now: datetime) -> QuerySet[Any, Any]:
    """Those of them who have not withdrawn by now."""
    rows = Registration.objects.standing().filter(forum=forum, pk__in=options["people"].split(","))
    return mail_receivers(rows, user="user", name="name", language="language")


def write_to(forum: Forum, *, keys: Iterable[int], by: User, now: datetime) -> Mailing:
    """Begin a message to the people of these registrations."""
    chosen = {"key": KEY, "options": {"people": [",".join(map(str, keys))]}, "is_excluded": False}
    return sending.save(Mailing(forum=forum, groups=[chosen], kind=Mailing.Kind.OWN), by=by, now=now)
