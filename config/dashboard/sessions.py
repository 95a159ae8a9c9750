"""What the sessions of a forum still need, for the organisers' first page."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.models import Forum
from events.schedule import todo

# Sentence (`count` chooses its form), badge and kind of badge of each need (events.schedule.todo), in the order of the page.
WORDS = {
    "release": (
        ngettext_lazy("%(n)s change waits for a release", "%(n)s changes wait for a release", "count"),
        gettext_lazy("Draft"),
        "draft",
    ),
    "drafts": (
        ngettext_lazy(
            "%(n)s draft session starts within seven days", "%(n)s draft sessions start within seven days", "count"
        ),
        gettext_lazy("Draft"),
        "draft",
    ),
    "no_address": (
        ngettext_lazy(
            "%(n)s session of the next seven days has no meeting address",
            "%(n)s sessions of the next seven days have no meeting address",
            "count",
        ),
        gettext_lazy("Nobody can join"),
        "draft",
    ),
    "no_room": (
        ngettext_lazy(
            "%(n)s session of the next seven days has no room",
            "%(n)s sessions of the next seven days have no room",
            "count",
        ),
        "",
        "",
    ),
    "no_recording": (
        ngettext_lazy("%(n)s ended session has no recording", "%(n)s ended sessions have no recording", "count"),
        "",
        "",
    ),
    "no_outcome": (
        ngettext_lazy(
            "%(n)s session’s organisers are late with its outcome",
            "The organisers of %(n)s sessions are late with their outcomes",
            "count",
        ),
        "",
        "",
    ),
}


def waiting(forum: Forum, *, now: datetime) -> Iterator[tuple[str, str, str, str]]:
    """Sentence, address of the list, badge and its kind for each need that some session has. Two queries."""
    numbers = todo.counts(forum, now=now)
    page = reverse("admin:events_session_changelist")
    for need, (sentence, badge, kind) in WORDS.items():
        if number := numbers[need]:
            query = urlencode({"forum__id__exact": forum.pk, "needs": need})
            yield sentence % {"n": number_format(number), "count": number}, f"{page}?{query}", str(badge), kind
