"""Columns that many tables have in the same shape."""

import re
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from events.models.uploads import RandomName, validate_image

# Signs that control, and those that part lines and paragraphs; a space that does not break stays as it was typed.
_BREAKS = re.compile(r"[\x01-\x20\x7f-\x9f\u2028\u2029]+")


def account(name: Any, **options: Any) -> "models.ForeignKey[Any, Any]":
    """Who did something: an account that is not deleted while a row names it, and from which nothing leads back."""
    options.setdefault("related_name", "+")
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=name, **options)


def country(name: Any, **options: Any) -> "models.ForeignKey[Any, Any]":
    """A country, or none; nothing leads back from it."""
    options.setdefault("related_name", "+")
    return models.ForeignKey("events.Country", models.PROTECT, verbose_name=name, null=True, blank=True, **options)


def picture(name: Any, *, folder: str) -> models.ImageField:
    """A picture that people upload, or none."""
    help_text = _("PNG or JPEG, 5 MB at most.")
    return models.ImageField(
        name, upload_to=RandomName(folder), blank=True, validators=[validate_image], help_text=help_text
    )


def public(*, default: bool = False) -> "models.BooleanField[Any, Any]":
    """Whether the public sees a row."""
    return models.BooleanField(
        _("public"), default=default, help_text=_("Nobody outside sees it until this is ticked.")
    )


def validate_translations(value: object) -> None:
    """Refuse (`bad-translations`) anything but texts, or lists of texts, by the code of a language and the name of a field."""
    good = isinstance(value, dict) and all(
        isinstance(said, dict)
        and all(
            isinstance(text, str) or (isinstance(text, list) and all(map(_is_text, text))) for text in said.values()
        )
        for said in value.values()
    )
    if not good:
        raise ValidationError(_("Enter texts for each language"), code="bad-translations")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def translations() -> "models.JSONField[Any, Any]":
    """What fields of a row say in other languages: code of a language → field → text. Shown by `events.formatting.names.local_text`."""
    return models.JSONField(
        _("in other languages"),
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        validators=[validate_translations],
    )


def one_line(text: str) -> str:
    """Return the text in one line: each run of line ends, control characters and plain spaces is one space."""
    return _BREAKS.sub(" ", text).strip()


class LineField(models.CharField):
    """A CharField that keeps one line, whoever writes it: a form, the admin, an import or a rule. Titles and names stand in
    mails, where a line break would begin a paragraph of the writer's own."""

    def deconstruct(self) -> Any:
        """To the database and its migrations it is a CharField."""
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return one_line(text) if isinstance(text, str) else text

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The row in hand says what is stored; where that is the default of the database, it stays so."""
        value = super().pre_save(model_instance, add)
        if not isinstance(value, str):
            return value
        setattr(model_instance, self.attname, self.to_python(value))
        return getattr(model_instance, self.attname)


class JobQuerySet(models.QuerySet[Any]):
    """Rows that are jobs (`Job`), by the clock of the database, which all workers share."""

    def waiting(self) -> "JobQuerySet":
        """Those that no worker is at."""
        return self.filter(Q(taken=None) | Q(taken__lte=Now() - self.model.LEASE), state=Job.State.MAKING)

    @transaction.atomic
    def claim(self) -> Any:
        """Take the next job that waits, or whose worker was lost, for as long as its `LEASE`; None where there is none. One
        that three workers were lost with has failed."""
        for row in self.waiting().select_for_update(of=("self",), skip_locked=True).order_by("pk"):
            found = self.model._base_manager.filter(pk=row.pk)
            if row.attempts < Job.ATTEMPTS:
                found.update(taken=Now(), attempts=F("attempts") + 1)
                return row
            found.update(state=Job.State.FAILED)
        return None


class Job(models.Model):
    """What somebody asks for and a worker does: the row is the job (decision 0001). `LEASE`: then the worker counts as lost.

    A worker may do a job in one transaction, in which nobody sees what it writes. So how far it is goes through the cache.
    """

    LEASE: ClassVar[timedelta]
    ATTEMPTS = 3
    PROGRESS_KEPT = 24 * 60 * 60  # seconds

    class State(models.TextChoices):
        MAKING = "making", _("Being made")
        DONE = "done", _("Made")
        FAILED = "failed", _("Failed")

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.MAKING, editable=False)
    asked_by = account(_("asked for by"))
    asked = models.DateTimeField(_("asked for"))
    taken = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def progress(self) -> int:
        """How far it is, in percent."""
        return cache.get(self._progress_key, 0)

    def set_progress(self, percent: int) -> None:
        """Say how far it is."""
        cache.set(self._progress_key, percent, self.PROGRESS_KEPT)

    @property
    def _progress_key(self) -> str:
        return f"{self._meta.label_lower}:{self.pk}:progress"
