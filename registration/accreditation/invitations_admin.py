"""The organisers' pages of invitations to register, and of requests to be a focal point."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.models import Organisation, Viewing
from events.reference import organisations
from events.shared.admin.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.lists import cells
from events.shared.admin.local_times import WallClockForm
from events.shared.drafts import fields
from events.shared.pages.file_views import stored_file_response
from events.shared.rights import memberships
from registration.accreditation import group_lists, invitations
from registration.accreditation.delegations import focal_point_requests
from registration.accreditation.invitation_forms import ListForm
from registration.accreditation.invitation_views import preview_context, sender_of, take_list, template_response, told
from registration.accreditation.invitations import Sender
from registration.models import FocalPointRequest, Kind, RegistrationInvitation
from registration.people.accounts.roles import EXPORT_PEOPLE

ADD = "registration.add_registrationinvitation"
NAME = "registration.add_focalpoint"


class OrganisersList(ListForm):
    """With the organisation by its name, and for how many days the invitations hold."""

    organisation = fields.line(
        gettext_lazy("Organisation"),
        length=200,
        hint=gettext_lazy("Its name, as it stands in the list of organisations. Empty: people say their own."),
    )
    days = fields.whole_number(gettext_lazy("Days for which they hold"), least=1, most=90, is_needed=True)

    def clean_organisation(self) -> Organisation | None:
        name = self.cleaned_data["organisation"]
        found = organisations.find(name) if name else None
        if name and found is None:
            self.add_error("organisation", _("“%(text)s” is not known here") % {"text": name[:80]})
        return found


class InvitationForm(WallClockForm):
    """One person. The rule looks at everything else."""

    def clean(self):
        data = super().clean() or {}
        if not self.errors:
            data["email"] = data["email"].lower()
            guest, sender = RegistrationInvitation(**data), Sender(self.by, data["forum"])
            for one in invitations.look([guest], sender=sender, now=timezone.now()).wrong:
                self.add_error(one.field, one.sentence)
        if not self.errors:  # who is invited a second time has a row already, and the rule changes that one or refuses
            known = RegistrationInvitation.objects.filter(forum=data["forum"], email=data["email"])
            self.instance = known.filter(organisation=data["organisation"]).first() or self.instance
        return data


def _invite(row, *, by, now):
    invitations.invite([row], sender=Sender(by, row.forum), now=now)


@admin.register(RegistrationInvitation)
class RegistrationInvitationAdmin(SiteAdmin):
    never = ("change", "delete")  # take the invitation back, and invite again
    shown_person = "registration__user"
    export_right = EXPORT_PEOPLE
    form = InvitationForm
    rights = {"invite": ADD}
    rules = {"add": _invite}
    change_list_template = "admin/registration/invitations.html"
    list_display = ["name", "email", "kind", "organisation", "state", "invited", "ends"]
    hidden_columns = ["invited_by"]
    list_filter = ["state", "kind"]
    list_select_related = ["forum", "kind", "organisation", "invited_by", "registration"]
    search_fields = ["name", "email", "organisation__name"]
    autocomplete_fields = ["organisation"]
    actions = ["send_again", "take_back"]
    change_only = ["state", "invited_by", "invited", "ends", "changed", "registration"]
    fieldsets = [
        section(
            ["forum", "kind", "organisation", "name", "email", *change_only],
            gettext_lazy(
                "One person. The mail holds a link by which only who has confirmed this address registers, in this kind and for"
                " this organisation; also in a kind by invitation only. Nothing counts before."
            ),
        )
    ]
    file_page = ("registration_registrationinvitation_list", gettext_lazy("Invite a list of people"))
    own_pages = (
        OwnPage("list/", "list_of_people", "registration_registrationinvitation_list", ADD),
        OwnPage("list/people.xlsx", "template", "registration_registrationinvitation_template", ADD),
    )

    def has_invite_permission(self, request):
        return request.user.has_perm(ADD)

    @admin.action(description=gettext_lazy("Send again"), permissions=["invite"])
    def send_again(self, request, queryset):
        done = ngettext_lazy("%(n)s sent again.", "%(n)s sent again.", "n")
        rows = queryset.select_related("forum", "kind", "organisation")
        self.each(request, rows, verb=invitations.send_again, done=done)

    @admin.action(description=gettext_lazy("Take back"), permissions=["invite"])
    def take_back(self, request, queryset):
        done = ngettext_lazy("%(n)s taken back.", "%(n)s taken back.", "n")
        self.each(request, queryset, verb=invitations.take_back, done=done)

    def list_of_people(self, request):
        """A list of people for a forum (`forum`: its slug; else the latest in which one may invite): looked at first, then those
        are invited who can be."""
        forums, now = memberships.forums(request.user, ADD), timezone.now()
        forum = self.forum_of_page(request, forums)
        kinds = list(Kind.objects.filter(forum=forum).select_related("forum"))
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = OrganisersList(*sent, user=request.user, kinds=kinds, organisations=(), initial={"days": 14})
        done, seen = 0, None
        if form.is_bound and form.is_valid():
            sender = sender_of(form, forum=forum, by=request.user, kinds=kinds, as_focal_point=False)
            done, seen = take_list(form, sender=sender, now=now)
        if done:
            self.message_user(request, told(done))
            return HttpResponseRedirect(reverse("admin:registration_registrationinvitation_changelist"))
        context = {"forum": forum, "form": form, **preview_context(form, seen)}
        title = _("Invite a list of people")
        return self.admin_page(request, "admin/registration/invite_list.html", title=title, **context)

    def template(self, request):
        forum = self.forum_of_page(request, memberships.forums(request.user, ADD))
        return template_response(group_lists.template(list(Kind.objects.filter(forum=forum))))


class NameForm(forms.Form):
    organisation = fields.line(
        gettext_lazy("Organisation"),
        length=200,
        hint=gettext_lazy("As it stands in the list of organisations. A name that is not there is added."),
        is_needed=True,
    )


class RefuseRequestForm(forms.Form):
    reason = fields.reason(gettext_lazy("The person reads it, in the mail and on the page where they asked."))


VERBS: dict[str, tuple[Any, Any, type[forms.Form], Callable[..., Any]]] = {
    "name": (
        gettext_lazy("Name as focal point"),
        gettext_lazy("Named. The mail goes out."),
        NameForm,
        focal_point_requests.grant,
    ),
    "refuse": (
        gettext_lazy("Refuse"),
        gettext_lazy("Refused. The mail goes out."),
        RefuseRequestForm,
        focal_point_requests.refuse,
    ),
}


@admin.register(FocalPointRequest)
class FocalPointRequestAdmin(ReadOnlyMixin, SiteAdmin):
    shown_person = "user"
    export_right = EXPORT_PEOPLE
    list_display = ["organisation_name", "user", "forum", "asked", "state"]
    list_filter = ["state"]
    list_select_related = ["forum", "user"]
    search_fields = ["organisation_name", "user__email"]
    readonly_fields = ["letter_link", "decision"]
    own_pages = (
        OwnPage(
            "<int:pk>/letter/",
            "letter",
            "registration_focalpointrequest_letter",
            "registration.view_focalpointrequest",
            FocalPointRequest,
        ),
        OwnPage(
            "<int:pk>/decide/<slug:verb>/", "decide", "registration_focalpointrequest_decide", NAME, FocalPointRequest
        ),
    )
    fieldsets = [
        section(
            [
                "forum",
                "user",
                "organisation_name",
                "letter_link",
                "asked",
                "decision",
                "decided_by",
                "decided",
                "reason",
            ],
            gettext_lazy(
                "Somebody asks to answer for the people of an organisation. Read the letter, and name or refuse the person."
            ),
        )
    ]

    @admin.display(description=gettext_lazy("letter"))
    def letter_link(self, row):
        if not row.letter:
            return "–"
        url = reverse("admin:registration_focalpointrequest_letter", args=[row.pk])
        return cells.links([(url, _("Open the letter"))])

    @admin.display(description=gettext_lazy("decision"))
    def decision(self, row):
        if row.state != row.State.ASKED:
            return row.get_state_display()
        name = "admin:registration_focalpointrequest_decide"
        return cells.links((reverse(name, args=[row.pk, key]), verb[0]) for key, verb in VERBS.items())

    def letter(self, request, pk):
        """The letter as a download."""
        row = self.get_object(request, str(pk))
        if row is None or not row.letter:
            raise Http404
        self.saw(request, Viewing.Kind.PAGE, [row])
        return stored_file_response(row.letter, title=row.organisation_name)

    def decide(self, request, pk, verb):
        """Ask for what the verb needs, call it, and go back to the request."""
        row = self.get_object(request, str(pk))
        if row is None or verb not in VERBS:
            raise Http404
        name, done, form, run = VERBS[verb]
        own: dict[str, Any] = {"initial": {"organisation": row.organisation_name}}
        return self.ask_about(request, row, form=form, verb=partial(run, row), done=done, title=name, **own)
