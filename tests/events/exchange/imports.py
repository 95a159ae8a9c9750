"""Imports and files for tests: a programme of another system, brought in as the tests do it."""

from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from events.exchange import apply
from events.exchange.views import FILES
from events.models import Forum
from events.schedule.releases import released_timetable
from events.shared.tables.answers import Answers
from events.tasks import bring_in_files
from tests.factories import NOW

PAGE, ACT = "/admin/events/forum/import/", "/admin/events/forum/import/apply/"
FILE = Path(__file__).parent / "data" / "congress.xml"
CONGRESS = FILE.read_bytes()
NO_ANSWERS = Answers()


def bring_in(data=CONGRESS, slug="congress", by=None, answers=NO_ANSWERS, **more):
    return apply.bring_in(data, slug=slug, by=by, now=NOW, answers=answers, **more)


def written(forum, ending):
    write, _kind, parts = FILES[ending]
    return write(released_timetable.gather(forum, language="en", parts=parts, now=timezone.now()))


def counts(plan):
    return tuple(len(rows) for rows in (plan.new, plan.changed, plan.same, plan.errors))


def preview(client, data, kind="session", **fields):
    """Send a file to the organisers' page of imports; into the forum 2020 where no other is said."""
    forum = Forum.objects.filter(slug="2020").first()
    file = SimpleUploadedFile("table", data.encode() if isinstance(data, str) else data)
    given = {"file": file, "forum": forum.pk if forum else ""} | fields
    return client.post(f"{PAGE}?kind={kind}", given)


def agree(client, page, **answers):
    """Agree to a preview, with further answers; the worker does it, and the page says what came of it."""
    answer = client.post(ACT, {"token": page.context["token"], **answers}, follow=True)
    if answer.status_code != 503:
        return answer
    bring_in_files()
    return client.get(answer.redirect_chain[-1][0], follow=True)


def question(page):
    """What a page asks before it reads a file on; None where it shows a preview."""
    return page.context.get("question")


def errors(page):
    """What a preview says of the rows that cannot be used, or a page that asks about columns."""
    if question(page):
        return question(page).messages
    return [": ".join(filter(None, (error.where, str(error.text)))) for error in page.context["look"].errors]
