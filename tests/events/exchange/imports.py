"""Imports and files for tests: a programme of another system, brought in as the tests do it."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.utils import timezone

from events.exchange import apply
from events.exchange.views import FILES
from events.schedule.releases import released_timetable
from tests.factories import NOW

FILE = Path(__file__).parent / "data" / "congress.xml"
CONGRESS = FILE.read_bytes()


def bring_in(data=CONGRESS, slug="congress", **more):
    return apply.bring_in(data, slug=slug, by=None, now=NOW, **more)


def written(forum, ending):
    write, _kind, parts = FILES[ending]
    return write(released_timetable.gather(forum, language="en", parts=parts, now=timezone.now()))


def counts(plan):
    return tuple(len(rows) for rows in (plan.new, plan.changed, plan.same, plan.unusable))


def run(*arguments, **options):
    out = StringIO()
    call_command("import_schedule", *arguments, stdout=out, **options)
    return out.getvalue()
