"""The history: who did what with which row, when and why (events.shared.history); and when the site lost a stretch of it."""

from datetime import timedelta

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models.columns import Job, account
from events.models.constraints import once


class HistoryEntry(models.Model):
    """One verb of a rule. Written with the change that it speaks of, never changed afterwards.

    The row that it is about may be gone: it is named by its model, its key and what it was called at that time. `act`: the
    entry of what was done as one, such as an import, to which this one belongs (events.shared.history.acts).
    """

    FORUM = "forum"

    forum = models.ForeignKey("events.Forum", models.SET_NULL, verbose_name=_("forum"), null=True, related_name="+")
    actor = account(_("by"), null=True)  # empty: the site itself
    at = models.DateTimeField(_("when"))
    verb = models.CharField(_("what was done"), max_length=60)  # one of events.shared.history.verbs
    model = models.CharField(_("kind of record"), max_length=80)  # "events.proposal"
    key = models.CharField(_("key"), max_length=40)
    subject = models.CharField(_("about"), max_length=250)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    reason = models.TextField(_("why"), blank=True)
    act = models.ForeignKey("self", models.CASCADE, null=True, related_name="entries", db_index=False)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["model", "key"], name="history_of_a_row"),
            models.Index(fields=["forum", "-at"], name="history_of_a_forum"),
            models.Index(fields=["-at"], name="history_by_time"),
            models.Index(fields=["act"], name="history_of_an_act", condition=Q(act__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.subject or self.verb


class RowChange(models.Model):
    """What an import, or a move in the draft, did with one row, so that it can be taken back: only the columns that it changed. No
    `before`: the act made the row; no `after`: it deleted it. Kept for 30 days (events.shared.history.acts)."""

    FORUM = "act__forum"

    act = models.ForeignKey(HistoryEntry, models.CASCADE, related_name="row_changes")
    model = models.CharField(max_length=80)  # "events.session"
    key = models.CharField(max_length=40)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("change of a record")
        verbose_name_plural = _("changes of records")
        default_permissions = ()
        indexes = [models.Index(fields=["model", "key"], name="change_of_a_row")]

    def __str__(self) -> str:
        return f"{self.model} {self.key}"


class Viewing(models.Model):
    """That a member of the staff saw data of people: a list, the page of one row, an export (events.shared.history.viewings).

    One row for a page, however many people it shows: they are named by the keys of their accounts.
    """

    class Kind(models.TextChoices):
        LIST = "list", _("a list")
        PAGE = "page", _("a page")
        HISTORY = "history", _("the history of a record")
        EXPORT = "export", _("an export")

    FORUM = "forum"

    by = account(_("by"))
    at = models.DateTimeField(_("when"))
    kind = models.CharField(_("as"), max_length=10, choices=Kind)
    model = models.CharField(_("kind of record"), max_length=80)  # "registration.registration"
    forum = models.ForeignKey("events.Forum", models.SET_NULL, verbose_name=_("forum"), null=True, related_name="+")
    number = models.PositiveIntegerField(_("people"))
    people = models.JSONField(_("accounts"), default=list)  # their keys

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("look at data of people")
        verbose_name_plural = _("looks at data of people")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["-at", "-id"], name="viewing_newest"),
            GinIndex(fields=["people"], name="viewing_of_people", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} · {self.get_kind_display()}"


class Restoration(models.Model):
    """That the site was restored from an earlier state of itself (config.running.backup). What it took in after `state_of` and
    before `restored` is lost; what it sent out then, people have."""

    state_of = models.DateTimeField(_("state of"))  # the moment of the backup, or the last one that the WAL gave
    restored = models.DateTimeField(_("restored"))
    held_mails = models.PositiveIntegerField(_("mails held back"), default=0)

    class Meta:
        ordering = ["-restored"]
        verbose_name = _("restoration")
        verbose_name_plural = _("restorations")
        default_permissions = ()
        constraints = [
            once("restoration_once", "state_of"),
            models.CheckConstraint(condition=Q(restored__gt=F("state_of")), name="restoration_after_its_state"),
        ]

    def __str__(self) -> str:
        return f"{self.restored:%Y-%m-%d %H:%M}"


class FailedRow(models.Model):
    """A row with which a sweep failed (events.shared.jobs.sweeps): named by its key, until it went well or is not due any more. What the
    error says of people is not kept."""

    FORUM = "forum"

    sweep = models.CharField(_("work"), max_length=40)
    row = models.CharField(_("row"), max_length=120)
    forum = models.ForeignKey("events.Forum", models.CASCADE, verbose_name=_("forum"), null=True, related_name="+")
    attempts = models.PositiveIntegerField(_("tries"))
    since = models.DateTimeField(_("since"))
    tried = models.DateTimeField(_("tried last"))
    again = models.DateTimeField(_("tried again"))
    error = models.CharField(_("error"), max_length=200)

    class Meta:
        ordering = ["since", "pk"]
        verbose_name = _("row that failed")
        verbose_name_plural = _("rows that failed")
        default_permissions = ()
        constraints = [once("failed_row_once", "sweep", "row")]

    def __str__(self) -> str:
        return f"{self.sweep} {self.row}"


class FileImport(Job):
    """A file that an organiser saw a preview of, agreed to, and has brought in (events.exchange.import_jobs). Its bytes go with the
    import, the row after a day.

    `kind`: the model of its rows; `slug`: of the forum, which a programme may make; `language`: of the preview; `digest` and
    `changed`: what the preview said, and the keys of the rows that change; `wrong`: the rows of the file that are left out.
    """

    PAUSES = (timedelta(seconds=10), timedelta(minutes=1))  # somebody waits for it
    LATE = timedelta(minutes=2)

    token = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=40)
    slug = models.CharField(max_length=30, blank=True)
    language = models.CharField(max_length=10)
    is_released = models.BooleanField(default=False)
    file = models.BinaryField()
    answers = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    changed = models.JSONField(default=list)
    wrong = models.JSONField(default=list)
    result = models.JSONField(default=dict)
    asked_by = account(_("asked for by"))

    class Meta:
        verbose_name = _("import of a file")
        verbose_name_plural = _("imports of files")

    def __str__(self) -> str:
        return f"{self.kind} {self.slug}"
