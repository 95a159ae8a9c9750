"""The organisers' pages of the prize: results, the choice of winners, proposals of announcements, certificates. All rows are read-only."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models.time_zones import to_moment
from events.shared.admin.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import AdminPages, OwnPage
from events.shared.admin.current_forum import of_forum
from events.shared.admin.local_times import WallClockField
from events.shared.drafts import fields
from events.shared.formatting.numbers import whole_number
from events.shared.formatting.plain_text import clean
from events.shared.rights.two_people import presence
from events.shared.rights.two_people.approvals_admin import DETAILS, Details, page_of
from prizes.count import counting, recount_requests
from prizes.editions import embargo
from prizes.models import Certificate, Edition, Honour, Nomination, Result, Winner
from prizes.results import announcements, winners

CHOOSE = "prizes.choose_winner"


@admin.register(Result)
class ResultAdmin(ReadOnlyMixin, SiteAdmin):
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


@admin.register(Certificate)
class CertificateAdmin(ReadOnlyMixin, SiteAdmin):
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


def sent_reason(request, most=4000):
    """The reason that was sent. Refuses `too-long` for more than `most` characters, counted as the page counts them."""
    reason = clean(request.POST.get("reason", ""))
    if len(reason) > most:
        words = _("This has %(n)s characters. Shorten it to %(most)s") % {"n": len(reason), "most": most}
        raise ValidationError(words, code="too-long")
    return reason


@admin.register(Winner)
class WinnerAdmin(ReadOnlyMixin, SiteAdmin):
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

    def beside_list(self, request):
        counted = self.seen(request, Edition.objects.filter(counts__isnull=False).distinct(), "choose")
        return {"editions": of_forum(counted, request)}

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
            is_announced=embargo.stands(found, kind=Honour.WINNERS),
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
        winners.choose(nomination, by=request.user, reason=sent_reason(request), now=timezone.now())
        return _("%(title)s is chosen.") % {"title": nomination}

    @staticmethod
    def _take_back(request, edition):
        winners_of = Winner.objects.filter(category__edition=edition)
        winner = winners_of.filter(pk=whole_number(request.POST["winner"])).first()
        if winner is None:
            raise ValidationError(_("This choice is taken back already"), code="not-chosen")
        winners.unchoose(winner, by=request.user, reason=sent_reason(request), now=timezone.now())
        return _("The choice of %(title)s is taken back.") % {"title": winner.nomination}


class AnnouncementForm(forms.Form):
    """What is to be announced, when and why. The time is on the clock of the edition's zone."""

    kind = forms.ChoiceField(choices=Honour, label=gettext_lazy("What"))
    at = WallClockField(
        label=gettext_lazy("When"),
        required=False,
        help_text=gettext_lazy(
            "On the clock of the edition’s zone. Leave it empty to announce at once when it is approved."
        ),
    )
    reason = fields.reason(gettext_lazy("It stays in the log of the prize."), length=4000)

    def __init__(self, edition, data=None):
        super().__init__(data)
        self.edition = edition

    def clean_at(self):
        return to_moment(self.cleaned_data["at"], zone=self.edition.zone) if self.cleaned_data["at"] else None


def _details(request, approval):
    edition, kind = Edition.objects.select_related("forum").get(pk=approval.subject), embargo.KINDS[approval.kind]
    may_see = request.user.has_perm("prizes.view_result", edition)
    at = approval.moment("at")
    return {
        "edition": edition,
        "is_waiting": approval.is_waiting,
        "at": at if at and at > timezone.now() else None,
        "are_winners": kind == Honour.WINNERS,
        "recount": recount_requests.latest(edition),
        "categories": winners.fields(edition) if may_see else [],
    }


for announcement in announcements.ANNOUNCE.values():
    DETAILS[announcement.name] = Details("admin/prizes/results/announcement_details.html", _details)


class AnnouncementPages(AdminPages):
    """Mixed into the admin of editions."""

    own_pages = (OwnPage("<int:pk>/announce/", "announce", "prizes_edition_announce", announcements.RIGHT, Edition),)

    def announce(self, request, pk):
        """Propose an announcement: a form; POST keeps what was entered when it is refused."""
        edition = get_object_or_404(Edition.objects.select_related("forum"), pk=pk)
        return self.form_page(
            request,
            "admin/form_page.html",
            form=AnnouncementForm(edition, request.POST or None),
            verb=partial(announcements.propose, edition, authenticated=presence.authenticated(request)),
            done=_("The announcement is proposed. Another organiser approves it."),
            to=page_of,
            fields={"past": "at"},
            title=_("Propose an announcement"),
            sentence=_(
                "Nothing is public yet when you propose. Another organiser checks it and approves it; until it is in "
                "effect either of you can withdraw it."
            ),
            button=_("Propose this announcement"),
            edition=edition,
            back=reverse("admin:prizes_edition_change", args=[edition.pk]),
            back_name=edition,
        )
