"""Columns that many tables have in the same shape, those of jobs too."""

import re
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.fields.files import ImageFieldFile
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from events.models.uploads import RandomName, read, validate_image

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
    return PictureColumn(
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
        and all(isinstance(one, str) for text in said.values() for one in (text if isinstance(text, list) else [text]))
        for said in value.values()
    )
    if not good:
        raise ValidationError(_("Enter texts for each language"), code="bad-translations")


def translations() -> "models.JSONField[Any, Any]":
    """What fields of a row say in other languages: code of a language → field → text. Shown by `events.shared.formatting.names.local_text`."""
    return models.JSONField(
        _("in other languages"),
        default=dict,
        db_default=Value({}, models.JSONField()),
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


class StoredFile(ImageFieldFile):
    """A file of a row. Whoever stores one (a form, the admin, a rule), it is what the reader of such files wrote again."""

    def save(self, name: str, content: "File[Any]", save: bool = True) -> None:
        """Refuses what `uploads.read` refuses."""
        super().save(name, ContentFile(read(content)), save)


class UploadColumn(models.FileField):
    """A column of files that people upload."""

    attr_class: type[ImageFieldFile] = StoredFile

    def deconstruct(self) -> Any:
        """To the database and its migrations it is Django's own."""
        name, _path, args, options = super().deconstruct()
        kind = "Image" if isinstance(self, models.ImageField) else "File"
        return name, f"django.db.models.{kind}Field", args, options


class PictureColumn(UploadColumn, models.ImageField):
    """The same of pictures."""


# --- jobs -----------------------------------------------------------------------------------------
class Concern(models.TextChoices):
    """Why organisers should know about a job."""

    GIVEN_UP = "given-up", _("Given up")
    LATE = "late", _("Waits too long")
    AGAIN = "again", _("Is tried again")


def is_free(now: datetime) -> Q:
    """That no worker holds a row at a moment: it has no lease, or its worker was lost."""
    return Q(leased_until=None) | Q(leased_until__lte=now)


class JobQuerySet(models.QuerySet[Any]):
    """Rows that are jobs (`Job`)."""

    def open(self) -> "JobQuerySet":
        """The jobs that are not done yet, whether a worker has begun them or not."""
        return self.filter(state__in=self.model.OPEN)

    def waiting(self, now: datetime) -> "JobQuerySet":
        """The jobs that a worker may take at a moment; the one that has waited longest comes first."""
        return self.open().filter(is_free(now), due__lte=now).order_by("due", "pk")

    def of_concern(self, now: datetime) -> "JobQuerySet":
        """The jobs that organisers should know about, each with the reason (`concern`). One that was given up and asked for again is left out."""
        is_open, is_given_up = Q(state__in=self.model.OPEN), Q(state=self.model.State.FAILED)
        if same := self.model.REPLACED_BY:
            later = self.model._base_manager.filter(pk__gt=OuterRef("pk"), **{same: OuterRef(same)})
            is_given_up &= ~Q(Exists(later))
        is_late = is_free(now) & Q(due__lt=now - self.model.LATE)
        concern = Case(
            When(state=self.model.State.FAILED, then=Value(Concern.GIVEN_UP)),
            When(is_late, then=Value(Concern.LATE)),
            default=Value(Concern.AGAIN),
        )
        found = self.filter(is_given_up | is_open & (is_late | ~Q(error="")))
        return found.annotate(concern=concern).order_by("due", "pk")

    def try_again(self, now: datetime) -> int:
        """Put the jobs that were given up back into the queue, with all their attempts; return how many there were."""
        again = {"state": self.model.OPEN[0], "attempts": 0, "due": now, "error": ""}
        return self.filter(state=self.model.State.FAILED).update(**again)


class Job(models.Model):
    """A row that is a job: what a worker does for somebody (decision 0001; events.shared.jobs.queue). `due`: not before; `leased_until`: a
    worker holds it until then; `attempts`: how often one began; `error`: the kind of the last error (nothing about people), or the words
    of a refusal.

    `LEASE`: longer than a worker takes; `PAUSES`: after each failure, after the one behind the last it is given up; `LATE`: who
    waits longer than that, though due, waits too long; `REPLACED_BY`: a later row of the same takes the place of one that failed.

    A worker may do a job in one transaction, in which nobody sees what it writes. So how far it is goes through the cache.
    """

    class State(models.TextChoices):
        MAKING = "making", _("Being made")
        DONE = "done", _("Made")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    FORUM: ClassVar[str | None] = None
    LEASE = timedelta(minutes=1)
    PAUSES: ClassVar[tuple[timedelta, ...]] = (timedelta(minutes=1), timedelta(minutes=5))
    LATE = timedelta(minutes=5)
    OPEN: ClassVar[tuple[str, ...]] = (State.MAKING,)
    REPLACED_BY = ""
    PROGRESS_KEPT = 24 * 60 * 60  # seconds

    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.MAKING, db_default=State.MAKING, editable=False
    )
    asked = models.DateTimeField(_("asked for"))
    due = models.DateTimeField(_("due"), db_default=Now(), editable=False)
    leased_until = models.DateTimeField(_("held by a worker until"), null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0, editable=False)
    error = models.TextField(_("error"), blank=True, default="", db_default="", editable=False)

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
