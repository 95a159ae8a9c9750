"""What the desk does with people: registers somebody, writes to those whom it chose."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Country, Forum
from events.models.reference import Gender, StakeholderType
from events.shared.admin.admin_page_bases import ASK_FIRST, OwnPage
from events.shared.admin.admin_recording import RecordedAdmin
from events.shared.formatting.names import row_name
from events.shared.pages import revision
from events.shared.rights import memberships
from registration.models import Kind, Registration
from registration.registering.desk import chosen_people, newcomers

RIGHT = "registration.change_registration"  # of whoever registers people at the desk


class DeskForm(forms.Form):
    forum = forms.ModelChoiceField(Forum.objects.none(), label=gettext_lazy("Forum"), empty_label=None)
    email = forms.EmailField(label=gettext_lazy("E-mail"), help_text=gettext_lazy("A mail tells them there."))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    organisation = forms.CharField(label=gettext_lazy("Organisation"), max_length=200, required=False)
    stakeholder_type = forms.ChoiceField(
        label=gettext_lazy("Stakeholder type"), choices=[("", "–"), *StakeholderType.choices]
    )
    country = forms.ModelChoiceField(Country.objects.none(), label=gettext_lazy("Country"))
    gender = forms.ChoiceField(label=gettext_lazy("Gender"), choices=Gender.choices, initial=Gender.UNDISCLOSED)
    kind = forms.ModelChoiceField(
        Kind.objects.none(),
        label=gettext_lazy("Kind"),
        required=False,
        help_text=gettext_lazy(
            "One by invitation too, if you may approve people. Where all places are taken, they are on the waiting list."
        ),
    )
    mode = forms.ChoiceField(label=gettext_lazy("Attendance"), choices=Registration.Mode.choices)
    language = forms.ChoiceField(label=gettext_lazy("Language of mails"), choices=settings.LANGUAGES)
    consent = forms.CharField(
        label=gettext_lazy("How they agreed to the privacy notice"),
        max_length=500,
        help_text=gettext_lazy("Such as “read it at the desk and said yes”. The history keeps it."),
    )

    def __init__(self, *args, forums, **kwargs):
        super().__init__(*args, **kwargs)
        kinds = Kind.objects.filter(forum__in=forums).select_related("forum")
        for name, rows in {"forum": forums, "country": Country.objects.all(), "kind": kinds}.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
            self.fields[name].label_from_instance = row_name  # type: ignore[attr-defined]
        named = ((kind.pk, f"{kind.forum}: {kind.name}") for kind in kinds)
        self.fields["kind"].choices = [("", "–"), *named]  # type: ignore[attr-defined]


def _register(*, forum, country, kind, mode, by, now, **answers):
    answers |= {"country": country.pk, "kind": kind and kind.pk, "time_zone": forum.time_zone}
    if not kind or not kind.mode:
        answers["mode"] = mode
    row = newcomers.register(forum=forum, by=by, now=now, **answers)
    revision.bump()
    return row


def _done(row):
    words = _("%(name)s is registered: %(state)s. The mail goes out.")
    return words % {"name": row.name, "state": row.get_state_display()}


class DeskPages(RecordedAdmin):
    """Views and actions of the admin of registrations; `self` is that admin."""

    own_pages = (OwnPage("at-the-desk/", "at_the_desk", "registration_registration_desk", RIGHT),)
    actions = ("write_to",)
    rights = {"write": "events.add_mailing"}

    def at_the_desk(self, request):
        """Register somebody. The rules of the forum and of the kind hold."""
        forums = memberships.forums(request.user, RIGHT)
        return self.form_page(
            request,
            ASK_FIRST,
            form=DeskForm(request.POST if request.method == "POST" else None, forums=forums),
            verb=_register,
            done=_done,
            to=lambda row: reverse("admin:registration_registration_change", args=[row.pk]),
            title=_("Register somebody"),
            button=_("Register"),
            rows=[],
        )

    @admin.action(description=gettext_lazy("Write to"), permissions=["write"])
    def write_to(self, request, queryset):
        """Begin a message to those who have not withdrawn, whatever was decided, of one forum."""
        forums = list(Forum.objects.filter(registrations__in=queryset).distinct()[:2])
        if len(forums) != 1:
            return self.message_user(request, _("Choose people of one forum."), messages.ERROR)
        keys = queryset.standing().order_by("pk").values_list("pk", flat=True)
        mailing = chosen_people.write_to(forums[0], keys=keys, by=request.user, now=timezone.now())
        return HttpResponseRedirect(reverse("admin:events_mailing_change", args=[mailing.pk]))

    def has_write_permission(self, request):
        return memberships.has(request.user, self.right("write"))
