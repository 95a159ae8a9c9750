"""Registrations as tables (CSV, XLSX). The forum and the e-mail address find a registration."""

import re
from collections.abc import Sequence
from copy import copy
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Country, User
from events.models.reference import Gender, StakeholderType
from events.models.time_zones import is_zone
from events.shared.formatting import addresses
from events.shared.formatting.similar_names import plain
from events.shared.formatting.zone_search import find_zone
from events.shared.history import made_accounts
from events.shared.tables.cells import choice, fold, joined, known_languages, text_of, yes
from events.shared.tables.resources import Row, TableResource, with_columns
from registration.accreditation import quotas
from registration.models import Approver, Kind, Registration
from registration.registering import kinds, registrations
from registration.registering.own_questions import questions as own_questions
from registration.registering.questions import told

ANSWER = re.compile(r".*\[question [0-9]+\]", re.DOTALL)  # the head of a column of answers


REGISTRATION_COLUMNS = (
    "forum", "email", "title", "name", "latin_name", "organisation", "stakeholder_type", "country", "gender", "time_zone",
    "language", "languages", "accessibility_needs", "kind", "mode", "agreed",
)  # fmt: skip


@with_columns(*REGISTRATION_COLUMNS, kind="kind__slug")
@with_columns("state", "registered", "withdrawn", is_written=False)
class RegistrationResource(TableResource):
    """One row per person and forum. New people are registered by the rules (window, consent); others are edited.

    A new address gets an account without a password: the person signs in by a mailed code.
    """

    related = ("forum", "user", "country", "kind")
    required_columns = ("email", "name", "stakeholder_type", "country", "gender")
    sample_columns = ("email", "name", "organisation", "stakeholder_type", "country", "gender", "agreed")
    sample_rows = (
        ("awa.diallo@example.org", "Awa Diallo", "Radio Bamako", "media", "ML", "woman", "yes"),
        ("jon.lind@example.org", "Jon Lind", "University of Bergen", "academia", "NO", "undisclosed", "yes"),
    )
    ignored_columns = ("state", "registered", "withdrawn")
    more_labels = {
        "email": (gettext_lazy("e-mail"),),
        "agreed": (gettext_lazy("agreed to the privacy notice"),),
    }

    class Meta:
        model = Registration
        fields = (*REGISTRATION_COLUMNS, "state", "registered", "withdrawn")
        import_id_fields = ("forum", "email")
        clean_model_instances = False  # the rules check each value
        name = "registrations"

    asked: Sequence[own_questions.AskedQuestion] = ()  # the questions of the forums that are written

    def sample(self) -> tuple[list[str], list[list[str]]]:
        """With a kind, where the forum has some."""
        names, rows = super().sample()
        own = kinds.of(self.forum.pk) if self.forum else ()
        return ([*names, "kind"], [[*row, own[0].slug] for row in rows]) if own else (names, rows)

    # --- answers go out, and do not come in ------------------------------------------------------
    def is_ignored(self, header: str) -> bool:
        return ANSWER.fullmatch(header) is not None

    def before_export(self, queryset: Any, **kwargs: Any) -> None:
        rows = Registration.objects.all() if queryset is None else queryset
        forums = sorted(set(rows.order_by().values_list("forum", flat=True)))
        self.asked = [one for forum in forums for one in own_questions.of(forum)]

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        own = [f"{one.row.text} [question {one.row.pk}]" for one in self.asked]
        return [*super().get_export_headers(selected_fields), *own]

    def export_resource(self, instance: Registration, selected_fields: Any = None, **kwargs: Any) -> list[Any]:
        own = [own_questions.cell(instance.answers.get(one.row.name)) for one in self.asked]
        return [*super().export_resource(instance, selected_fields, **kwargs), *own]

    # --- what is there ---------------------------------------------------------------------------
    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Find at once who is registered already, and the kinds in which nobody waits for a place any more."""
        emails = {addresses.same(text_of(address)) for address in dataset["email"]}
        rows = self.get_queryset().filter(forum=self.forum, user__email__in=emails)
        self.known = {row.user.email: row for row in rows}
        self.rows_of: dict[str, str] = {}
        limited = Kind.objects.filter(forum=self.forum).exclude(capacity=None, per_organisation=None, quotas=None)
        closed = [kind for kind in limited.select_related("forum") if kind.last_moment <= timezone.now()]
        self.closed = {kind.pk for kind in closed}
        names = zip(map(text_of, dataset["email"]), map(text_of, dataset["name"]), strict=True)
        account: Any = User._meta
        self.newcomers = {
            addresses.same(email): {"name": name[: account.get_field("name").max_length]}
            for email, name in names
            if 0 < len(email) <= account.get_field("email").max_length and addresses.same(email) not in self.known
        }

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        super().before_import_row(row, **kwargs)
        self.where = kwargs["rows"][kwargs["row_number"] - 1].place

    def get_or_init_instance(self, instance_loader: Any, row: Row) -> tuple[Registration, bool]:
        email, forum = addresses.same(row["email"]), self.forum_of(row)
        try:
            addresses.canonical(email)
        except ValidationError:
            raise ValidationError({"email": _("“%(text)s” is no e-mail address") % {"text": email[:80]}}) from None
        if email in self.rows_of:
            words = _("The same address stands in row %(n)s") % {"n": self.rows_of[email]}
            raise ValidationError({"email": words})
        self.rows_of[email] = self.where
        known = self.known.get(email)
        if known is None:
            known = Registration(forum=forum)
            known.address = email  # type: ignore[attr-defined]
            known.time_zone = forum.time_zone
            return known, True
        if known.withdrawn:
            raise ValidationError({"email": _("This person has withdrawn. Only they can register again")})
        return known, False

    # --- reading ---------------------------------------------------------------------------------
    def read_name(self, registration: Registration, text: str) -> None:
        if not text:
            raise ValidationError(_("Enter a name"), code="required")
        registration.name = text

    def read_stakeholder_type(self, registration: Registration, text: str) -> None:
        registration.stakeholder_type = choice(text, choices=StakeholderType.choices)

    def read_country(self, registration: Registration, text: str) -> None:
        registration.country = self.find.one(text, Country)

    def read_gender(self, registration: Registration, text: str) -> None:
        registration.gender = choice(text, choices=Gender.choices)

    def read_time_zone(self, registration: Registration, text: str) -> None:
        if text:
            registration.time_zone = text if is_zone(text) else find_zone(text)

    def read_language(self, registration: Registration, text: str) -> None:
        registration.language = choice(text, choices=settings.LANGUAGES) if text else "en"

    def read_languages(self, registration: Registration, text: str) -> None:
        registration.languages = known_languages(text)

    def read_kind(self, registration: Registration, text: str) -> None:
        """The short name or the name of a kind of this forum."""
        known = {label: one for one in kinds.of(registration.forum_id) for label in (fold(one.name), fold(one.slug))}
        if text and fold(text) not in known:
            raise ValidationError(_("“%(text)s” is not a kind of registration of this forum") % {"text": text[:80]})
        registration.kind = known[fold(text)] if text else None

    def read_mode(self, registration: Registration, text: str) -> None:
        registration.mode = choice(text, choices=Registration.Mode.choices) if text else Registration.Mode.REMOTE

    def read_agreed(self, registration: Registration, text: str) -> None:
        """“yes” where the person has agreed to the privacy notice; needed for new registrations."""
        registration.has_agreed = yes(text)  # type: ignore[attr-defined]

    # --- writing ---------------------------------------------------------------------------------
    def dehydrate_email(self, registration: Registration) -> str:
        return getattr(registration, "address", "") or (registration.user.email if registration.user_id else "")

    def dehydrate_languages(self, registration: Registration) -> str:
        return joined(registration.languages)

    def dehydrate_agreed(self, registration: Registration) -> str:
        return "yes" if registration.consented or getattr(registration, "has_agreed", False) else ""

    def dehydrate_registered(self, registration: Registration) -> str:
        return registration.created.isoformat(timespec="minutes") if registration.created else ""

    def dehydrate_withdrawn(self, registration: Registration) -> str:
        return registration.withdrawn.isoformat(timespec="minutes") if registration.withdrawn else ""

    # --- saving ----------------------------------------------------------------------------------
    def save_instance(self, instance: Registration, is_create: bool, row: Row, **kwargs: Any) -> None:
        """Register or edit by the rules; their sentences come back with the column they speak of."""
        data, now = told(instance), timezone.now()
        if not is_create:
            registrations.edit(instance, data=data, by=kwargs.get("user"), now=now)
            return
        given: dict[str, Any] = {"data": data, "has_consented": getattr(instance, "has_agreed", False), "now": now}
        try:
            if kwargs["dry_run"] and instance.kind_id not in self.closed:
                self._try(copy(instance), **given)
                return
            user = self.accounts[instance.address]  # type: ignore[attr-defined]
            made = registrations.register(instance.forum, user=user, by=kwargs.get("user"), **given)
        except ValidationError as refusal:
            if getattr(refusal, "code", "") == "no-consent":
                raise ValidationError(
                    {"agreed": _("Write “yes” once the person has agreed to the privacy notice")}
                ) from None
            raise
        instance.pk, instance.user, instance.created = made.pk, user, made.created
        instance.consented, instance.link_seed = made.consented, made.link_seed

    @cached_property
    def accounts(self) -> dict[str, User]:
        """The accounts of those who are not registered yet, by their addresses in the file."""
        return made_accounts.find_or_make_many(self.newcomers, by=self.by, now=timezone.now())

    def _try(self, registration: Registration, *, data: dict[str, Any], now: datetime, **given: Any) -> None:
        """Refuse what a registration is refused for, and lock nothing. Where all places are taken, people wait for one."""
        registrations.begin(registration, data=data, now=now, **given)
        registrations.take_part(registration, data, is_brought=True, is_tried=True, now=now)
        kind = registration.kind
        if kind and kind.approval == Approver.NONE and not plain(registration.organisation):
            self.at("organisation", lambda: quotas.must_name_organisation(kind))


@with_columns(
    is_written=False,
    forum="registration__forum__slug",
    email="registration__user__email",
    name="registration__name",
    organisation="registration__organisation",  # as the person wrote it
    kind="registration__kind__slug",
)
class PersonResource(TableResource):
    """Rows that belong to a registration, as a table that goes out: who it is, at which forum, and what the row says."""

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        people = queryset.select_related("registration__forum", "registration__user", "registration__kind")
        return super().filter_export(people)
