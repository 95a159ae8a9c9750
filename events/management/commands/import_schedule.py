"""`manage.py import_schedule FILE --forum SLUG`: the programme of another system (docs/exchange.md)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.exchange import apply
from events.exchange.plan import CHANGED, Plan

SHOWN = 20


class Command(BaseCommand):
    help = "Brings in a programme: frab schedule.xml or .json, iCalendar, CSV or XLSX. All of it, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--forum", required=True, metavar="SLUG", help="its address; it is made where it is missing"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and do nothing")
        parser.add_argument("--release", action="store_true", help="show it to the public at once")

    def handle(self, *_args: Any, file: Path, forum: str, **options: Any) -> None:
        is_dry, is_released = options["dry_run"], options["release"]
        try:
            with file.open("rb") as opened:
                data = opened.read(settings.UPLOAD_LIMIT + 1)
        except OSError as fault:
            raise CommandError(f"{file}: {fault.strerror}.") from None
        try:
            plan = apply.bring_in(data, slug=forum, by=None, now=timezone.now(), is_dry=is_dry, is_released=is_released)
        except ValidationError as refusal:
            raise CommandError("\n".join(["Nothing was brought in.", *_sentences(refusal)])) from None
        self._tell(plan, is_dry=is_dry, is_released=is_released)

    def _say(self, text: str) -> None:
        """Write a line, with escapes for what the terminal cannot show: the rows are saved by then."""
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        self.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))

    def _tell(self, plan: Plan, *, is_dry: bool, is_released: bool) -> None:
        forum, items = plan.forum, [*plan.new, *plan.changed]
        for item in items if is_dry else items[:SHOWN]:
            labels = f" ({', '.join(label for label, *_cells in item.shown)})" if item.kind == CHANGED else ""
            self._say(f"{item.kind}: {item.talk.where}: {item.talk.title}{labels}")
        if not is_dry and len(items) > SHOWN:
            self._say(f"… and {len(items) - SHOWN} more")
        for change in plan.people.changes:
            for label, before, after in change.shown:
                self._say(f"speaker: {change.name}: {label}: {before[:200]} → {after[:200]}")
        for session in plan.also_released:
            self._say(f"released too: {session.title}, which waits in the draft")
        for problem in [*plan.notes, *plan.errors]:
            place = f"{problem.where}: " if problem.where else ""
            self._say(f"{'note' if problem.is_note else 'not used'}: {place}{problem.text}")
        for sentence in plan.refused:
            self._say(f"would be refused: {sentence}")
        for clash in [*plan.clashes, *([f"… and {plan.more_clashes} more"] if plan.more_clashes else [])]:
            self._say(f"clash: {clash}")
        done = "Would bring in" if is_dry else "Brought in"
        self._say(
            f"{done}: {len(plan.new)} new, {len(plan.changed)} changed, {len(plan.same)} the same, "
            f"{len(plan.errors)} not used. Sessions of {forum.name} (/{forum.slug}/) that are not in the file: {plan.untouched}."
        )
        if is_dry:
            self._say("Nothing was changed.")
        elif plan.released:
            self._say(f"Released as version {plan.released}.")
        elif not is_released and not plan.is_empty:
            self._say("It stands in the draft: the public sees it after a release (or run this with --release).")


def _sentences(refusal: ValidationError) -> list[str]:
    if hasattr(refusal, "error_dict"):
        return [f"{name}: {' '.join(texts)}" for name, texts in refusal.message_dict.items()]
    return refusal.messages
