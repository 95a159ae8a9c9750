"""The site's own table: what is known of that which runs by itself."""

from django.db import models


class LastRun(models.Model):
    """When something that runs by itself was last done, and when it last failed: a task of Celery by its name, beat, a backup."""

    name = models.CharField(max_length=100, unique=True)
    done = models.DateTimeField(null=True)
    failed = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
