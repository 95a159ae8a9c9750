"""Experts and reviews of a prize as tables. The e-mail address finds an expert of the forum's edition.

Reviews give nominations to experts, all in one drawing. What is given already stays, and nothing is taken away.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Country
from events.models.reference import StakeholderType
from events.shared.formatting import addresses
from events.shared.history import made_accounts
from events.shared.tables.cells import choice, joined, parts, yes
from events.shared.tables.resources import Row, TableResource, with_columns
from prizes.models import Assignment, Category, Edition, Expert, Nomination
from prizes.review import assignments, review_mails

EXPERT_COLUMNS = ("forum", "email", "name", "organisation", "stakeholder_type", "country", "categories", "is_active")


class PrizeResource(TableResource):
    """Rows of the prize of a forum."""

    @cached_property
    def edition(self) -> Edition:
        """That of the forum. Refuses `no-edition`."""
        found = Edition.objects.filter(forum=self.forum).prefetch_related("phases").first()
        if found is None:
            raise ValidationError(_("The forum has no prize"), code="no-edition")
        return found


@with_columns(*EXPERT_COLUMNS, forum="edition__forum__slug", email="user__email", name="user__name")
class ExpertResource(PrizeResource):
    """One row per expert. A new address gets an account without a password: the person signs in by a mailed code."""

    related = ("edition__forum", "user", "country")
    prefetched = ("categories",)
    required_columns = ("email",)
    more_labels = {"email": (gettext_lazy("e-mail"),), "name": (gettext_lazy("name"),)}
    sample_columns = ("email", "name", "organisation", "stakeholder_type", "country")
    sample_rows = (
        ("awa.diallo@example.org", "Awa Diallo", "Radio Bamako", "media", "ML"),
        ("jon.lind@example.org", "Jon Lind", "University of Bergen", "academia", "NO"),
    )

    class Meta:
        model = Expert
        fields = EXPERT_COLUMNS
        import_id_fields = ("forum", "email", "name")
        name = "experts"

    @cached_property
    def known_categories(self) -> dict[str, Category]:
        """The categories of the edition by number."""
        return {str(one.number): one for one in Category.objects.filter(edition=self.edition)}

    def get_or_init_instance(self, instance_loader: Any, row: Row) -> tuple[Expert, bool]:
        self.forum_of(row)
        email = addresses.same(row["email"])
        try:
            addresses.canonical(email)
        except ValidationError:
            raise ValidationError({"email": _("“%(text)s” is no e-mail address") % {"text": email[:80]}}) from None
        known = self.get_queryset().filter(edition=self.edition, user__email=email).first()
        if known:
            return known, False
        user = made_accounts.find_or_make(email, by=self.by, now=timezone.now(), name=row.get("name", "")[:150])
        return Expert(edition=self.edition, user=user), True

    def read_stakeholder_type(self, expert: Expert, text: str) -> None:
        expert.stakeholder_type = choice(text, choices=StakeholderType.choices) if text else ""

    def read_country(self, expert: Expert, text: str) -> None:
        expert.country = self.find.one(text, Country) if text else None

    def read_is_active(self, expert: Expert, text: str) -> None:
        expert.is_active = yes(text) or not text

    def read_categories(self, expert: Expert, text: str) -> None:
        """The numbers of the categories that the expert is drawn for; none: all."""
        wanted = parts(text.replace(",", ";"))
        if unknown := [word for word in wanted if word not in self.known_categories]:
            words = _("The prize has no category %(numbers)s")
            raise ValidationError(words % {"numbers": ", ".join(unknown)[:80]}, code="not-found-category")
        expert.drawn_for = [self.known_categories[word] for word in wanted]  # type: ignore[attr-defined]

    def save_instance(self, instance: Expert, is_create: bool, row: Row, **kwargs: Any) -> None:
        """Appoint, or change, by the rule; the categories go with it."""
        assignments.appoint(instance, by=kwargs["user"], now=timezone.now())
        if hasattr(instance, "drawn_for"):
            instance.categories.set(instance.drawn_for)

    def dehydrate_categories(self, expert: Expert) -> str:
        found = getattr(expert, "drawn_for", None)
        return joined(sorted(one.number for one in (expert.categories.all() if found is None else found)))

    def dehydrate_is_active(self, expert: Expert) -> str:
        return "yes" if expert.is_active else "no"


@with_columns(forum="nomination__edition__forum__slug", email="expert__user__email", nomination="nomination__code")
@with_columns("state", is_written=False, title="nomination__title")
class AssignmentResource(PrizeResource):
    """One row per expert and nomination."""

    related = ("expert__user", "nomination__edition__forum")
    required_columns = sample_columns = ("email", "nomination")
    ignored_columns = ("title", "state")
    more_labels = {"email": (gettext_lazy("e-mail"),), "title": (gettext_lazy("title"),)}
    sample_rows = (("awa.diallo@example.org", "A1B2C3"), ("jon.lind@example.org", "A1B2C3"))

    class Meta:
        model = Assignment
        fields = ("forum", "email", "nomination", "title", "state")
        import_id_fields = ("forum", "email", "nomination")
        clean_model_instances = False  # the rule checks each pair

    @cached_property
    def experts(self) -> dict[str, Expert]:
        rows = Expert.objects.filter(edition=self.edition, is_active=True).select_related("user", "edition__forum")
        return {expert.user.email: expert for expert in rows}

    @cached_property
    def nominations(self) -> dict[str, Nomination]:
        rows = Nomination.objects.filter(edition=self.edition).select_related("edition__forum", "nominator")
        return {nomination.code: nomination for nomination in rows}

    @cached_property
    def known(self) -> dict[tuple[int, int], Assignment]:
        """Which expert has which nomination."""
        rows = self.get_queryset().filter(expert__edition=self.edition)
        return {(row.expert_id, row.nomination_id): row for row in rows}

    def get_or_init_instance(self, instance_loader: Any, row: Row) -> tuple[Assignment, bool]:
        self.forum_of(row)
        expert = self.experts.get(addresses.same(row["email"]))
        nomination = self.nominations.get(row["nomination"].upper())
        if expert is None:
            raise ValidationError({"email": _("No active expert of the edition has this e-mail")})
        if nomination is None:
            raise ValidationError({"nomination": _("No nomination of the edition has this code")})
        known = self.known.get((expert.pk, nomination.pk))
        if known and known.pk:
            return known, False
        if known:  # the same twice
            raise ValidationError({"nomination": _("This expert has this nomination already")})
        assignments.check_time(self.edition, now=timezone.now())
        self.at("nomination", lambda: assignments.check_pair(expert, nomination))
        self.known[expert.pk, nomination.pk] = made = Assignment(expert=expert, nomination=nomination)
        return made, True

    def save_instance(self, instance: Assignment, is_create: bool, row: Row, **kwargs: Any) -> None:
        """Nothing yet: all of them are one drawing."""

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        pairs = [(row.expert, row.nomination) for row in self.known.values() if not row.pk]
        if pairs:
            made = assignments.give(self.edition, pairs, by=kwargs["user"], now=timezone.now())
            self.told = review_mails.who_is_told(made, now=timezone.now())
