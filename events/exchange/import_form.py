"""The form that begins an import: the file, and the forum it goes into."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Forum
from events.models.forum import validate_slug_free
from events.shared.admin.local_times import AddressField
from events.shared.rights import memberships

RELEASE = "events.add_release"


def may_release(user, forum):
    """Whether a person may release the programme of a forum; None: of a new one."""
    return user.has_perm(RELEASE, forum) if forum else memberships.is_everywhere(user, RELEASE)


class FileForm(forms.Form):
    """A table and the forum it goes into. `forums`: those that may be chosen; None where rows belong to the whole site."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or XLSX, with the names of the columns in the first row; 50 MB at the most."),
    )
    forum = forms.ModelChoiceField(Forum.objects.none(), label=gettext_lazy("Forum"))

    def __init__(self, *args, user, forums, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        if forums is None:
            del self.fields["forum"]
        else:
            self.fields["forum"].queryset = forums  # type: ignore[attr-defined]

    def forum_slug(self):
        """The address of the forum; "" where rows belong to none."""
        forum = self.cleaned_data.get("forum")
        return forum.slug if forum else ""


class ProgrammeForm(FileForm):
    """A programme and the forum it goes into; a new forum where `slug` is filled in."""

    slug = AddressField(
        label=gettext_lazy("Address of the new forum"),
        required=False,
        max_length=30,
        validators=[validate_slug_free],
        help_text=gettext_lazy("Such as 2027. Its name, days and time zone come from the file."),
    )
    is_released = forms.BooleanField(
        label=gettext_lazy("Release at once"),
        required=False,
        help_text=gettext_lazy("The public sees it then, and a new forum is public. Otherwise it stands in the draft."),
    )

    def __init__(self, *args, may_make_forum, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = gettext_lazy(
            "CSV or XLSX, with the names of the columns in the first row; or frab schedule.xml or schedule.json, or "
            "iCalendar. 50 MB at the most."
        )
        if may_make_forum:
            self.fields["forum"].required = False
            self.fields["forum"].empty_label = _("A new forum")  # type: ignore[attr-defined]
        else:
            del self.fields["slug"]
        if not self.user.has_perm(RELEASE):
            del self.fields["is_released"]

    def clean(self):
        data = super().clean()
        slug = (data.get("slug") or "").strip().lower()
        if "slug" in self.fields and not data.get("forum") and not {"forum", "slug"} & self.errors.keys():
            if not slug:
                self.add_error("slug", _("Choose a forum, or enter the address of a new one"))
            elif Forum.objects.filter(slug=slug).exists():
                self.add_error("slug", _("A forum has this address. Choose it above"))
        if data.get("is_released") and not may_release(self.user, data.get("forum")):
            self.add_error("is_released", _("Your account may not release the programme of this forum"))
        data["slug"] = slug
        return data

    def forum_slug(self):
        return super().forum_slug() or self.cleaned_data["slug"]
