"""For lists of people in the organisers' pages: an action that writes to the chosen, after showing the mail and who gets it."""

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from events.mail.by_hand import writing
from events.models import Viewing
from events.pages.refusals import show_refusal
from events.staff.admin_recording import RecordedAdmin

SHOWN = 50  # receivers, by name


class WriteForm(forms.Form):
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=150)
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=10_000,
        help_text=gettext_lazy("Everybody gets these words, whatever their language."),
        widget=forms.Textarea(attrs={"rows": 12, "dir": "auto"}),
    )


class WriteToPages(RecordedAdmin):
    def write_to_each(self, request, rows, *, receivers, forum, why):
        """First the form, then the mail as it goes out and to whom, then it goes. `receivers`: of the chosen `rows` those whom a
        mail reaches and who do not refuse it."""
        try:
            writing.check_number(receivers)
        except ValidationError as refusal:
            return self.message_user(request, refusal.messages[0], messages.ERROR)
        asked = WriteForm(request.POST if "apply" in request.POST else None)
        shown = writing.digest(forum, **asked.cleaned_data) if asked.is_valid() else ""
        if shown and "send" in request.POST and request.POST.get("shown") == shown:
            try:
                number = writing.write(
                    receivers, forum=forum, **asked.cleaned_data, why=why, by=request.user, now=timezone.now()
                )
            except ValidationError as refusal:
                show_refusal(asked, refusal)
            else:
                done = ngettext("%(n)s mail goes out.", "%(n)s mails go out.", number)
                self.message_user(request, done % {"n": number})
                return None
        preview = None
        if asked.is_valid():
            preview = writing.rendered(forum, **asked.cleaned_data, why=why, language=get_language() or "")
            preview = preview.for_address(gettext("(each person gets a link of their own)"))
        self.saw_people(request, Viewing.Kind.LIST, [one.user.pk for one in receivers[:SHOWN]], forum_id=forum.pk)
        return self.admin_page(
            request,
            "admin/events/mail/write_to.html",
            title=gettext_lazy("Write to the chosen"),
            form=asked,
            preview=preview,
            shown=shown,
            receivers=receivers[:SHOWN],
            number=len(receivers),
            left_out=max(rows.count() - len(receivers), 0),
            action=request.POST.get("action", ""),
            selected=request.POST.getlist(ACTION_CHECKBOX_NAME),
            select_across=request.POST.get("select_across", "0"),
        )
