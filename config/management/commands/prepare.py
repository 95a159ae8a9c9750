"""`manage.py prepare`: tables, static files, and on a new site of its own the sample forum with its log-ins."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.utils import OperationalError

from config.serving import first_start


class Command(BaseCommand):
    help = "Brings the database and the static files up to date; on an empty site of its own it loads the sample forum."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with first_start.alone():
                first_start.tables()
                first_start.static_files()
                if first_start.sample_forum():
                    self.stdout.write("The sample forum is loaded.")
                self.stdout.write("\n".join(self.lines()))
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).splitlines()[0]}") from error
        except ValidationError as refusal:  # a restore that is not finished
            raise CommandError(" ".join(refusal.messages)) from refusal

    def lines(self) -> list[str]:
        """Where to log in. What opens something is named at a terminal only: else it would stay in the logs of who started the
        site."""
        logins = [("Log in as:    ", first_start.organiser()), ("Second officer:", first_start.second_officer())]
        lines = [f"Organisers:    {settings.BASE_URL}/admin/"]
        for label, (address, password, kept) in logins:
            if password and self.stdout.isatty():
                lines.append(f"{label} {address} with the password {password} (kept in {kept})")
            elif address:
                lines.append(f"{label} {address} with the password kept in {kept}")
        address, kept = first_start.door_link()
        if address:
            shown = f"{address} (kept in {kept})" if self.stdout.isatty() else f"the address kept in {kept}"
            lines.append(f"A door, today: {shown}")
        if settings.SHOW_MAIL:
            lines.append(f"Mails sent:    {settings.BASE_URL}/mail/")
        return lines
