"""The site's own table: what is known of its running processes."""

from django.db import models
from django.db.models.functions import Now


class Heartbeat(models.Model):
    """When a process was last known to live: a row for each process and each queue that it serves, by the database's clock."""

    class Kind(models.TextChoices):
        WEB = "web"  # only tries whether the database takes a row, and deletes it at once
        WORKER = "worker"
        BEAT = "beat"

    kind = models.CharField(max_length=10, choices=Kind)
    queue = models.CharField(max_length=50, blank=True)  # of a worker
    node = models.CharField(max_length=200)
    process = models.CharField(max_length=16, blank=True)  # a word that it gives itself
    seen = models.DateTimeField(db_default=Now())
    worked = models.DateTimeField(
        db_default=Now()
    )  # when it began, or a worker last took a task, or beat last gave one

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "queue", "node", "process"], name="heartbeat_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.queue} {self.node}"
