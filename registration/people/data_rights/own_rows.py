"""What the tables of people hold on a person (events.shared.held_rows), and how long."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db.models import CharField, F, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy

from events.models import Forum, HistoryEntry, Message, User
from events.reference import merging
from events.shared import hooks
from events.shared.held_rows import NAMELESS, Cleared, Held, HeldPerson, Period, PersonalData, deleted, files_of
from registration.accreditation.delegations.focal_point_mails import WITHDRAWN
from registration.accreditation.documents import documents
from registration.models import (
    AccreditationStep,
    Attendance,
    Booking,
    CertificateRule,
    DataCopy,
    FocalPoint,
    FocalPointRequest,
    Formerly,
    InvitationLetter,
    ParticipationCertificate,
    Registration,
    RegistrationDraft,
    RegistrationFile,
    RegistrationInvitation,
    Scan,
    SignIn,
    Stay,
    Waiting,
)
from registration.people.accounts import rights_mails
from registration.registering.own_questions import questions as own_questions

# Country, type of organisation and gender stay: the figures are counted from them.
EMPTY_REGISTRATION: dict[str, Any] = {
    "title": "",
    "name": NAMELESS,
    "latin_name": "",
    "organisation": "",
    "affiliation": None,
    "accessibility_needs": "",
    "languages": [],
    "answers": {},
    "language": "en",
    "time_zone": "UTC",
    "wants_reminders": False,
    "is_listed": False,
    "link_seed": Concat(Value("erased-"), Cast(F("pk"), CharField())),
}
STAYS = {
    "registration.accreditationstep.by": "who decided on the registration of another person, and when",
    "registration.focalpoint.named_by": "who named a focal point of an organisation",
    "registration.focalpointrequest.decided_by": "who decided on a request of another person",
    "registration.registrationinvitation.invited_by": "who invited another person to register",
    "registration.participationcertificate.withdrawn_by": "who withdrew the certificate of another person",
    "registration.doorpass.made_by": "who made a pass for a door",
    "registration.stay.entered_by": "who entered that another person was there",
    "registration.erasure.user": "that the account was erased, and when",
}


def _account(person: HeldPerson) -> QuerySet[Any]:
    return User.objects.filter(pk=person.user.pk)


def _addresses(person: HeldPerson) -> QuerySet[Any]:
    """Those, too, that others entered and cannot confirm."""
    return EmailAddress.objects.filter(Q(user=person.user) | Q(person.is_at("email"), verified=False))


HELD = [
    Held(
        User,
        (),
        gettext_lazy("Your account"),
        (
            "email",
            "name",
            "title",
            "organisation",
            "country__name",
            "language",
            "time_zone",
            "list_columns",
            "date_joined",
            "last_login",
        ),
        emptied={},
        rows=_account,
    ),
    Held(
        EmailAddress,
        ("user", "email"),
        gettext_lazy("Your addresses"),
        ("email", "verified", "primary"),
        rows=_addresses,
    ),
    Held(
        Formerly, ("user", "email"), gettext_lazy("Addresses and names that you had before"), ("email", "name", "until")
    ),
    Held(
        SocialAccount,
        ("user",),
        gettext_lazy("The account of your organisation by which you log in"),
        ("provider", "uid", "date_joined"),
    ),
    Held(SignIn, ("user",), gettext_lazy("Where you are logged in"), ("began", "browser", "system", "network")),
    Held(
        Registration,
        ("user",),
        gettext_lazy("Your registrations"),
        (
            "forum__name",
            "kind__name",
            "state",
            "title",
            "name",
            "latin_name",
            "organisation",
            "stakeholder_type",
            "country__name",
            "gender",
            "time_zone",
            "language",
            "languages",
            "accessibility_needs",
            "answers",
            "mode",
            "consented",
            "created",
            "updated",
            "withdrawn",
            "wants_reminders",
            "is_listed",
        ),
        emptied=EMPTY_REGISTRATION,
        worded={"answers": own_questions.in_words},
        why=gettext_lazy("Country, type of organisation and gender stay, without your name, for the figures."),
    ),
    Held(
        FocalPoint,
        ("user",),
        gettext_lazy("Organisations that you are a focal point of"),
        ("forum__name", "organisation__name", "named_at"),
    ),
    Held(
        FocalPointRequest,
        ("user",),
        gettext_lazy("Organisations that you asked to be a focal point of"),
        ("forum__name", "organisation_name", "letter", "asked", "state", "reason", "decided"),
    ),
    Held(
        RegistrationInvitation,
        ("email", "registration__user"),
        gettext_lazy("Invitations to register"),
        ("forum__name", "kind__name", "organisation__name", "email", "name", "state", "invited", "ends"),
    ),
    Held(
        AccreditationStep,
        ("registration__user",),
        gettext_lazy("What was decided on your registrations"),
        ("registration__forum__name", "before", "after", "at", "reason"),
        emptied={"reason": ""},
        why=gettext_lazy("When a registration was approved or refused stays, without the reason."),
    ),
    Held(
        RegistrationDraft, ("user",), gettext_lazy("Registrations that you began"), ("forum__name", "data", "updated")
    ),
    Held(
        RegistrationFile,
        ("user",),
        gettext_lazy("Letters, photographs and other files that you gave"),
        ("forum__name", "name", "title", "file", "uploaded"),
    ),
    Held(
        InvitationLetter,
        ("registration__user",),
        gettext_lazy("Your letters of invitation"),
        ("registration__forum__name", "name", "organisation", "issued", "code"),
    ),
    Held(Booking, ("registration__user",), gettext_lazy("Your agenda"), ("session__code", "session__title", "created")),
    Held(
        Waiting,
        ("registration__user",),
        gettext_lazy("Waiting lists that you are on"),
        ("session__code", "session__title", "registration__kind__name", "joined", "offered_until"),
    ),
    Held(
        Attendance,
        ("registration__user",),
        gettext_lazy("Sessions that you joined"),
        ("session__code", "session__title", "first_seen", "last_seen", "entries", "source"),
        emptied={},
        why=gettext_lazy("That somebody from your country joined a session stays in the figures, without your name."),
    ),
    Held(
        Stay,
        ("registration__user",),
        gettext_lazy("From when to when you were in sessions and in the building"),
        ("session__code", "session__title", "door__name", "began", "ended", "source", "device"),
        emptied={"device": ""},
        why=gettext_lazy("From when to when somebody was there stays in the figures, without your name."),
    ),
    Held(
        ParticipationCertificate,
        ("user",),
        gettext_lazy("Your certificates of participation"),
        ("rule__forum__name", "rule__measure", "code", "issued", "withdrawn", "reason"),
        emptied={"reason": ""},
        why=gettext_lazy("Their codes stay, without your name, and answer that the certificate is no longer valid."),
    ),
    Held(
        Scan,
        ("registration__user",),
        gettext_lazy("Where your ticket was scanned"),
        ("door__name", "direction", "outcome", "at", "undone"),
        emptied={},
        why=gettext_lazy("That somebody went in or out stays, without your name."),
    ),
    Held(DataCopy, ("user",), gettext_lazy("Copies of your data that you asked for"), ("asked", "made", "expires")),
    Held(LogEntry, ("user",), gettext_lazy("What you did in Django’s own pages"), ("action_time", "object_repr")),
]
# Apps of others that hold something on accounts: factors, log-ins. Their rows go.
FOREIGN_APPS = {"account", "mfa", "usersessions", "socialaccount"}


def _foreign() -> list[Held]:
    """Tables of installed apps that are not ours, by the relations that they have to accounts."""
    known = {one.model for one in HELD}
    found = []
    for model in apps.get_models():
        if model._meta.app_label in FOREIGN_APPS and model not in known:
            found += [Held(model, (name,), str(model._meta.verbose_name), ()) for name in account_columns(model)]
    return found


def account_columns(model: type[Model]) -> list[str]:
    """The columns of a table that lead to an account."""
    return [field.name for field in model._meta.get_fields() if not field.auto_created and field.related_model is User]


def _first(person: HeldPerson, now: datetime) -> list[str]:
    """Who is gone takes no part in what is not over: the registration is withdrawn, and the places go to others. The files of
    registrations go. Mails told others of the roles that the person had, or gave, and that they withdrew."""
    coming = Registration.objects.standing().filter(user=person.user, forum__ends__gte=now.date())
    coming.update(withdrawn=now)
    done = HistoryEntry.objects.filter(actor=person.user, model=User._meta.label_lower).exclude(key="")
    accounts = {person.user.pk, *map(int, done.values_list("key", flat=True))}
    told = Q(kind=rights_mails.KIND, about__in=accounts)
    for key in Registration.objects.filter(user=person.user).values_list("pk", flat=True):
        told |= Q(kind=WITHDRAWN, dedupe_key__regex=rf"^{WITHDRAWN}:\d+:{key}:")
    person.redact_mails(Message.objects.filter(told).exclude(user=person.user))
    return files_of(
        row for model in (RegistrationFile, FocalPointRequest) for row in model.objects.filter(user=person.user)
    )


@hooks.personal_data("registration")
def personal_data() -> PersonalData:
    """The part of this app, and of the apps behind the log-in."""
    return PersonalData([*HELD, *_foreign()], first=_first, stays=STAYS)


# --- how long -------------------------------------------------------------------------------------
def _clear_needs(forum: Forum, _now: datetime) -> Cleared:
    told = Registration.objects.filter(forum=forum).exclude(accessibility_needs="")
    return Cleared(told.update(accessibility_needs=""))


def _clear_list(forum: Forum, _now: datetime) -> Cleared:
    return Cleared(Registration.objects.filter(forum=forum, is_listed=True).update(is_listed=False))


def _clear_answers(forum: Forum, _now: datetime) -> Cleared:
    return Cleared(Registration.objects.filter(forum=forum).exclude(answers={}).update(answers={}))


def _clear_reasons(forum: Forum, _now: datetime) -> Cleared:
    told = AccreditationStep.objects.filter(registration__forum=forum).exclude(reason="")
    return Cleared(told.update(reason=""))


def _clear_certificates(forum: Forum, _now: datetime) -> Cleared:
    """With the rules, by which they would be issued again."""
    number, _tables = ParticipationCertificate.objects.filter(rule__forum=forum).delete()
    CertificateRule.objects.filter(forum=forum).delete()
    return Cleared(number)


def _clear_registrations(forum: Forum, _now: datetime) -> Cleared:
    """What somebody typed as their organisation, and no organiser has looked at, goes too where nothing names it any more."""
    named = Registration.objects.filter(forum=forum).exclude(name=NAMELESS)
    typed = set(named.filter(affiliation__is_checked=False).values_list("affiliation", flat=True))
    number = named.update(**EMPTY_REGISTRATION)
    merging.forget_unused(typed)
    return Cleared(number)


PERIODS = [
    Period(
        "registration-drafts",
        gettext_lazy("Registrations that were begun and never finished"),
        30,
        deleted(RegistrationDraft, saved="updated"),
    ),
    Period("needs", gettext_lazy("What you need to take part"), 30, _clear_needs),
    Period("list-of-participants", gettext_lazy("Your name on the public list of participants"), 1095, _clear_list),
    Period("answers", gettext_lazy("Your answers to the questions of a forum’s organisers"), 180, _clear_answers),
    Period(
        documents.PERIOD,
        gettext_lazy("Letters, photographs and other files of your registration"),
        documents.DAYS,
        deleted(RegistrationFile),
        early=documents.clear_left,
    ),
    Period(
        "letters",
        gettext_lazy("Your letters of invitation: after that nobody can verify them any more"),
        documents.DAYS,
        deleted(InvitationLetter),
    ),
    Period(
        "certificates",
        gettext_lazy("Your certificates of participation: after that nobody can verify them any more"),
        1095,
        _clear_certificates,
    ),
    Period("agendas", gettext_lazy("The sessions in your agenda"), 180, deleted(Booking)),
    Period("waiting-lists", gettext_lazy("The waiting lists that you are on"), 30, deleted(Waiting)),
    Period("registration-invitations", gettext_lazy("Invitations to register"), 30, deleted(RegistrationInvitation)),
    Period(
        "focal-point-requests",
        gettext_lazy("Requests to be a focal point, with their letters"),
        30,
        deleted(FocalPointRequest),
    ),
    Period("reasons", gettext_lazy("Why your registration was approved or refused"), 180, _clear_reasons),
    Period(
        "registrations",
        gettext_lazy("Your registration: name, form of address, organisation, language and time zone"),
        1095,
        _clear_registrations,
    ),
]


@hooks.retention()
def _retention() -> list[Period]:
    return PERIODS
