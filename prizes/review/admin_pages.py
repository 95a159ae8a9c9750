"""Pages of the review for organisers: assign experts, read a file of assignments, the leaderboard, publish the nominees."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.formatting.numbers import whole_number
from events.staff.admin_bases import each
from events.staff.relation_fields import KeysField
from events.tables.writing import CONTENT_TYPE, csv_bytes
from prizes.models import Category, Edition, Expert, Nomination
from prizes.review import assignments, criteria, review_mails
from prizes.review.shortlist import leaderboard, shortlisting
from prizes.review.shortlist.admin_actions import ReasonForm, shortlisted_words, unshortlisted_words

ONE = "one"


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


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or XLSX with the columns e-mail and nomination (its code)."),
        error_messages={"required": gettext_lazy("Choose a file"), "empty": gettext_lazy("The file is empty")},
    )


def _needs(request, permission):
    if not request.user.has_perm(permission):
        raise PermissionDenied


def chosen_edition(request):
    """The edition that the address names (`?edition=`), else the newest; None where there is none."""
    wanted = whole_number(request.GET.get("edition", ""))
    if wanted is not None:
        return get_object_or_404(Edition.objects.select_related("forum"), pk=wanted)
    return Edition.objects.select_related("forum").first()


class ReviewPages(admin.ModelAdmin):
    """Views of the admin of reviews; `self` is that admin."""

    def _page(self, request, template, **context):
        base = {**self.admin_site.each_context(request), "opts": self.opts, "editions": Edition.objects.all()}
        return TemplateResponse(request, f"admin/prizes/review/{template}.html", {**base, **context})

    # --- assigning --------------------------------------------------------------------------------
    def assign_page(self, request):
        _needs(request, "prizes.add_assignment")
        edition = chosen_edition(request)
        if edition is None:
            return self._page(request, "assign", title=_("Assign experts"), edition=None)
        form = AssignForm(request.POST or None, edition=edition, initial={"codes": request.GET.get("codes", "")})
        if form.is_valid():
            try:
                self._assign(request, edition, form.cleaned_data)
            except ValidationError as refusal:
                form.add_error(None, ValidationError(refusal.messages))
            else:
                return HttpResponseRedirect(reverse("admin:prizes_assignment_changelist"))
        return self._page(
            request,
            "assign",
            title=_("Assign experts"),
            edition=edition,
            form=form,
            experts=form.fields["expert"].queryset.count(),  # type: ignore[attr-defined]
        )

    def _assign(self, request, edition, data):
        by, now, reason = request.user, timezone.now(), data["reason"]
        codes, categories = data["codes"] or None, [category.number for category in data["categories"]] or None
        if data["method"] == ONE:
            rows = codes or Nomination.objects.filter(
                edition=edition, category__number__in=categories, state__in=assignments.REVIEWED
            )
            expert = data["expert"]

            made = []

            def verb(row):
                made.append(
                    assignments.assign(expert=expert, nomination=row, by=by, now=now, reason=reason, is_told=False)
                )

            with transaction.atomic():
                each(self, request, rows, verb=verb, done=_assigned_words)
                review_mails.write_assigned(made, now=now)
            _say_who_is_told(request, made, now=now)
            return
        done = assignments.spread(
            edition,
            method=data["method"],
            by=by,
            now=now,
            nominations=codes,
            categories=categories,
            seed=data["seed"],
            reason=reason,
        )
        messages.success(request, _assigned_words(len(done.made)))
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

    def import_page(self, request):
        """Assignments from a file: all lines, or none and a sentence for each bad one."""
        _needs(request, "prizes.add_assignment")
        edition = chosen_edition(request)
        form = ImportForm(request.POST or None, request.FILES or None)
        refused = []
        if edition is not None and form.is_valid():
            try:
                rows = assignments.read(form.cleaned_data["file"].read())
                made = assignments.bring_in(edition, rows=rows, by=request.user, now=(now := timezone.now()))
            except ValidationError as refusal:
                refused = refusal.messages
            else:
                messages.success(request, _assigned_words(len(made)))
                _say_who_is_told(request, made, now=now)
                return HttpResponseRedirect(reverse("admin:prizes_assignment_changelist"))
        return self._page(
            request,
            "assign_import",
            title=_("Assign experts from a file"),
            edition=edition,
            form=form,
            refused=refused[:200],
            more=max(len(refused) - 200, 0),
        )

    def export(self, request, edition):
        """Every review of an edition as CSV, with points and comments."""
        _needs(request, "prizes.view_score")
        row = get_object_or_404(Edition.objects.select_related("forum"), pk=edition)
        header, lines = leaderboard.table(row)
        response = HttpResponse(csv_bytes(header, rows=lines), content_type=CONTENT_TYPE)
        response["Content-Disposition"] = f'attachment; filename="reviews-{row.forum.slug}.csv"'
        return response

    # --- the leaderboard --------------------------------------------------------------------------
    def leaderboard_page(self, request, edition):
        """How far the review is, category by category."""
        _needs(request, "prizes.shortlist_nomination")
        row = get_object_or_404(Edition.objects.prefetch_related("phases"), pk=edition)
        if request.method == "POST":  # the one button of the page: begin with the usual criteria
            _needs(request, "prizes.add_criterion")
            criteria.ensure(row)
            return HttpResponseRedirect(request.path)
        progress = leaderboard.progress(row)
        return self._page(
            request,
            "leaderboard",
            title=_("Leaderboard"),
            edition=row,
            progress=progress,
            has_criteria=row.criteria.exists(),
            shortlisted=sum(each.shortlisted for each in progress),
            may_publish=request.user.has_perm("prizes.publish_edition"),
        )

    def category_page(self, request, edition, number):
        """The nominations of a category by score, with the buttons of the shortlist."""
        _needs(request, "prizes.shortlist_nomination")
        row = get_object_or_404(Edition.objects.all(), pk=edition)
        category = get_object_or_404(Category, edition=row, number=number)
        category.edition = row
        form = ReasonForm(request.POST if request.method == "POST" else None)
        keys = request.POST.getlist("nomination")
        chosen = {number for key in keys if (number := whole_number(key)) is not None}
        if request.method == "POST" and not chosen:
            form.add_error(None, _("Choose at least one nomination"))
        elif form.is_valid():
            self._move(request, category, chosen=chosen, reason=form.cleaned_data["reason"])
            return HttpResponseRedirect(request.path)
        board = leaderboard.rows(category)
        return self._page(
            request,
            "leaderboard_category",
            title=_("Leaderboard: %(category)s") % {"category": category},
            edition=row,
            category=category,
            board=board,
            form=form,
            chosen=chosen,
            shortlisted=sum(line.nomination.state == Nomination.State.SHORTLISTED for line in board),
            numbers=list(row.categories.values_list("number", flat=True)),
        )

    def _move(self, request, category, *, chosen, reason):
        now = timezone.now()
        is_back = request.POST.get("action") == "unshortlist"
        move = shortlisting.unshortlist if is_back else shortlisting.shortlist
        each(
            self,
            request,
            # Best first: where the places do not suffice for all that are chosen, these get them.
            [line.nomination for line in leaderboard.rows(category) if line.nomination.pk in chosen],
            verb=lambda row: move(row, by=request.user, reason=reason, now=now),
            done=unshortlisted_words if is_back else shortlisted_words,
        )

    def publish_page(self, request, edition):
        """Ask once more, then make the shortlist the nominees."""
        _needs(request, "prizes.publish_edition")
        row = get_object_or_404(Edition.objects.prefetch_related("phases"), pk=edition)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                shortlisting.publish_nominees(
                    row, by=request.user, reason=form.cleaned_data["reason"], now=timezone.now()
                )
            except ValidationError as refusal:
                form.add_error(None, ValidationError(refusal.messages))
            else:
                messages.success(request, _("The nominees are published."))
                return HttpResponseRedirect(reverse("admin:prizes_leaderboard", args=[row.pk]))
        progress = leaderboard.progress(row)
        return self._page(
            request,
            "publish",
            title=_("Publish the nominees"),
            edition=row,
            form=form,
            progress=progress,
            shortlisted=sum(each.shortlisted for each in progress),
            others=sum(each.nominations - each.shortlisted for each in progress),
        )


def _say_who_is_told(request, made, *, now):
    """Whether the mails to the experts go, or wait as drafts to be checked."""
    experts = review_mails.told(made)
    if not experts:
        return
    number = len(experts)
    if review_mails.is_final(experts[0], now=now):
        words = ngettext("%(n)s expert is told by mail.", "%(n)s experts are told by mail.", number)
    else:
        words = ngettext(
            "The review has not begun: the mail to %(n)s expert stays a draft until an organiser lets it go.",
            "The review has not begun: the mails to %(n)s experts stay drafts until an organiser lets them go.",
            number,
        )
    messages.info(request, words % {"n": number})


def _assigned_words(number):
    return ngettext("%(n)s review assigned.", "%(n)s reviews assigned.", number) % {"n": number}
