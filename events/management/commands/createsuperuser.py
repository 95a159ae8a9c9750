"""`manage.py createsuperuser`: Django's own would make an account with a flag that means nothing here. It says what to do instead."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError


class Command(createsuperuser.Command):
    help = "There are no superusers here: see `manage.py appoint`."

    def handle(self, *_args: Any, **_options: Any) -> None:
        raise CommandError(
            "There are no superusers here: sign up on the site, then run `manage.py appoint EMAIL supervisors` (and again with "
            "“organisers” and “prize officers”)."
        )
