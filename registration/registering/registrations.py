"""Registering for a forum: the draft, the registration, its edits, and leaving again."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.drafts.drafts import Answers, Draft, Problems, Step
from events.history import log
from events.models import Forum, Organisation, User
from events.prepared_queries import Prepared, slot
from registration.accounts.verbs import RegistrationVerb
from registration.models import Registration, RegistrationDraft, new_token
from registration.registering import affiliation
from registration.registering.questions import ORGANISATION, PROFILE, STEPS

logger = logging.getLogger(__name__)

# What the account takes over from the first registration, for the next form (registration.account_page).
DEFAULTS = ("name", "title", "organisation", "country_id")
_OF_BOTH = {"forum": slot("forum", int), "user": slot("user", int)}
_FORMER = Prepared(lambda: Registration.objects.filter(**_OF_BOTH).order_by())
_DRAFT = Prepared(lambda: RegistrationDraft.objects.filter(**_OF_BOTH))


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
    for name in (*PROFILE, "wants_reminders"):
        if name in data:
            setattr(registration, "country_id" if name == "country" else name, data[name])
    registration.clean_fields(exclude=["forum", "user", "affiliation"])


def _organisation(registration: Registration, data: Mapping[str, Any]) -> Organisation | None:
    """The organisation that filled-in answers name."""
    return affiliation.organisation(
        registration.organisation,
        answer=data.get("affiliation") or "",
        stakeholder_type=registration.stakeholder_type,
        country=lambda: registration.country,
    )


class Registering(Draft):
    """A person's answers: those of the draft, and of the registration once there is one (then each step counts at once).

    Who withdrew finds the old answers again.
    """

    row: Registration | RegistrationDraft | None

    def __init__(self, forum: Forum, *, user: User) -> None:
        self.forum, self.user = forum, user
        self.former = _FORMER.first(forum=forum.pk, user=user.pk)
        self.saves_unfinished = self.former is None or self.former.withdrawn is not None
        kept = _DRAFT.first(forum=forum.pk, user=user.pk) if self.saves_unfinished else None
        self.organisation_step = ORGANISATION
        super().__init__(kept or self.former)

    def read(self) -> Answers:
        if isinstance(self.row, RegistrationDraft):
            return dict(self.row.data)
        if self.row is None:
            return {}
        key, answers = self.row.affiliation_id, profile(self.row)
        return answers | {"affiliation": affiliation.of(key, self.row.organisation)} if key else answers

    def ask(self, _answers: Answers) -> list[Step]:
        return [self.organisation_step if step is ORGANISATION else step for step in STEPS]

    def offer(self, text: str, *, country: str) -> None:
        """Ask, in the step of the organisation, which one a typed name means."""
        kept = self.answers.get("affiliation") or ""
        self.organisation_step = affiliation.step(text, country=country, kept=kept if kept.endswith(f":{text}") else "")
        self.__dict__.pop("steps", None)

    def rules(self, answers: Answers) -> Problems:
        """Near names were offered for the organisation, and nothing is chosen yet."""
        is_open = bool(answers.get("organisation")) and answers.get("affiliation") == ""
        is_open = is_open and isinstance(self.row, RegistrationDraft)
        return {"affiliation": ValidationError(affiliation.WHICH, code="missing")} if is_open else {}

    def step_of(self, name: str) -> str:
        return ORGANISATION.key if name == "affiliation" else super().step_of(name)

    def suggested(self) -> Answers:
        """What the account knows. UTC is what an account has that never said a zone."""
        return {
            "name": self.user.name,
            "title": self.user.title,
            "organisation": self.user.organisation,
            "country": self.user.country_id or "",
            "time_zone": "" if self.user.time_zone == "UTC" else self.user.time_zone,
            "language": get_language() or self.user.language,
            "mode": Registration.Mode.REMOTE,
        }


@transaction.atomic
def save_step(
    forum: Forum, *, user: User, step: str, data: Mapping[str, Any], seen: str = "", now: datetime
) -> Registering:
    """Keep answers to one step (others are left out), in the draft or in the registration.

    `seen`: the digest of the step when the form was shown. Refuses `outdated` where another device changed the step
    since, a draft outside the window (`check_window`), and by field what a registration cannot hold.
    """
    User.objects.select_for_update().get(pk=user.pk)
    draft = Registering(forum, user=user)
    changed = draft.changed(step, data, seen=seen)
    if step == ORGANISATION.key:
        changed |= _settled(draft, changed, answer=data.get("affiliation") or "")
    if not changed:
        return draft
    if draft.saves_unfinished:
        check_window(forum, now=now)
        answers = {**draft.answers, **changed}
        RegistrationDraft.objects.update_or_create(forum=forum, user=user, defaults={"data": answers})
    elif draft.former:
        edit(draft.former, data=changed, by=user, now=now)
    return Registering(forum, user=user)


def _settled(draft: Registering, changed: Mapping[str, Any], *, answer: str) -> dict[str, str]:
    """What is to be kept of which organisation is meant; nothing where name, country and answer are as they were."""
    answers, before = {**draft.answers, **changed}, draft.answers.get("affiliation")
    is_other = {"organisation", "country"} & changed.keys() or answer not in {"", before} or before is None
    text = answers.get("organisation") or ""
    if not is_other or not (text or before):
        return {}
    country = answers.get("country") or ""
    return {"affiliation": affiliation.settled(text, country=country, answer=answer or before or "")}


@transaction.atomic
def submit(forum: Forum, *, user: User, has_consented: bool, now: datetime) -> Registration:
    """Register a person with the answers of the draft. Refuses what is missing, by field, and as `register` does."""
    User.objects.select_for_update().get(pk=user.pk)
    draft = Registering(forum, user=user)
    if draft.saves_unfinished and (problems := draft.problems()):
        raise ValidationError(problems)
    return register(forum, user=user, data=draft.answers, has_consented=has_consented, now=now)


@transaction.atomic
def register(
    forum: Forum,
    *,
    user: User,
    data: Mapping[str, Any],
    has_consented: bool,
    by: User | None = None,
    now: datetime,
) -> Registration:
    """Register a person for a forum, or again after a withdrawal. Twice at once makes one row.

    `data`: the names of `PROFILE`; `by`: who brings the person in, else the person. Who is registered already gets that registration back, unchanged.
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
    registration.affiliation = _organisation(registration, data)
    registration.save()
    RegistrationDraft.objects.filter(forum=forum, user=user).delete()
    for name in DEFAULTS:
        setattr(locked, name, getattr(locked, name) or getattr(registration, name))
    locked.time_zone, locked.language = registration.time_zone, registration.language
    locked.save(update_fields=[*DEFAULTS, "time_zone", "language"])
    _record(registration, verb=RegistrationVerb.REGISTER, by=by or user, now=now)
    logger.info("registration %s of forum %s", registration.pk, forum.slug)
    return registration


def _record(row: Registration, *, verb: RegistrationVerb, by: User | None, now: datetime, **more: Any) -> None:
    """Write the history, which names no person: which registration it was, its number says."""
    log.record(row, verb=verb, by=by, now=now, label=f"#{row.pk}", **more)


def _locked(registration: Registration) -> Registration:
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.withdrawn is not None:
        raise ValidationError(_("You are not registered for this forum"), code="not-registered")
    return row


@transaction.atomic
def edit(registration: Registration, *, data: Mapping[str, Any], by: User | None, now: datetime) -> Registration:
    """Change answers (names of `PROFILE`, `wants_reminders`, and `affiliation`). Refuses `not-registered` after a withdrawal,
    and bad values by field."""
    renamed = _renamed(registration, data)
    row = _locked(registration)
    before = {**profile(row), "wants_reminders": row.wants_reminders}
    _fill(row, data)
    if renamed is not None:
        row.affiliation = renamed.affiliation
    row.save()
    after = {**profile(row), "wants_reminders": row.wants_reminders}
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        _record(row, verb=RegistrationVerb.EDIT_REGISTRATION, by=by, now=now, after={"fields": changed})
    return row


def _renamed(registration: Registration, data: Mapping[str, Any]) -> Registration | None:
    """Where answers name another organisation: the registration as it would be, not saved, with the organisation. It is
    looked for before the registration is locked: who merges two organisations has them first, too."""
    if not {"organisation", "affiliation"} & data.keys():
        return None
    row = Registration.objects.select_related("country").get(pk=registration.pk)
    was = row.organisation
    _fill(row, data)
    if row.organisation == was and "affiliation" not in data:
        return None
    row.affiliation = _organisation(row, data)
    return row


@transaction.atomic
def withdraw(registration: Registration, *, by: User | None = None, now: datetime) -> Registration:
    """Leave the forum: bookings of what is not over go, attendances stay. Doing it twice changes nothing.

    `by`: else the person."""
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.withdrawn is None:
        row.withdrawn = now
        row.save(update_fields=["withdrawn", "updated"])
        row.bookings.exclude(session__ends__lte=now).delete()
        _record(row, verb=RegistrationVerb.WITHDRAW_REGISTRATION, by=by or row.user, now=now)
        logger.info("registration %s withdrawn", row.pk)
    return row


@transaction.atomic
def renew_token(registration: Registration, *, now: datetime) -> Registration:
    """Give the calendar feed a new address; the old one stops working. Refuses `not-registered`."""
    row = _locked(registration)
    row.calendar_token = new_token()
    row.save(update_fields=["calendar_token", "updated"])
    _record(row, verb=RegistrationVerb.RENEW_CALENDAR, by=row.user, now=now)
    return row
