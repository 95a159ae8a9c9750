"""Registering for a forum: the draft, the registration, its edits, and leaving again."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Forum, User
from registration.models import Registration, RegistrationDraft, new_token

logger = logging.getLogger(__name__)

# What a person tells us, in the order of the steps. `country` is a code of two letters.
PROFILE = (
    "title",
    "name",
    "gender",
    "organisation",
    "stakeholder_type",
    "country",
    "time_zone",
    "languages",
    "accessibility_needs",
    "mode",
    "language",
)


def check_window(forum: Forum, *, now: datetime) -> None:
    """Refuse `registration-not-open` before the window of the forum and `registration-closed` after it."""
    if now < forum.registration_opens:
        raise ValidationError(_("Registration is not open yet"), code="registration-not-open")
    if not forum.is_registration_open(now):
        raise ValidationError(_("Registration is closed"), code="registration-closed")


def profile(registration: Registration) -> dict[str, Any]:
    """Return what a registration says, as a draft holds it."""
    values = {name: getattr(registration, name) for name in PROFILE if name != "country"}
    return values | {"country": registration.country_id}


def _fill(registration: Registration, data: Mapping[str, Any]) -> None:
    for name in PROFILE:
        if name in data:
            setattr(registration, "country_id" if name == "country" else name, data[name])
    registration.clean_fields(exclude=["forum", "user"])


def draft(forum: Forum, *, user: User) -> dict[str, Any]:
    """Return what a person has entered so far; someone who withdrew finds the old answers again."""
    kept = RegistrationDraft.objects.filter(forum=forum, user=user).first()
    if kept:
        return dict(kept.data)
    former = Registration.objects.of(user).filter(forum=forum).first()
    return profile(former) if former else {}


@transaction.atomic
def save_draft(forum: Forum, *, user: User, data: Mapping[str, Any]) -> dict[str, Any]:
    """Add answers to the draft of a person (names of `PROFILE`; others are left out); return the whole draft."""
    User.objects.select_for_update().get(pk=user.pk)
    answers = draft(forum, user=user) | {name: data[name] for name in PROFILE if name in data}
    RegistrationDraft.objects.update_or_create(forum=forum, user=user, defaults={"data": answers})
    return answers


@transaction.atomic
def register(forum: Forum, *, user: User, data: Mapping[str, Any], has_consented: bool, now: datetime) -> Registration:
    """Register a person for a forum, or again after a withdrawal. Twice at once makes one row.

    `data`: the names of `PROFILE`. Who is registered already gets that registration back, unchanged.
    Refuses `registration-not-open`, `registration-closed`, `no-consent`, and bad values field by field.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    registration = Registration.objects.filter(forum=forum, user=user).first()
    if registration and registration.withdrawn is None:
        return registration
    check_window(forum, now=now)
    if not has_consented:
        raise ValidationError(_("Agree to the privacy notice to register"), code="no-consent")
    if registration is None:
        registration = Registration(forum=forum, user=user)
    registration.created = registration.consented = now
    registration.withdrawn = None
    _fill(registration, data)
    registration.save()
    RegistrationDraft.objects.filter(forum=forum, user=user).delete()
    locked.name = locked.name or registration.name
    locked.time_zone, locked.language = registration.time_zone, registration.language
    locked.save(update_fields=["name", "time_zone", "language"])
    logger.info("registration %s of forum %s", registration.pk, forum.slug)
    return registration


def _locked(registration: Registration) -> Registration:
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.withdrawn is not None:
        raise ValidationError(_("You are not registered for this forum"), code="not-registered")
    return row


@transaction.atomic
def edit(registration: Registration, *, data: Mapping[str, Any]) -> Registration:
    """Change answers (names of `PROFILE`). Refuses `not-registered` after a withdrawal, and bad values by field."""
    row = _locked(registration)
    _fill(row, data)
    row.save()
    return row


@transaction.atomic
def withdraw(registration: Registration, *, now: datetime) -> Registration:
    """Leave the forum: bookings of what is not over go, attendances stay. Doing it twice changes nothing."""
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.withdrawn is None:
        row.withdrawn = now
        row.save(update_fields=["withdrawn", "updated"])
        row.bookings.exclude(session__ends__lte=now).delete()
        logger.info("registration %s withdrawn", row.pk)
    return row


@transaction.atomic
def renew_token(registration: Registration) -> Registration:
    """Give the calendar feed a new address; the old one stops working. Refuses `not-registered`."""
    row = _locked(registration)
    row.calendar_token = new_token()
    row.save(update_fields=["calendar_token", "updated"])
    return row
