"""The texts of automatic mails: a list of all of them for a forum, and a page for each with its languages side by side."""

from typing import NamedTuple

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import MailText
from events.shared.admin.admin_bases import ReadOnlyMixin, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.admin_recording import EVERY
from events.shared.admin.current_forum import address_in, current_forum
from events.shared.mail.rendering import speaking
from events.shared.mail.texts import kind_names, mail_texts
from events.shared.mail.texts.originals import ORIGINALS, own_texts
from events.shared.pages.refusals import show_refusal
from events.shared.rights import memberships

CHANGE = "events.change_mailtext"


class MailTextForm(forms.Form):
    subject = forms.CharField(
        label=gettext_lazy("Subject"), max_length=250, required=False, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}),
    )


class Version(NamedTuple):
    """A text in one language: the form with the words that hold, the original ones, and the mail that comes of it."""

    language: str
    name: str
    form: MailTextForm
    is_own: bool
    original: tuple[str, str]
    preview: object


@admin.register(MailText)
class MailTextAdmin(ReadOnlyMixin, SiteAdmin):
    written_by_rules = EVERY
    list_display = ["subject", "shown_kind", "language", "forum"]
    list_select_related = ["forum"]
    own_pages = (
        OwnPage("", "texts", "events_mailtext_changelist", "events.view_mailtext"),
        OwnPage("edit/<slug:kind>/", "edit", "events_mailtext_edit", "events.view_mailtext"),
    )
    fieldsets = [
        section(["forum", "shown_kind", "language", "subject", "body"], gettext_lazy("Written by organisers."))
    ]

    @admin.display(description=gettext_lazy("mail"), ordering="kind")
    def shown_kind(self, text):
        return kind_names.name_of(text.kind)

    def texts(self, request):
        """All automatic mails, and in which languages the forum has words of its own."""
        forum = self._forum(request)
        own = own_texts(forum)
        rows = [
            (text, [(name, (text.key, language) in own) for language, name in settings.LANGUAGES])
            for text in sorted(ORIGINALS.values(), key=lambda text: str(text.name))
        ]
        return self.admin_page(
            request,
            "admin/events/mail/texts.html",
            title=_("Texts of automatic mails"),
            forum=forum,
            rows=rows,
            languages=[name for _language, name in settings.LANGUAGES],
        )

    def edit(self, request, kind):
        """The words of a mail in each language. POST saves all that were changed, goes back to the original ones (`restore`: a
        language), or only shows what would go out (`preview`)."""
        original, forum = ORIGINALS.get(kind), self._forum(request)
        if original is None:
            raise Http404
        if request.method == "POST" and not memberships.has(request.user, CHANGE, forum):
            raise PermissionDenied
        versions = [self._version(request, original, forum, *one) for one in settings.LANGUAGES]
        if (
            request.method == "POST"
            and "preview" not in request.POST
            and self._saved(request, original, forum, versions)
        ):
            return HttpResponseRedirect(request.get_full_path())
        return self.admin_page(
            request,
            "admin/events/mail/text.html",
            title=original.name,
            forum=forum,
            versions=versions,
            known=[(name, mail_texts.example(name, forum=forum, by=request.user)) for name in sorted(original.known)],
            needed=original.needed,
            missing=[one.name for one in versions if not one.is_own] if any(one.is_own for one in versions) else [],
            back=address_in(forum, "events_mailtext_changelist"),
        )

    def _version(self, request, original, forum, language, name):
        with speaking(language):
            words = original.shown()
        own = own_texts(forum).get((original.key, language))
        subject, body = (own.subject, own.body) if own else words
        sent = request.POST if request.method == "POST" and "restore" not in request.POST else None
        form = MailTextForm(sent, prefix=language, label_suffix="", initial={"subject": subject, "body": body})
        if sent and form.is_valid():
            subject, body = form.cleaned_data["subject"], form.cleaned_data["body"]
            try:
                if (subject, body) != words:
                    mail_texts.check(original, language=language, subject=subject, body=body)
            except ValidationError as refusal:
                show_refusal(form, refusal)
        by = request.user
        preview = mail_texts.preview(original, forum=forum, language=language, subject=subject, body=body, by=by)
        return Version(language, name, form, own is not None, words, preview)

    def _saved(self, request, original, forum, versions):
        """Whether all that was sent is saved; where one language is refused, none is."""
        where = {"forum": forum, "by": request.user, "now": timezone.now()}
        if language := request.POST.get("restore"):
            done = mail_texts.restore(original, language=language, **where)
        elif all(one.form.is_valid() and not one.form.errors for one in versions):
            with transaction.atomic():
                saved = [
                    mail_texts.save(original, language=one.language, **one.form.cleaned_data, **where)
                    for one in versions
                ]
            done = any(saved)
        else:
            return False
        words = _("Saved. Mails that are written from now on have these words.") if done else _("Nothing was changed.")
        self.message_user(request, words, messages.SUCCESS if done else messages.INFO)
        return True

    def _forum(self, request):
        forum = current_forum(request)
        if forum is None or not memberships.has(request.user, "events.view_mailtext", forum):
            raise PermissionDenied
        return forum
