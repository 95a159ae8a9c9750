"""`manage.py appoint EMAIL ROLE`: give an account a role, where no supervisor can: the first ones, or when all are gone."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.models import Forum, Role, User
from events.shared.rights import memberships


class Command(BaseCommand):
    help = "Gives an account a role, without a supervisor. The history says that the command line did it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="of an account that exists")
        parser.add_argument("role", metavar="ROLE", choices=Role.values, help=", ".join(map(repr, Role.values)))
        parser.add_argument("--forum", metavar="SLUG", help="its address; without it: in all forums")

    def handle(self, *_args: Any, email: str, role: str, forum: str | None, **_options: Any) -> None:
        account = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        if account is None:
            raise CommandError(f"There is no open account with the address {email}. The person signs up first.")
        where = Forum.objects.filter(slug=forum).first() if forum else None
        if forum and where is None:
            raise CommandError(f"There is no forum at /{forum}/.")
        memberships.appoint(account, role=role, forum=where, now=timezone.now())
        self.stdout.write(f"{account.email} has the role “{role}” in {f'/{forum}/' if forum else 'all forums'}.")
