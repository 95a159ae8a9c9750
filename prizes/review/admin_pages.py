"""Pages of the review for organisers: assign experts, the leaderboard, publish the nominees."""

from functools import partial

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from events.models import Viewing
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.admin_recording import RecordedAdmin
from events.shared.admin.current_forum import is_about, of_forum
from events.shared.admin.relation_fields import KeysField
from events.shared.formatting.numbers import whole_number
from events.shared.rights import memberships
from events.shared.tables.table_responses import table_response
from prizes.editions.reason_form import ReasonForm
from prizes.models import Assignment, Category, Edition, Expert, Nomination
from prizes.review import assignments, criteria, leaderboard, review_mails, shortlisting
from prizes.review.nominations_admin import SHORTLISTED, UNSHORTLISTED

ONE = "one"
NEEDS_SHORTLIST = "prizes.shortlist_nomination"
ASSIGNED = ngettext_lazy("%(n)s review assigned.", "%(n)s reviews assigned.", "n")


class CategoryField(KeysField):
    def label_from_instance(self, category):
        return f"{category.number}. {category.title}"


class ExpertField(forms.ModelChoiceField):
    def label_from_instance(self, expert):
        return f"{expert.user.name} · {expert.user.email}".strip(" ·")


class AssignForm(forms.Form):
    """For one edition: which nominations go to which experts, and how."""

    method = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[
            (assignments.EVENLY, gettext_lazy("Evenly: to those who have least to do")),
            (assignments.AT_RANDOM, gettext_lazy("At random")),
            (ONE, gettext_lazy("To one expert")),
        ],
        initial=assignments.EVENLY,
        widget=forms.RadioSelect(attrs={"class": "checks"}),
    )
    expert = ExpertField(
        label=gettext_lazy("Expert"),
        queryset=Expert.objects.none(),
        required=False,
        help_text=gettext_lazy("Only for “To one expert”."),
    )
    categories = CategoryField(
        label=gettext_lazy("Categories"),
        queryset=Category.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checks"}),
        help_text=gettext_lazy("None chosen: all."),
    )
    codes = forms.CharField(
        label=gettext_lazy("Codes of nominations"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr", "spellcheck": "false"}),
        help_text=gettext_lazy("Separated by blanks or lines. Empty: all of the categories."),
    )
    seed = forms.IntegerField(
        label=gettext_lazy("Seed of the draw"),
        required=False,
        min_value=0,
        max_value=2**32 - 1,
        help_text=gettext_lazy("Only to repeat a draw at random: the number that the log names."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text=gettext_lazy("It stays in the log of the prize."),
    )

    def __init__(self, *args, edition, **kwargs):
        super().__init__(*args, **kwargs)
        self.edition = edition
        self.fields["expert"].queryset = Expert.objects.filter(edition=edition, is_active=True).select_related("user")  # type: ignore[attr-defined]
        self.fields["categories"].queryset = Category.objects.filter(edition=edition)  # type: ignore[attr-defined]

    def clean_codes(self):
        codes = list(dict.fromkeys(self.cleaned_data["codes"].upper().replace(",", " ").split()))
        found = Nomination.objects.filter(edition=self.edition, code__in=codes).select_related("edition")
        by_code = {nomination.code: nomination for nomination in found}
        unknown = [code for code in codes if code not in by_code]
        if unknown:
            raise ValidationError(
                _("No nomination of the edition has this code: %(codes)s"), params={"codes": ", ".join(unknown[:10])}
            )
        return [by_code[code] for code in codes]

    def clean(self):
        data = super().clean()
        if data.get("method") == ONE:
            if not data.get("expert") and "expert" not in self.errors:
                self.add_error("expert", _("Choose an expert"))
            if not data.get("codes") and not data.get("categories") and "codes" not in self.errors:
                self.add_error("codes", _("Enter codes or choose categories"))
        return data


def chosen_edition(request, *, among):
    """The edition that the address names (`?edition=`), of these, else the newest of the current forum; None where there is none."""
    wanted, rows = whole_number(request.GET.get("edition", "")), among.select_related("forum")
    found = of_forum(rows, request).first() if wanted is None else get_object_or_404(rows, pk=wanted)
    is_about(request, found)
    return found


def sent(request, edition):
    """The data of a form about an edition; None where nothing was sent, or there is no edition yet."""
    return request.POST if request.method == "POST" and edition else None


class ReviewPages(RecordedAdmin):
    """Views of the admin of reviews; `self` is that admin."""

    own_pages = (
        OwnPage("add/", "assign", "prizes_assignment_add", "prizes.add_assignment"),
        OwnPage("reviews/<int:edition>.csv", "export", "prizes_assignment_export", "prizes.view_score", Edition),
        OwnPage("leaderboard/<int:edition>/", "leaderboard_page", "prizes_leaderboard", NEEDS_SHORTLIST, Edition),
        OwnPage(
            "leaderboard/<int:edition>/<int:number>/",
            "category_page",
            "prizes_leaderboard_category",
            NEEDS_SHORTLIST,
            Edition,
        ),
        OwnPage("publish/<int:edition>/", "publish_page", "prizes_publish_nominees", "prizes.publish_edition", Edition),
    )

    # --- assigning --------------------------------------------------------------------------------
    def assign(self, request):
        """Reviews are not added one by one: the page that assigns experts."""
        edition = chosen_edition(request, among=self._assigned_in(request))
        form = AssignForm(sent(request, edition), edition=edition, initial={"codes": request.GET.get("codes", "")})
        experts = form.fields["expert"].queryset.values_list("user", flat=True)  # type: ignore[attr-defined]
        if edition is not None:
            self.saw_people(request, Viewing.Kind.LIST, experts, model=Expert, forum_id=edition.forum_id)
        return self.form_page(
            request,
            "admin/prizes/review/assign.html",
            form=form,
            verb=partial(self._assign, request, edition),
            done="",
            to=reverse("admin:prizes_assignment_changelist"),
            title=_("Assign experts"),
            edition=edition,
            editions=self._assigned_in(request),
            experts=len(experts),
        )

    def _assigned_in(self, request):
        """The editions in which the person may assign experts."""
        return self.seen(request, Edition.objects.all(), "add")

    def _assign(self, request, edition, *, method, expert, codes, categories, seed, reason, by, now):
        which = {"nominations": codes, "categories": [category.number for category in categories]}
        if method == ONE:
            nominations = codes or assignments.under_review(edition, **which)
            self._assign_one(request, nominations, expert=expert, reason=reason, now=now)
            return
        done = assignments.spread(edition, method=method, **which, seed=seed, reason=reason, by=by, now=now)
        messages.success(request, ASSIGNED % {"n": len(done.made)})
        _say_who_is_told(request, done.made, now=now)
        if done.seed is not None:
            messages.info(request, _("Seed of the draw: %(seed)s.") % {"seed": done.seed})
        if done.short:
            words = ngettext(
                "%(n)s nomination has too few experts: %(codes)s.",
                "%(n)s nominations have too few experts: %(codes)s.",
                len(done.short),
            )
            codes = ", ".join(row.code for row in done.short[:20]) + (", …" if len(done.short) > 20 else "")
            messages.warning(request, words % {"n": len(done.short), "codes": codes})

    @transaction.atomic
    def _assign_one(self, request, nominations, *, expert, reason, now):
        """To one expert, each nomination that the rule does not refuse; one mail tells of them all."""
        made = []

        def verb(nomination, **by):
            made.append(assignments.assign(expert=expert, nomination=nomination, reason=reason, is_told=False, **by))

        self.each(request, nominations, verb=verb, done=ASSIGNED)
        review_mails.write_assigned(made, now=now)
        _say_who_is_told(request, made, now=now)

    def export(self, request, edition):
        """Every review of an edition as CSV, with points and comments."""
        row = get_object_or_404(Edition.objects.select_related("forum"), pk=edition)
        self.took_out(request, Assignment.objects.filter(nomination__edition=row))
        header, lines = leaderboard.table(row)
        return table_response(f"reviews-{row.forum.slug}.csv", header, rows=lines)

    # --- the leaderboard --------------------------------------------------------------------------
    def leaderboard_page(self, request, edition):
        """How far the review is, category by category. POST begins with the usual criteria, where there are none."""
        row = get_object_or_404(Edition.objects.prefetch_related("phases"), pk=edition)
        if request.method == "POST":
            if not request.user.has_perm("prizes.add_criterion", row):
                raise PermissionDenied
            criteria.ensure(row)
            return HttpResponseRedirect(request.path)
        return self.admin_page(
            request,
            "admin/prizes/review/leaderboard.html",
            title=_("Leaderboard"),
            edition=row,
            editions=memberships.seen(Edition.objects.all(), request.user, NEEDS_SHORTLIST),
            progress=leaderboard.progress(row),
            has_criteria=row.criteria.exists(),
        )

    def category_page(self, request, edition, number):
        """The nominations of a category by score, with the buttons of the shortlist."""
        # By `edition__pk` a number that no column holds finds nothing; by `edition` SQLite fails.
        categories = Category.objects.filter(edition__pk=edition).select_related("edition")
        category = get_object_or_404(categories, number=number)
        board = leaderboard.rows(category)
        chosen = {whole_number(key) for key in request.POST.getlist("nomination")}
        rows = [row for row in board if row.pk in chosen]  # best first: the places go to them
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and not rows:
            form.add_error(None, _("Choose at least one nomination"))

        def move(*, reason, **_more):
            back = request.POST.get("action") == "unshortlist"
            verb = partial(shortlisting.unshortlist if back else shortlisting.shortlist, reason=reason)
            self.each(request, rows, verb=verb, done=UNSHORTLISTED if back else SHORTLISTED)

        return self.form_page(
            request,
            "admin/prizes/review/leaderboard_category.html",
            form=form,
            verb=move,
            done="",
            to=request.path,
            title=_("Leaderboard: %(category)s") % {"category": category},
            edition=category.edition,
            category=category,
            board=board,
            chosen=chosen,
            shortlisted=sum(row.state == Nomination.State.SHORTLISTED for row in board),
            numbers=[each.number for each in categories],
        )

    def publish_page(self, request, edition):
        """Ask once more, then make the shortlist the nominees."""
        row = get_object_or_404(Edition.objects.prefetch_related("phases"), pk=edition)
        progress = leaderboard.progress(row)
        return self.form_page(
            request,
            "admin/prizes/review/publish.html",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            verb=partial(shortlisting.publish_nominees, row),
            done=_("The nominees are published."),
            to=reverse("admin:prizes_leaderboard", args=[row.pk]),
            title=_("Publish the nominees"),
            edition=row,
            progress=progress,
            shortlisted=sum(each.shortlisted for each in progress),
            others=sum(each.left_behind for each in progress),
        )


def _say_who_is_told(request, made, *, now):
    for sentence in review_mails.who_is_told(made, now=now):
        messages.info(request, sentence)
