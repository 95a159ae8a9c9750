"""An app that takes the row locks out of the site that it is installed in."""

from pathlib import Path

from django.apps import AppConfig


class WithoutLocks(AppConfig):
    name = "tests.services.whole_site.without_locks"
    label = "without_locks"
    path = str(Path(__file__).parent)

    def ready(self):
        from django.db.models import QuerySet

        QuerySet.select_for_update = lambda self, **options: self.all()
