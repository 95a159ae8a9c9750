"""The organisers' page on which the report of a meeting is looked at, and then becomes stays of its session."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.models import Forum, Session, User, Viewing
from events.models.time_zones import zone_names
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.admin_recording import RecordedAdmin
from events.shared.formatting import times
from events.shared.pages.personal import person
from events.shared.pages.refusals import show_refusal
from events.shared.rights import memberships
from events.shared.tables.answers import OpenQuestion
from events.shared.tables.kept_files import KeptFileForm
from registration.models import Registration
from registration.sessions.attendance.reports import formats, importing
from registration.sessions.attendance.reports import participants as people_of

ADD = "registration.add_stay"
SHOWN = 300  # people to decide on, on one page; the others are unknown until the report comes again
WHO = "who-{}"  # the field of a decision: the place of the participant in the report


class ReportForm(KeptFileForm):
    """A report, and of which session it is."""

    session = forms.ChoiceField(label=gettext_lazy("Session"))
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the report"),
        help_text=gettext_lazy("For times that name none: that of the account in the meeting system."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        error_messages={"required": gettext_lazy("Choose a file")},
        help_text=gettext_lazy(
            "The participants of Zoom, Teams, Webex, Google Meet, BigBlueButton or Jitsi, in any language: CSV, XLSX or JSON."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt,.tsv,.json"}),
    )

    def __init__(self, *args: Any, forum: Forum, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        rows = Session.objects.filter(forum=forum, state=Session.State.SCHEDULED, starts__lte=timezone.now())
        self.sessions = {str(one.pk): one for one in rows.select_related("forum").order_by("-starts", "pk")}
        days = {
            key: times.deadline(one.starts, zone=forum.zone, forum=forum)
            for key, one in self.sessions.items()
            if one.starts
        }
        self.fields["session"].choices = [(key, f"{one.title} · {days[key]}") for key, one in self.sessions.items()]  # type: ignore[attr-defined]
        self.fields["zone"].choices = [(name, name) for name in zone_names()]  # type: ignore[attr-defined]
        self.fields["zone"].initial = forum.time_zone

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        session = self.sessions.get(data.get("session", ""))
        if session is None or self.errors:
            return data
        data["session"] = session
        assert session.starts is not None and session.ends is not None  # noqa: S101, PT018  it is scheduled
        try:
            kept, zone = self.take(), ZoneInfo(data["zone"])
            assert kept is not None  # noqa: S101, else a file is required
            self.keep()
            data["name"] = kept.name
            lasts = session.ends - session.starts
            data["report"] = formats.read(kept.data, zone=zone, near=session.starts, lasts=lasts, answers=self.answers)
            data["found"] = people_of.participants(data["report"].entries)
            data["outside"] = importing.outside(data["found"], session=session)
        except ValidationError as refusal:
            self.question = refusal if isinstance(refusal, OpenQuestion) else None
            self.add_error("file", refusal)
        return data


class ReportPages(RecordedAdmin):
    file_page = ("registration_stay_report", gettext_lazy("Report of a meeting"))
    own_pages = (OwnPage("report/", "report", "registration_stay_report", ADD),)

    def report(self, request: HttpRequest) -> HttpResponse:
        """A report is looked at first; then its people are written down, with what was decided on those of whom only the name is
        known (`who-…`). The forum: `forum`, its slug, else the latest in which one may do this."""
        forums = memberships.forums(request.user, ADD)
        forum = self.forum_of_page(request, forums)
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = ReportForm(*sent, forum=forum, user=person(request))
        context: dict[str, Any] = {"title": _("Report of a meeting"), "forum": forum, "form": form}
        if form.is_bound and form.is_valid():
            matched = people_of.match(form.cleaned_data["found"], session=form.cleaned_data["session"])
            if "write" in request.POST:
                try:
                    return self._write(request, form, matched=matched)
                except ValidationError as refusal:
                    show_refusal(form, refusal)
            else:
                context |= self._preview(request, form, matched=matched)
        elif form.question:
            context |= {"question": form.question, "kept": form.hidden()}
        return self.admin_page(request, "admin/registration/meeting_report.html", **context)

    def _preview(self, request: HttpRequest, form: ReportForm, *, matched: people_of.Matched) -> dict[str, Any]:
        data, shown = form.cleaned_data, matched.doubtful[:SHOWN]
        keys = {*matched.sure.values(), *(one.key for doubt in shown for one in doubt.candidates)}
        accounts = Registration.objects.filter(pk__in=keys).values_list("user", flat=True)
        self.saw_people(request, Viewing.Kind.LIST, accounts, model=Registration, forum_id=data["session"].forum_id)
        moments = [moment for one in data["found"] for pair in one.times for moment in pair if moment]
        zone = {"zone": data["session"].forum.zone, "forum": data["session"].forum}
        return {
            "session": data["session"],
            "first": times.deadline(min(moments), **zone),
            "last": times.deadline(max(moments), **zone),
            "people": len(data["found"]),
            "sure": len(matched.sure),
            "doubtful": [(WHO.format(doubt.place), doubt) for doubt in shown],
            "has_more": len(matched.doubtful) > SHOWN,
            "unknown": len(data["found"]) - len(matched.sure) - len(shown),
            "unread": data["report"].unread,
            "is_undated": data["report"].is_undated,
            "left_out": data["report"].left_out,
            "notes": data["report"].notes,
            "outside": data["outside"],
            "kept": form.hidden(),
        }

    def _write(self, request: HttpRequest, form: ReportForm, *, matched: people_of.Matched) -> HttpResponse:
        data = form.cleaned_data
        who: dict[int, int | None] = dict(matched.sure)
        for doubt in matched.doubtful:
            chosen = request.POST.get(WHO.format(doubt.place), "")
            who[doubt.place] = next((one.key for one in doubt.candidates if str(one.key) == chosen), None)
        registrations = [who.get(place) for place in range(len(data["found"]))]
        own = {"session": data["session"], "device": data["name"], "by": request.user}
        done = importing.write(data["found"], registrations=registrations, **own)
        form.forget()
        words = ngettext("%(n)s stay is written down.", "%(n)s stays are written down.", done.written)
        self.message_user(request, words % {"n": done.written})
        if done.known:
            words = ngettext("%(n)s stay was there already.", "%(n)s stays were there already.", done.known)
            self.message_user(request, words % {"n": done.known})
        return HttpResponseRedirect(reverse("admin:registration_stay_changelist"))
