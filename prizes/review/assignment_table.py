"""Reviews as a table: it gives nominations to experts, all in one drawing. What is given already stays, and nothing is taken away."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field

from events.shared.formatting import addresses
from events.shared.tables.resources import Row, with_columns
from prizes.models import Assignment, Expert, Nomination
from prizes.review import assignments, review_mails
from prizes.review.experts.expert_table import PrizeResource


@with_columns("forum")
class AssignmentResource(PrizeResource):
    """One row per expert and nomination."""

    email = Field("expert__user__email", "email")
    nomination = Field("nomination__code", "nomination")
    title = Field("nomination__title", "title", readonly=True)
    state = Field("state", "state", readonly=True)

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

    def dehydrate_forum(self, row: Assignment) -> str:
        return row.nomination.edition.forum.slug
