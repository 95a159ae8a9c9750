"""Pages of a forum in the organisers' site: show it to the public, make the next one from it, what is still last year's, and
the archive."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.forums import archive, copied_rows, next_forum, participants_list
from events.forums.left_over import LeftOver, RowToMend
from events.forums.moved_dates import weeks_to_next
from events.models import Forum
from events.models.forum import forum_paths
from events.models.reference import ListOfParticipants
from events.shared.admin.admin_bases import PublicPageMixin
from events.shared.admin.admin_page_bases import ASK_FIRST, OwnPage
from events.shared.admin.local_times import AddressField
from events.shared.formatting.times import date_range, long_date
from events.shared.rights import memberships
from events.shared.rights.two_people import presence

ADD, CHANGE, ARCHIVE = "events.add_forum", "events.change_forum", "events.archive_forum"


class NextForumForm(forms.ModelForm):
    """How the next forum is called, when it begins and how long it lasts, and what it takes over."""

    weeks = forms.IntegerField(label=gettext_lazy("Weeks later"), min_value=1, max_value=next_forum.MOST_WEEKS)
    days = forms.IntegerField(label=gettext_lazy("Days"), min_value=1, max_value=next_forum.MOST_DAYS)
    parts = forms.MultipleChoiceField(
        label=gettext_lazy("What it takes over"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "The settings of the forum are always taken over, and dates move with it. Nothing about people is taken over. "
            "Nothing of the next forum is public at first."
        ),
    )
    with_roles = forms.BooleanField(
        label=gettext_lazy("The people with a role in this forum get it in the next one"),
        required=False,
        help_text=gettext_lazy(
            "Given by you, as on the page of roles: you are left out, and supervisors, prize officers and experts wait for a "
            "second supervisor. Who has a role in all forums has it there anyway."
        ),
    )

    class Meta:
        model = Forum
        fields = ("name", "slug")
        field_classes = {"slug": AddressField}

    def __init__(self, data: Any, *, forum: Forum, gives_roles: bool) -> None:
        today = forum.today(timezone.now())
        weeks = weeks_to_next(forum.starts, today=today)
        year = (forum.starts + timedelta(weeks=weeks)).year
        given = {name: getattr(forum, name).replace(str(forum.starts.year), str(year)) for name in self.Meta.fields}
        parts = copied_rows.parts()
        given |= {"weeks": weeks, "days": (forum.ends - forum.starts).days + 1, "parts": [part.key for part in parts]}
        super().__init__(data, initial=given)
        self.old = forum
        self.fields["weeks"].help_text = self._when(weeks)
        cast_parts: Any = self.fields["parts"]
        cast_parts.choices = [(part.key, part.name) for part in parts]
        if not gives_roles:
            del self.fields["with_roles"]

    def _when(self, weeks: int) -> str:
        """What a number of weeks means, with its first day."""
        words = _("Weekdays and times of the day stay. %(weeks)s weeks after %(old)s is %(new)s.")
        first: date = self.old.starts + timedelta(weeks=weeks)
        return words % {"weeks": weeks, "old": long_date(self.old.starts), "new": long_date(first)}


class ListForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("List of participants"), choices=ListOfParticipants.choices, widget=forms.RadioSelect
    )


class ArchiveForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)


class NextForumPages(PublicPageMixin):
    """Addresses below a forum's page."""

    own_pages = (
        OwnPage("<int:forum>/public/", "public", "events_forum_public", CHANGE, Forum),
        OwnPage("<int:forum>/participants/", "participants", "events_forum_participants", CHANGE, Forum),
        OwnPage("<int:forum>/next/", "next_forum", "events_forum_next", ADD),
        OwnPage("<int:forum>/left-over/", "left_over", "events_forum_left_over", CHANGE, Forum),
        OwnPage("<int:forum>/archive/", "archive", "events_forum_archive", ARCHIVE, Forum),
        OwnPage("<int:forum>/take-out/", "take_out", "events_forum_take_out", ARCHIVE, Forum),
    )

    def beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """The page of a forum offers to archive it once that can be done."""
        try:
            archive.check(row, now=timezone.now())
        except ValidationError:
            return {}
        return {"can_be_archived": True}

    def public(self, request: HttpRequest, forum: int) -> HttpResponse:
        """Ask, then show a forum to the public, or hide one that is public."""
        found = get_object_or_404(Forum, pk=forum)
        about = _(
            "Everybody sees its pages from then on, with the programme as far as it is released, and finds it on the first "
            "page of the site. Its address, /%(address)s/, then stays as it is."
        )
        return self.public_page(
            request,
            found,
            publish=_("Make the forum public"),
            hide=_("Hide the forum"),
            about=about % {"address": found.slug},
            forum=found,
        )

    def participants(self, request: HttpRequest, forum: int) -> HttpResponse:
        """Say whether people are asked for a list of participants, and publish it."""
        found = get_object_or_404(Forum, pk=forum)
        return self.ask_about(
            request,
            found,
            form=partial(ListForm, initial={"state": found.list_of_participants}),
            verb=partial(participants_list.set_state, found),
            done=lambda row: row.get_list_of_participants_display() + ".",
            title=_("List of participants"),
            about=_(
                "Only who ticked the box stands on it, with form of address, name, organisation and country, while they take part. "
                "Everybody can take their name off at any time, also from the final list. You cannot put anybody on it."
            ),
        )

    def next_forum(self, request: HttpRequest, forum: int) -> HttpResponse:
        """Make the next forum from this one; then lead to what is still last year's."""
        found = get_object_or_404(self.get_queryset(request), pk=forum)
        if not self.has_add_permission(request):
            raise Http404
        gives = memberships.supervisors_include(request.user, None)
        form = NextForumForm(request.POST or None, forum=found, gives_roles=gives)
        return self.form_page(
            request,
            ASK_FIRST,
            form=form,
            verb=partial(next_forum.make, found, authenticated=presence.authenticated(request)),
            done=lambda made: _("“%(name)s” is made. Nobody outside sees it yet.") % {"name": made.name},
            to=lambda made: reverse("admin:events_forum_left_over", args=[made.pk]),
            fields={"taken": "slug"},
            title=_("Make the next forum"),
            button=_("Make the next forum"),
            back=reverse("admin:events_forum_change", args=[found.pk]),
            forum=found,
            rows=[found],
        )

    def left_over(self, request: HttpRequest, forum: int) -> HttpResponse:
        """What is still last year's in a forum that was made from another."""
        found = get_object_or_404(Forum, pk=forum)
        origin = next_forum.origin(found)
        if origin is None:
            self.message_user(request, _("This forum was not made from another one."))
            return redirect(self._address_of(found))
        starts, ends = (date.fromisoformat(origin.after[name]) for name in ("starts", "ends"))
        left = LeftOver(found, slug=origin.after["from"], starts=starts, ends=ends, now=timezone.now())
        groups = [
            (_("Dates that do not fit"), left.dates()),
            (_("Texts that name the last one"), left.texts()),
            (_("Not said yet"), left.not_said()),
            (_("Links to follow"), left.links()),
            (_("Not public yet"), left.not_public()),
        ]
        shown = [(title, [(one, self._address(request, one)) for one in group]) for title, group in groups]
        context = {"forum": found, "title": _("Still last year’s"), "groups": shown, "days_gone": left.days_gone}
        context |= {"when": date_range(found.starts, found.ends), "back": self._address_of(found)}
        return self.admin_page(request, "admin/events/left_over.html", **context)

    def _address(self, request: HttpRequest, found: RowToMend) -> str:
        """The page on which somebody changes a row: its own, or that of what it belongs to; "" for who may not."""
        row: Any = found.row
        while not self.admin_site.is_registered(type(row)):
            row = getattr(row, forum_paths(type(row))[0].split("__")[0])
        right = f"{row._meta.app_label}.change_{row._meta.model_name}"
        return self._address_of(row) if memberships.may(request.user, right, row) else ""

    @staticmethod
    def _address_of(row: Model) -> str:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])

    def archive(self, request: HttpRequest, forum: int) -> HttpResponse:
        """Ask, then archive a forum."""
        found = get_object_or_404(Forum, pk=forum)
        return self.ask_about(
            request,
            found,
            form=forms.Form,
            verb=partial(archive.archive, found),
            done=_("“%(name)s” is archived. Its pages stay where they are.") % {"name": found.name},
            title=_("Archive the forum"),
            about=_(
                "From then on nobody changes anything in this forum, neither staff nor who sends something to its pages. Pages, "
                "certificates and files stay. Only a supervisor of all forums takes it out of the archive again."
            ),
        )

    def take_out(self, request: HttpRequest, forum: int) -> HttpResponse:
        """Ask why, then open an archived forum again."""
        found = get_object_or_404(Forum, pk=forum)
        return self.ask_about(
            request,
            found,
            form=ArchiveForm,
            verb=partial(archive.take_out, found),
            done=_("“%(name)s” can be changed again.") % {"name": found.name},
            title=_("Take the forum out of the archive"),
            about=_("Only supervisors of all forums do this. The reason stands in the history."),
        )
