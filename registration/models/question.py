"""What the organisers of a forum ask people who register, beside what everybody is asked."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from events.models import Forum, columns
from events.models.columns import LineField
from registration.models.kind import Kind

MOST_CHOICES, LONGEST_CHOICE = 100, 150
CONSENTED = "yes"  # the answer of a consent, where another question depends on it


def validate_lines(value: object) -> None:
    """Refuse (`bad-choices`) anything but up to 100 different texts of up to 150 characters."""
    good = isinstance(value, list) and len(value) <= MOST_CHOICES and len(set(map(str, value))) == len(value)
    if not good or not all(isinstance(one, str) and 0 < len(one) <= LONGEST_CHOICE for one in value):  # type: ignore[attr-defined]
        raise ValidationError(
            _("Enter up to 100 different choices of up to 150 characters, one on each line"), code="bad-choices"
        )


class RegistrationQuestion(models.Model):
    """A question of the organisers to people who register. Answered ones are retired, not deleted: then nobody new is asked."""

    FORUM = "forum"

    class Type(models.TextChoices):
        LINE = "line", _("One line")
        TEXT = "text", _("Text")
        NUMBER = "number", _("Whole number")
        DATE = "date", _("Date")
        CHOICE = "choice", _("One of several")
        SEVERAL = "several", _("Several of them")
        CONSENT = "consent", _("Consent (a box to tick)")
        FILE = "file", _("File (PDF, PNG or JPEG)")

    WITH_CHOICES: ClassVar = frozenset({Type.CHOICE, Type.SEVERAL})
    CONDITIONS: ClassVar = WITH_CHOICES | {Type.CONSENT}  # those on which another question can depend

    forum = models.ForeignKey(Forum, models.CASCADE, verbose_name=_("forum"), related_name="registration_questions")
    kinds = models.ManyToManyField(
        Kind,
        verbose_name=_("asked of"),
        blank=True,
        related_name="questions",
        help_text=_("Kinds of registration. None chosen: everybody."),
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    type = models.CharField(_("type"), max_length=10, choices=Type, default=Type.LINE)
    text = LineField(_("question"), max_length=250)
    hint = LineField(_("hint"), max_length=250, blank=True)
    choices = models.JSONField(
        _("choices"), default=list, blank=True, validators=[validate_lines], help_text=_("One on each line.")
    )
    translations = columns.translations()  # the choices in the same order
    is_required = models.BooleanField(_("must be answered"), default=False)
    is_listed = models.BooleanField(
        _("a column of the list"), default=False, help_text=_("In the list of registrations of its forum.")
    )
    shown_if = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("only after"),
        null=True,
        blank=True,
        related_name="following",
        help_text=_("Asked only where this question is answered as below."),
    )
    shown_for = models.JSONField(
        _("answered with"),
        default=list,
        blank=True,
        validators=[validate_lines],
        help_text=_("One of these choices, one on each line. Empty: any answer."),
    )
    retired = models.DateTimeField(_("retired"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("question to people who register")
        verbose_name_plural = _("questions to people who register")

    def __str__(self) -> str:
        return self.text

    @property
    def name(self) -> str:
        """What its answer is called in drafts and forms."""
        return f"question-{self.pk}"

    def holds_after(self, answer: Any) -> bool:
        """Whether an answer to the question on which it depends leads to this one."""
        said = (
            {CONSENTED} if answer is True else set(answer if isinstance(answer, list) else [answer] if answer else [])
        )
        return bool(said & set(self.shown_for) if self.shown_for else said)

    def clean(self) -> None:
        """Refuse `too-few` (choices), `bad-condition`, `other-forum`, `follows-retired`, `in-a-circle` and, once it is answered,
        another type (`answered`)."""
        if self.type in self.WITH_CHOICES and len(self.choices or []) < 2:
            raise ValidationError({"choices": ValidationError(_("Enter at least two choices"), code="too-few")})
        if self.type not in self.WITH_CHOICES:
            self.choices = []
        if self.shown_if is None:
            self.shown_for = []
            return
        self._check_condition(self.shown_if)

    def _check_condition(self, first: "RegistrationQuestion") -> None:
        if first.forum_id != self.forum_id:
            words = _("Choose a question of the same forum")
            raise ValidationError({"shown_if": ValidationError(words, code="other-forum")})
        if first.retired and not self.retired:
            words = _("That question is retired. Ask it again first, or choose another one")
            raise ValidationError({"shown_if": ValidationError(words, code="follows-retired")})
        if first.type not in self.CONDITIONS:
            words = _("Choose a question with choices, or a consent")
            raise ValidationError({"shown_if": ValidationError(words, code="bad-condition")})
        before: RegistrationQuestion | None = first
        while before is not None:
            if before.pk == self.pk:
                words = _("These questions would wait for each other")
                raise ValidationError({"shown_if": ValidationError(words, code="in-a-circle")})
            before = before.shown_if
        known: list[str] = first.choices if first.type in self.WITH_CHOICES else [CONSENTED]
        if odd := [one for one in self.shown_for or [] if one not in known]:
            no_answer = _("“%(choice)s” is no answer to that question") % {"choice": odd[0]}
            raise ValidationError({"shown_for": ValidationError(no_answer, code="bad-condition")})
