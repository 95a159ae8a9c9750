"""The organisers' pages of the prize: criteria, experts and their reviews."""

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.models import User
from events.shared.admin.admin_bases import BOXES, ReadOnlyMixin, RowsInline, SiteAdmin, section
from events.shared.admin.admin_recording import EVERY
from events.shared.admin.current_forum import of_forum
from events.shared.admin.local_times import WallClockForm
from events.shared.tables.admin_bases import TableMixin
from prizes.models import Assignment, Criterion, Edition, Expert, Score
from prizes.models.review import MOST_POINTS
from prizes.review import assignments, criteria
from prizes.review.admin_pages import ReviewPages
from prizes.review.tables import AssignmentResource, ExpertResource

# --- criteria -------------------------------------------------------------------------------------
ANCHORS = [f"anchor_{points}" for points in range(MOST_POINTS + 1)]


def _anchor(points):
    return forms.CharField(
        label=ngettext_lazy("%(n)s point", "%(n)s points", points) % {"n": points},
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField", "dir": "auto"}),
    )


class CriterionForm(WallClockForm):
    """The anchors have a field for each number of points."""

    anchor_0, anchor_1, anchor_2 = _anchor(0), _anchor(1), _anchor(2)
    anchor_3, anchor_4, anchor_5 = _anchor(3), _anchor(4), _anchor(5)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ANCHORS:
            if name in self.fields:
                self.fields[name].initial = self.instance.anchors.get(name.removeprefix("anchor_"), "")

    def clean(self):
        data = super().clean()
        if self.instance.pk is None and data.get("edition"):
            criteria.check_new(data["edition"])
        words = {name.removeprefix("anchor_"): data.get(name, "").strip() for name in ANCHORS}
        self.instance.anchors = {points: text for points, text in words.items() if text}
        return data


@admin.register(Criterion)
class CriterionAdmin(SiteAdmin):
    rules = {"add": criteria.save, "change": criteria.save, "delete": criteria.remove}
    is_deleted_alone = True
    written_by_rules = EVERY
    is_deleted_by_rules = True
    form = CriterionForm
    list_display = ["number", "name", "weight", "edition"]
    list_display_links = ["name"]
    list_select_related = ["edition"]
    search_fields = ["name", "description"]
    readonly_fields = read_only = ["meanings"]
    write_only = ANCHORS
    fixed_fields = ["edition"]
    fieldsets = [
        section(
            ["edition", "number", "name", "description", "weight"],
            gettext_lazy("Experts give 0 to 5 points for each criterion. One of weight 2 counts twice."),
        ),
        section(
            [*write_only, *read_only],
            gettext_lazy("Words beside the points, so that experts mean the same. Some may stay empty."),
            gettext_lazy("What the points mean"),
        ),
    ]

    @admin.display(description=gettext_lazy("what the points mean"))
    def meanings(self, criterion):
        return " · ".join(f"{points}: {words}" for points, words in sorted(criterion.anchors.items())) or "–"


# --- experts --------------------------------------------------------------------------------------
class ExpertForm(WallClockForm):
    email = forms.EmailField(
        label=gettext_lazy("E-mail of the account"),
        help_text=gettext_lazy("The person signs up first; then they are found by this address."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        edition = self.instance.edition_id
        if "categories" in self.fields:
            rows = self.fields["categories"].queryset.select_related("edition")  # type: ignore[attr-defined]
            self.fields["categories"].queryset = rows.filter(edition=edition) if edition else rows  # type: ignore[attr-defined]
            self.fields["categories"].label_from_instance = lambda row: f"{row.number}. {row} · {row.edition}"  # type: ignore[attr-defined]
        if self.instance.pk:
            del self.fields["email"]

    def clean(self):
        data = super().clean()
        edition = data.get("edition") or (self.instance.edition if self.instance.edition_id else None)
        if edition and any(row.edition_id != edition.pk for row in data.get("categories") or []):
            self.add_error("categories", _("Choose categories of this edition"))
        if not self.instance.pk and data.get("email") and edition:
            self._find(data["email"].lower(), edition=edition)
        return data

    def _find(self, email, *, edition):
        user = User.objects.filter(email=email, is_active=True).first()
        if user is None:
            self.add_error("email", _("Nobody has an account with this address. Ask the person to sign up first"))
        elif Expert.objects.filter(edition=edition, user=user).exists():
            self.add_error("email", _("This person is an expert of the edition already"))
        else:
            self.instance.user = user


@admin.register(Expert)
class ExpertAdmin(TableMixin, SiteAdmin):
    rules = dict.fromkeys(["add", "change"], assignments.appoint)
    resource = ExpertResource
    shown_person = "user"
    written_by_rules = EVERY
    form = ExpertForm
    formfield_overrides = SiteAdmin.formfield_overrides | BOXES
    role_of = ("user",)
    list_display = ["user", "organisation", "country", "finished", "is_active", "edition"]
    list_filter = ["is_active", "stakeholder_type"]
    list_select_related = ["edition", "user", "country"]
    annotations = {
        "reviews": Count("assignments", ~Q(assignments__state="recused")),
        "done": Count("assignments", Q(assignments__state="done")),
    }
    search_fields = ["user__name", "user__email", "organisation"]
    fixed_fields = ["edition", "user"]
    add_only = ["email"]
    change_only = ["user"]
    fieldsets = [
        section(
            ["edition", "email", "user", "is_active"],
            gettext_lazy("Experts review nominations on their desk. Untick “active” to close it to them."),
        ),
        section(
            ["organisation", "stakeholder_type", "country"],
            gettext_lazy("Compared with the nominations: the expert answers each conflict that is found."),
            gettext_lazy("For conflicts of interest"),
        ),
        section(
            ["categories"],
            gettext_lazy("Which categories the expert is drawn for; none: all."),
            gettext_lazy("Field"),
        ),
    ]

    @admin.display(description=gettext_lazy("finished"), ordering="done")
    def finished(self, expert):
        return _("%(done)s of %(reviews)s") % {"done": expert.done, "reviews": expert.reviews}


# --- reviews --------------------------------------------------------------------------------------
class ScoreInline(ReadOnlyMixin, RowsInline):
    model = Score
    fields = ["criterion", "points"]
    joined = ["criterion"]


@admin.register(Assignment)
class AssignmentAdmin(ReviewPages, TableMixin, SiteAdmin):
    """Reviews: given out on a page of their own or by a table, written by experts only; organisers look, and take back what is not
    begun."""

    resource = AssignmentResource
    import_verbs = ("add",)
    never = ("change",)
    never_once = {"delete": assignments.is_begun}
    is_deleted_alone = True
    is_deleted_by_rules = True
    shown_person = "expert__user"

    change_list_template = "admin/prizes/review/assignment_list.html"
    list_display = ["nomination", "code", "expert", "state", "found", "updated"]
    list_filter = ["state", "nomination__category"]
    list_select_related = ["nomination__category", "expert__user"]
    search_fields = ["=nomination__code", "nomination__title", "expert__user__name", "expert__user__email"]
    search_help_text = gettext_lazy("Search by code, title or expert.")
    date_hierarchy = "assigned"
    inlines = [ScoreInline]
    actions = ["take_away"]
    rights = {"take": "prizes.delete_assignment"}
    fieldsets = [
        section(
            ["nomination", "expert", "state", "assigned", "updated"],
            gettext_lazy("Only the expert writes a review. Points count when it is finished."),
        ),
        section(
            ["found", "answer"],
            gettext_lazy("What the data proposed, and what the expert says."),
            gettext_lazy("Conflict of interest"),
        ),
        section(["comment"], gettext_lazy("Written for the organisers."), gettext_lazy("Comment")),
    ]

    def has_take_permission(self, request):
        return request.user.has_perm(self.right("take"))

    def delete_model(self, request, obj):
        reason = request.POST.get("reason", "").strip()[:2000]
        assignments.unassign(obj, by=request.user, now=timezone.now(), reason=reason)

    def beside_list(self, request):
        editions = of_forum(self.seen(request, Edition.objects.all(), "add"), request)
        return {**super().beside_list(request), "editions": editions[:3]}

    @admin.display(description=gettext_lazy("code"), ordering="nomination__code")
    def code(self, assignment):
        return assignment.nomination.code

    @admin.display(description=gettext_lazy("conflicts found"))
    def found(self, assignment):
        labels = dict(Assignment.Conflict.choices)
        return ", ".join(str(labels.get(value, value)) for value in assignment.conflicts) or "–"

    @admin.action(description=gettext_lazy("Take away from the expert"), permissions=["take"])
    def take_away(self, request, queryset):
        done = ngettext_lazy("%(n)s taken away.", "%(n)s taken away.", "n")
        self.each(request, queryset, verb=assignments.unassign, done=done)
