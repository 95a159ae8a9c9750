"""The outbox: organisers see what goes out, edit drafts, send failures again. Secrets stay hidden."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from events.models import Mailing, Message
from events.shared.admin.admin_bases import ByValue, SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.admin_recording import EVERY
from events.shared.admin.relation_fields import is_key
from events.shared.admin.word_search import MOST_WORDS, WordSearch
from events.shared.mail import outbox, undelivered
from events.shared.mail.texts import kind_names

HIDDEN = _("Hidden: it holds a secret")
MARK = "\n--\n"  # what stands below is who writes and why: templates/events/mail/frame.txt


class DraftForm(forms.ModelForm):
    """The text is edited without the lines below the mark, so that a sentence written at its end stands above them. The HTML
    would still say what the text said before: it goes once other words stand there."""

    class Meta:
        model = Message
        fields = ["subject", "text"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        text, mark, below = self.instance.text.rpartition(MARK)
        self.below = f"\n{mark}{below}" if mark else ""
        if mark:
            self.initial["text"] = text.rstrip("\n")
            if "text" in self.fields:
                self.fields["text"].help_text = _("Below it stands: %(words)s") % {"words": below.strip()}

    def clean_text(self):
        text = self.cleaned_data["text"]
        if text.split() != self.initial["text"].split():
            self.instance.html = ""
        return f"{text.rstrip()}{self.below}" if self.below else text

    def given(self):
        return {"is_let_go": "let_go" in self.data}


def _edit(mail, *, is_let_go, **who):
    outbox.edit(mail, subject=mail.subject, text=mail.text, html=mail.html, **who)
    if is_let_go:
        outbox.queue(mail, **who)


class MailKindFilter(ByValue):
    title = _("kind")
    parameter_name = column = "kind"

    def lookups(self, request, model_admin):
        return [(kind, kind_names.name_of(kind)) for kind in outbox.kinds(user=request.user)]


class MailingFilter(admin.SimpleListFilter):
    """The mails of one message to people: its page leads here, and no list names them all."""

    title = _("message to people")
    parameter_name = "mailing"

    def lookups(self, request, model_admin):
        asked = request.GET.get(self.parameter_name, "")
        rows = Mailing.objects.filter(pk=asked) if is_key(asked, field=Mailing._meta.pk) else Mailing.objects.none()
        return [(str(row.pk), str(row)) for row in model_admin.seen(request, rows)]

    def queryset(self, request, queryset):
        return queryset.filter(kind__in=Mailing.Kind.values, about=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(WordSearch, SiteAdmin):
    never = ("add", "delete")
    shown_person = "user"
    form = DraftForm
    change_list_template = "admin/events/mail/messages.html"
    change_form_template = "admin/events/mail/message.html"
    own_pages = (OwnPage("undelivered/", "undelivered", "events_message_undelivered", "events.view_message"),)
    written_by_rules = EVERY
    list_display = ["shown_subject", "to", "shown_kind", "state", "due", "sent"]
    hidden_columns = ["attempts", "reason", "last_error"]
    list_display_links = ["shown_subject"]
    list_filter = ["state", "reason", MailKindFilter, MailingFilter, "queue"]
    list_select_related = ["forum"]
    list_left_out = ["text", "html"]
    search_fields = ["to", "kind", "last_error"]
    search_help_text = _("Search by the beginning of an address, by kind or by error.")
    date_hierarchy = "created"
    actions = ["send_again", "let_go", "take_back"]
    write_only, read_only = ["subject", "text"], ["shown_subject", "shown_text"]
    state_fields = ["shown_kind", "state", "to", "language", "queue", "forum"]
    time_fields = ["created", "due", "expires", "sent", "attempts", "reason", "last_error", "leased_until"]
    readonly_fields = [*state_fields, *time_fields, *read_only]
    rules = {"change": _edit}
    fieldsets = [
        section(
            write_only,
            _("You can still change this draft. If you change its text, it goes as plain text."),
            _("Mail"),
        ),
        section(read_only, _("As it is sent. Only drafts can be changed."), _("Mail")),
        section(
            state_fields, _("Choose mails in the list to send them again, let drafts go or take them back."), _("State")
        ),
        section(time_fields, _("All times in UTC. When no try is left, a mail waits for you."), _("Delivery")),
    ]

    def found(self, request, rows, query):
        for word in query.split()[:MOST_WORDS]:
            told = ~Q(last_error="") & Q(last_error__icontains=word)  # as the index message_with_error has it
            rows = rows.filter(Q(to__startswith=word.lower()) | Q(kind__in=kind_names.with_word(word)) | told)
        return rows

    def for_file(self, request, rows):
        return outbox.open_to(rows, user=request.user, as_file=True)

    def undelivered(self, request):
        """What was not delivered, by domain and reason; the chosen groups are sent again or given up."""
        rows = self.get_queryset(request)
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            rows = self.seen(request, Message.objects.all(), "change")
            self._do(request, undelivered.chosen(rows, keys=request.POST.getlist("group")))
            return HttpResponseRedirect(request.path)
        groups = undelivered.groups(rows)
        return self.admin_page(
            request,
            "admin/events/mail/undelivered.html",
            title=_("Mails that were not delivered"),
            groups=groups,
            total=sum(group.number for group in groups),
            at_once=undelivered.AT_ONCE,
        )

    def _do(self, request, rows):
        if not request.POST.getlist("group"):
            return self.message_user(request, _("Choose at least one line."), messages.WARNING)
        verb = request.POST.get("verb")
        if verb not in {"send_again", "give_up"}:
            raise BadRequest
        if verb == "give_up":
            number = undelivered.give_up(rows, by=request.user, now=timezone.now())
            words = ngettext("%(n)s mail is given up.", "%(n)s mails are given up.", number)
        else:
            number = undelivered.send_again(rows, by=request.user, now=timezone.now())
            words = ngettext("%(n)s mail is queued again.", "%(n)s mails are queued again.", number)
        return self.message_user(request, words % {"n": number}, messages.SUCCESS if number else messages.WARNING)

    def get_queryset(self, request):
        """Who looks after some mails by another right finds those and nothing else; drafts of one's own affairs are for
        somebody else, whatever one's rights."""
        return self.seen(request, Message.objects.all())

    def seen(self, request, rows, verb="view"):
        if rows.model is not Message:
            return super().seen(request, rows, verb)
        return outbox.readable(rows, user=request.user, right=self.right(verb))

    def has_change_permission(self, request, obj=None):
        """Rows are read-only but drafts; without a row the question is about the actions of the list."""
        is_allowed = super().has_change_permission(request, obj) or self._looks_after(request, obj)
        return is_allowed and (obj is None or self._is_draft(obj))

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or self._looks_after(request, obj)

    def _looks_after(self, request, obj):
        """Whether the account reads the mail by another right. Asked again where the row comes from elsewhere."""
        may = outbox.looks_after_some(request.user)
        return may and (obj is None or self.get_queryset(request).filter(pk=obj.pk).exists())

    def get_object(self, request, object_id, from_field=None):
        return _nameless(super().get_object(request, object_id, from_field))

    def with_more(self, request, rows):
        """The boxes are named after the rows: a secret subject must not stand there either."""
        return [_nameless(row) for row in super().with_more(request, rows)]

    def response_change(self, request, obj):
        done = _("The draft is saved.")
        if "let_go" in request.POST:
            done = ngettext("%(n)s draft is queued.", "%(n)s drafts are queued.", 1) % {"n": 1}
        self.message_user(request, done, messages.SUCCESS)
        return self.response_post_save_change(request, obj)

    @staticmethod
    def _is_draft(message):
        return bool(message) and message.state == Message.State.DRAFT and not message.is_secret

    @admin.display(description=_("subject"), ordering="subject")
    def shown_subject(self, message):
        return HIDDEN if message.is_secret else message.subject

    @admin.display(description=_("kind"), ordering="kind")
    def shown_kind(self, message):
        return kind_names.name_of(message.kind)

    @admin.display(description=_("text"))
    def shown_text(self, message):
        return HIDDEN if message.is_secret else message.text

    @admin.action(description=_("Send again what was not delivered"), permissions=["change"])
    def send_again(self, request, queryset):
        done = ngettext_lazy("%(n)s mail is queued again.", "%(n)s mails are queued again.", "n")
        self._each_once(request, queryset, verb=outbox.retry, done=done)

    @admin.action(description=_("Let drafts go"), permissions=["change"])
    def let_go(self, request, queryset):
        done = ngettext_lazy("%(n)s draft is queued.", "%(n)s drafts are queued.", "n")
        self._each_once(request, queryset, verb=outbox.queue, done=done)

    @admin.action(description=_("Take back before it is sent"), permissions=["change"])
    def take_back(self, request, queryset):
        done = ngettext_lazy("%(n)s mail is cancelled.", "%(n)s mails are cancelled.", "n")
        self._each_once(request, queryset, verb=outbox.cancel, done=done)

    def _each_once(self, request, queryset, *, verb, done):
        """Do it to each mail, the oldest first; those that went along with one before them are passed over."""

        def act(mail, **more):
            before = mail.state
            mail.refresh_from_db(fields=["state"])
            if mail.state == before:
                verb(_nameless(mail), **more)

        self.each(request, queryset.order_by("created", "pk"), verb=act, done=done)


def _nameless(mail):
    """A secret mail's subject may hold the code: reports name the address instead."""
    if mail and mail.is_secret:
        mail.subject = mail.to
    return mail
