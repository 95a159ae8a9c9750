"""The organisers' pages of the prize: results, the choice of winners, announcements by two, certificates. All rows are read-only."""

from functools import partial

from allauth.core.exceptions import ReauthenticationRequired
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.formatting.numbers import whole_number
from events.formatting.plain_text import clean
from events.models.time_zones import to_moment
from events.staff.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.staff.admin_page_bases import OwnPage
from events.staff.current_forum import of_forum
from events.staff.local_times import WallClockField
from events.staff.two_people import presence
from prizes.count import counting, recount_requests
from prizes.editions import embargo
from prizes.models import Announcement, Certificate, Edition, Nomination, Result, Turnout, Winner
from prizes.results import announcements, winners

CHOOSE, DECIDE = "prizes.choose_winner", "prizes.decide_announcement"


class WrittenByTheSite(ReadOnlyMixin, SiteAdmin):
    """Rows that only the rules write: no superuser adds, changes or deletes one here."""


@admin.register(Result)
class ResultAdmin(WrittenByTheSite):
    list_display = ["nomination", "category", "votes", "attendee_votes", "rank", "is_champion", "is_tied", "count"]
    list_filter = ["count", "is_champion", "is_tied", "category"]
    list_select_related = ["nomination", "category", "count__edition"]
    search_fields = ["nomination__title", "nomination__code"]
    fieldsets = [
        section(
            ["count", "category", "nomination", "votes", "attendee_votes", "rank", "is_champion", "is_tied"],
            about=gettext_lazy("Secret until the champions are announced: do not tell, print or forward it."),
        )
    ]


@admin.register(Turnout)
class TurnoutAdmin(WrittenByTheSite):
    list_display = ["count", "dimension", "value", "people"]
    list_filter = ["count", "dimension"]
    list_select_related = ["count__edition"]
    search_fields = ["value"]
    fieldsets = [
        section(
            list_display,
            about=gettext_lazy("Every group is listed here, small ones too. The public page hides those under 5."),
        )
    ]


@admin.register(Certificate)
class CertificateAdmin(WrittenByTheSite):
    list_display = ["nomination", "kind", "issued", "code"]
    list_filter = ["kind"]
    list_select_related = ["nomination"]
    search_fields = ["code", "nomination__title"]
    fieldsets = [
        section(
            list_display,
            about=gettext_lazy("Issued by the site once an announcement is in effect. The public checks the code."),
        )
    ]


def sent_reason(request, *, most):
    """The reason that was sent. Refuses `too-long` for more than `most` characters, counted as the page counts them."""
    reason = clean(request.POST.get("reason", ""))
    if len(reason) > most:
        words = _("This has %(n)s characters. Shorten it to %(most)s") % {"n": len(reason), "most": most}
        raise ValidationError(words, code="too-long")
    return reason


@admin.register(Winner)
class WinnerAdmin(WrittenByTheSite):
    change_list_template = "admin/prizes/results/winners.html"
    list_display = ["nomination", "category", "edition", "chosen_by", "chosen"]
    list_select_related = ["nomination", "category__edition", "chosen_by"]
    search_fields = ["nomination__title", "category__title"]
    own_pages = [OwnPage("choose/<int:edition>/", "choose", "prizes_winner_choose", CHOOSE, Edition)]
    fieldsets = [
        section(
            ["category", "nomination", "reason", "chosen_by", "chosen"],
            about=gettext_lazy("Secret until the winners are announced. Choose winners from the list of winners."),
        )
    ]

    @admin.display(description=gettext_lazy("Edition"), ordering="category__edition")
    def edition(self, winner):
        return winner.category.edition

    def changelist_view(self, request, extra_context=None):
        counted = self.seen(request, Edition.objects.filter(counts__isnull=False).distinct(), "choose")
        return super().changelist_view(request, {"editions": of_forum(counted, request), **(extra_context or {})})

    def choose(self, request, edition):
        """The champions of each category; POST chooses one (`nomination`, `reason`) or takes a choice back (`winner`)."""
        found = get_object_or_404(Edition, pk=edition)
        refusal, category = "", request.POST.get("category", "")
        if request.method == "POST":
            try:
                done = self._take_back(request, found) if "winner" in request.POST else self._choose(request, found)
            except ValidationError as refused:
                refusal = " ".join(refused.messages)
            else:
                self.message_user(request, done, messages.SUCCESS)
                return HttpResponseRedirect(f"{request.path}#c{category}" if whole_number(category) else request.path)
        return self.admin_page(
            request,
            "admin/prizes/results/choose.html",
            title=_("Choose winners"),
            edition=found,
            count=counting.latest(found),
            fields=winners.fields(found),
            barred=winners.barred(found, user=request.user),
            dethroned=winners.dethroned(found),
            is_announced=embargo.is_promised(found, kind=Announcement.Kind.WINNERS),
            refusal=refusal,
            errors=bool(refusal),
            refused_category=category,
            posted=request.POST,
        )

    @staticmethod
    def _choose(request, edition):
        key = whole_number(request.POST.get("nomination", ""))
        nomination = Nomination.objects.filter(edition=edition, pk=key).first()
        if nomination is None:
            raise ValidationError(_("Choose a champion"), code="not-a-champion")
        winners.choose(nomination, by=request.user, reason=sent_reason(request, most=4000), now=timezone.now())
        return _("%(title)s is chosen.") % {"title": nomination}

    @staticmethod
    def _take_back(request, edition):
        winners_of = Winner.objects.filter(category__edition=edition)
        winner = winners_of.filter(pk=whole_number(request.POST["winner"])).first()
        if winner is None:
            raise ValidationError(_("This choice is taken back already"), code="not-chosen")
        winners.unchoose(winner, by=request.user, reason=sent_reason(request, most=4000), now=timezone.now())
        return _("The choice of %(title)s is taken back.") % {"title": winner.nomination}


class ProposalForm(forms.Form):
    """What is to be announced, when and why. The time is on the clock of the edition's zone."""

    edition = forms.ModelChoiceField(Edition.objects.none(), label=gettext_lazy("Edition"))
    kind = forms.ChoiceField(choices=Announcement.Kind, label=gettext_lazy("What"))
    at = WallClockField(
        label=gettext_lazy("When"),
        required=False,
        help_text=gettext_lazy(
            "On the clock of the edition’s zone. Leave it empty to announce at once when it is approved."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args, editions, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["edition"].queryset = editions  # type: ignore[attr-defined]

    def clean(self):
        data = super().clean()
        if data.get("at") and data.get("edition"):
            try:
                data["at"] = to_moment(data["at"], zone=data["edition"].zone)
            except ValidationError as refusal:
                self.add_error("at", refusal)
        return data


@admin.register(Announcement)
class AnnouncementAdmin(WrittenByTheSite):
    change_list_template = "admin/prizes/results/announcements.html"
    change_form_template = "admin/prizes/results/announcement.html"
    list_display = ["kind", "edition", "state", "at", "proposed_by", "proposed", "approved_by", "approved"]
    list_filter = ["kind", "state"]
    list_select_related = ["edition", "proposed_by", "approved_by"]
    search_fields = ["edition__name", "reason"]
    own_pages = [
        OwnPage("propose/", "propose", "prizes_announcement_propose", DECIDE),
        OwnPage("<int:announcement>/decide/", "decide", "prizes_announcement_decide", DECIDE, Announcement),
    ]
    fieldsets = [
        section(
            ["edition", "kind", "state", "at", "reason", "proposed_by", "proposed", "approved_by", "approved"],
            about=gettext_lazy("One organiser proposes, another approves. Times on this page are in UTC."),
        )
    ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        context = {**self._decision(request, object_id), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def _decision(self, request, object_id):
        """What the person may do with this announcement, beside its fields."""
        announcement = self.get_object(request, object_id)
        if announcement is None or not request.user.has_perm(DECIDE, announcement):
            return {}
        now, may_see = timezone.now(), request.user.has_perm("prizes.view_result", announcement)
        return {
            "announcement": announcement,
            "is_own": announcement.proposed_by_id == request.user.pk,
            "is_past": announcement.at is not None and announcement.at <= now,
            "recount": recount_requests.latest(announcement.edition),
            "moves": announcements.moves(announcement, now=now),
            "fields": winners.fields(announcement.edition) if may_see else [],
        }

    def propose(self, request):
        """Propose an announcement: a form; POST keeps what was entered when it is refused."""
        return self.form_page(
            request,
            "admin/form_page.html",
            form=ProposalForm(request.POST or None, editions=self.seen(request, Edition.objects.all(), "decide")),
            verb=partial(announcements.propose, authenticated=presence.authenticated(request)),
            done=_("The announcement is proposed. Another organiser approves it."),
            to=lambda row: reverse("admin:prizes_announcement_change", args=[row.pk]),
            fields={"past": "at"},
            title=_("Propose an announcement"),
            sentence=_(
                "Nothing is public yet when you propose. Another organiser checks it and approves it; until it is in "
                "effect either of you can withdraw it."
            ),
            button=_("Propose this announcement"),
        )

    def decide(self, request, announcement):
        """POST `verb`: approve or withdraw (with `reason`)."""
        found = get_object_or_404(Announcement, pk=announcement)
        if request.method == "POST":
            who = {"by": request.user, "authenticated": presence.authenticated(request), "now": timezone.now()}
            try:
                if request.POST.get("verb") == "approve":
                    announcements.approve(found, **who)
                    done = _("The announcement is approved.")
                else:
                    announcements.withdraw(found, reason=sent_reason(request, most=2000), **who)
                    done = _("The announcement is withdrawn.")
            except ValidationError as refusal:
                if refusal.code == presence.NOT_RECENT:
                    raise ReauthenticationRequired from refusal
                self.message_user(request, " ".join(refusal.messages), messages.ERROR)
            else:
                self.message_user(request, done, messages.SUCCESS)
        return redirect("admin:prizes_announcement_change", found.pk)
