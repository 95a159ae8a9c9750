"""The organisers' builder of the questions to people who register, with a preview of the whole form."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.shared.admin.admin_bases import BOXES, IsSet, PublicContentMixin, SiteAdmin, label_of, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.translated_forms import TranslatedQuestionForm, beside, with_texts
from events.shared.drafts.fields import lines
from events.shared.rights import memberships
from registration.models import RegistrationQuestion
from registration.models.question import LONGEST_CHOICE, MOST_CHOICES
from registration.registering import kinds
from registration.registering.own_questions import preview_views
from registration.registering.own_questions import questions as own_questions

VIEW = "registration.view_registrationquestion"


def choices_field(name, hint):
    return lines(label_of(RegistrationQuestion, name), most=MOST_CHOICES, length=LONGEST_CHOICE, hint=hint)


@with_texts(RegistrationQuestion, choices=lambda: choices_field("choices", ""))
class RegistrationQuestionForm(TranslatedQuestionForm):
    """Text, hint and choices in each language have fields of their own; the row keeps them together."""

    choices = choices_field("choices", gettext_lazy("One on each line. For questions with choices."))
    shown_for = choices_field(
        "shown_for",
        gettext_lazy("One of its choices, one on each line; “yes” for a consent. Empty: whatever was answered."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self._narrow("kinds")
            self._narrow("shown_if", type__in=RegistrationQuestion.CONDITIONS)

    def _narrow(self, name, **more):
        """Offer rows of the question's own forum, and not itself. A page to read has no such fields."""
        field = self.fields.get(name)
        if isinstance(field, forms.ModelChoiceField):
            rows = field.queryset.filter(forum=self.instance.forum_id, **more)
            field.queryset = rows.exclude(pk=self.instance.pk) if name == "shown_if" else rows

    def clean(self):
        forum = self.cleaned_data.get("forum") or (self.instance.forum if self.instance.pk else None)
        if any(kind.forum_id != getattr(forum, "pk", None) for kind in self.cleaned_data.get("kinds") or ()):
            self.add_error("kinds", forms.ValidationError(_("Choose kinds of the same forum"), code="other-forum"))
        if self.instance.pk and "type" in self.changed_data and own_questions.is_answered(self.instance):
            words = _("People have answered it. Retire it, and make another one")
            self.add_error("type", forms.ValidationError(words, code="answered"))
        return super().clean()


class RetiredFilter(IsSet):
    title = gettext_lazy("retired")
    parameter_name = "retired"
    words = (gettext_lazy("Asked"), gettext_lazy("Retired"))


def _stays(question):
    return not own_questions.may_delete(question, now=timezone.now())


@admin.register(RegistrationQuestion)
class RegistrationQuestionAdmin(PublicContentMixin, SiteAdmin):
    never_once = {"delete": _stays}
    is_deleted_alone = True
    own_pages = (OwnPage("preview/", "preview", "registration_registrationquestion_preview", VIEW),)
    change_list_template = "admin/registration/questions.html"
    form = RegistrationQuestionForm
    formfield_overrides = SiteAdmin.formfield_overrides | BOXES
    list_display = ["text", "forum", "order", "type", "is_required", "shown_if", "is_asked"]
    list_filter = [RetiredFilter, "type", "kinds"]
    list_select_related = ["forum", "shown_if"]
    search_fields = ["text"]
    ordering = ["forum", "order", "pk"]
    fixed_fields = ["forum"]
    actions = ["retire", "ask_again"]
    fieldsets = [
        section(
            ["forum", *beside("text", "hint"), ("type", "order"), *beside("choices"), "is_required", "is_listed"],
            gettext_lazy(
                "Asked after everything else. An answer is kept in the words of its choice, so it can be read whatever"
                " becomes of the question. One that people have answered is retired, not deleted: choose it in the list."
                " Where nothing is said in a language, people read the question as it stands."
            ),
        ),
        section(
            ["kinds", "shown_if", "shown_for"],
            gettext_lazy("A question that depends on another one is asked on a page after it."),
            gettext_lazy("Who is asked"),
        ),
    ]

    @admin.display(description=gettext_lazy("asked"), boolean=True, ordering="retired")
    def is_asked(self, question):
        return question.retired is None

    @admin.action(description=gettext_lazy("Retire: ask nobody any more"), permissions=["change"])
    def retire(self, request, queryset):
        self.each(
            request, queryset, verb=own_questions.retire, done=ngettext_lazy("%(n)s retired.", "%(n)s retired.", "n")
        )

    @admin.action(description=gettext_lazy("Ask again"), permissions=["change"])
    def ask_again(self, request, queryset):
        done = ngettext_lazy("%(n)s is asked again.", "%(n)s are asked again.", "n")
        self.each(request, queryset, verb=own_questions.ask_again, done=done)

    def preview(self, request):
        """The form as people see it: of a `forum` (its slug; else the latest), as a `kind` (its key), in a `language`."""
        forums = memberships.forums(request.user, VIEW)
        forum = self.forum_of_page(request, forums)
        known = kinds.of(forum.pk)
        kind = next((one for one in known if str(one.pk) == request.GET.get("kind")), known[0] if known else None)
        language = request.GET.get("language", "")
        if language not in dict(settings.LANGUAGES):
            language = translation.get_language() or settings.LANGUAGE_CODE
        return self.admin_page(
            request,
            "admin/registration/preview.html",
            title=_("Preview of the registration form"),
            forum=forum,
            kinds=known,
            kind=kind,
            language=language,
            languages=settings.LANGUAGES,
            shown=preview_views.form(forum, kind=kind, language=language, now=timezone.now()),
            is_right_to_left=translation.get_language_info(language)["bidi"],
        )
