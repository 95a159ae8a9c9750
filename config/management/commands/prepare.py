"""`manage.py prepare`: tables, static files, and a log-in where nobody could log in; on a site to try out the sample forum."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.utils import OperationalError

from config.running.serving import first_start
from config.running.serving.first_start import Login


class Command(BaseCommand):
    help = (
        "Brings the database and the static files up to date before a new version starts; a new site gets an organiser."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with first_start.alone():
                first_start.tables()
                loading = first_start.sample_forum()
                first_start.static_files()
                if loading and loading.wait():
                    raise CommandError("The sample forum could not be loaded; the reason stands above.")
                self.tell_who_may_enter()
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).splitlines()[0]}") from error
        except ValidationError as refusal:  # a restore that is not finished
            raise CommandError(" ".join(refusal.messages)) from refusal

    def tell_who_may_enter(self) -> None:
        """What opens something is shown at a terminal alone: else it would stay in the logs of who started the site."""
        self.tell("Organisers:", f"{settings.BASE_URL}/admin/")
        self.tell_login("Log in as:", first_start.organiser())
        self.tell_login("Second officer:", first_start.second_officer())
        address, kept = first_start.door_link()
        if address:
            is_shown = self.stdout.isatty()
            self.tell("A door, today:", f"{address} (kept in {kept})" if is_shown else f"the address kept in {kept}")
        if settings.SHOW_MAIL:
            self.tell("Mails sent:", f"{settings.BASE_URL}/mail/")

    def tell_login(self, label: str, login: Login) -> None:
        address, password, kept = login
        if password and self.stdout.isatty():
            self.tell(label, f"{address} with the password {password} (kept in {kept})")
        elif address:
            self.tell(label, f"{address} with the password kept in {kept}")

    def tell(self, label: str, words: str) -> None:
        self.stdout.write(f"{label:16}{words}")
