"""The answers to organisers' questions in the list of registrations of one forum: filters, columns, and on a person's page."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.shared.admin.admin_recording import RecordedAdmin
from events.shared.admin.current_forum import ALL, PARAMETER, current_forum
from events.shared.admin.lists import cells
from events.shared.formatting.names import said_choices
from events.shared.rights import memberships
from registration.accreditation import states
from registration.accreditation.documents import documents
from registration.models import RegistrationQuestion
from registration.registering.own_questions import questions as own_questions

Type = RegistrationQuestion.Type
YES, NONE = "yes", "-"


class AnswerFilter(admin.SimpleListFilter):
    """Those who gave an answer to a question, or none."""

    question: RegistrationQuestion

    def lookups(self, request, model_admin):
        if self.question.type in RegistrationQuestion.WITH_CHOICES:
            given = [(str(place), name) for place, (_choice, name) in enumerate(said_choices(self.question))]
        else:
            given = [(YES, _("Yes") if self.question.type == Type.CONSENT else _("Answered"))]
        return [*given, (NONE, _("No answer"))]

    def queryset(self, request, queryset):
        column = f"answers__{self.question.name}"
        if self.value() == NONE:
            return queryset.exclude(answers__has_key=self.question.name)
        if self.value() == YES:
            return queryset.filter(answers__has_key=self.question.name)
        if self.value() not in dict(self.lookup_choices):
            return queryset
        choice = self.question.choices[int(self.value())]
        if self.question.type == Type.CHOICE:
            return queryset.filter(**{column: choice})
        found = Q(pk__in=[])
        for place in range(len(self.question.choices)):  # SQLite knows no “contains” of a list
            found |= Q(**{f"{column}__{place}": choice})
        return queryset.filter(found)


def filter_by(row):
    return type("AnswerFilter", (AnswerFilter,), {"title": row.text, "parameter_name": row.name, "question": row})


def column_of(row, *, may_read):
    """The column of a question. `may_read`: who looks may read the files, so they are links."""
    shown = own_questions.question(row)

    @admin.display(description=row.text)
    def answer(registration):
        words = shown.text(registration.answers.get(row.name)) or "–"
        if row.type == Type.FILE and may_read and row.name in registration.answers:
            there = documents.address(registration.forum, user_id=registration.user_id, name=row.name)
            return cells.links([(there, words)])
        return words

    answer.reads = "answers"  # type: ignore[attr-defined]  # as Django keeps `short_description`
    return answer


class AnswersAdmin(RecordedAdmin):
    """The list of one forum has a filter for each question of that forum that is not a text, and
    a column for each that says so."""

    def _asked(self, request):
        """The questions of the forum that the list shows; asked for once a request."""
        if not hasattr(request, "_asked"):
            forum = None if request.GET.get(PARAMETER) == ALL else current_forum(request)
            is_seen = forum is not None and memberships.has(request.user, self.right("view"), forum)
            request._asked = [one.row for one in own_questions.of(forum.pk)] if is_seen else []
        return request._asked

    def get_list_filter(self, request):
        texts = {Type.LINE, Type.TEXT}
        return [
            *super().get_list_filter(request),
            *(filter_by(row) for row in self._asked(request) if row.type not in texts),
        ]

    def all_columns(self, request):
        listed = [row for row in self._asked(request) if row.is_listed]
        may_read = bool(listed) and request.user.has_perm(states.RIGHT, listed[0].forum)
        return [*super().all_columns(request), *(column_of(row, may_read=may_read) for row in listed)]

    @admin.display(description=gettext_lazy("answers"))
    def answer_lines(self, registration):
        known = own_questions.of(registration.forum_id) if registration.answers else []
        return cells.texts(
            (asked, "", said) for asked, said in own_questions.lines(known, answers=registration.answers)
        )
