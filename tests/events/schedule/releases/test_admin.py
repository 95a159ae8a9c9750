"""The page that releases the draft, and what it shows before and after."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from events.models import Release
from events.schedule import moves
from events.schedule.releases import releases
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory

pytestmark = pytest.mark.django_db
START = datetime(2020, 7, 28, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
BY = {"version": None, "by": None, "now": NOW}


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


def sessions(number, **values):
    return [SessionFactory(title=f"S{n}", starts=START, ends=START + HOUR, **values) for n in range(number)]


def move(session, *, hours):
    moves.move(session, starts=START + hours * HOUR, ends=START + (hours + 1) * HOUR, room=None, **BY)


def page():
    return f"{reverse('admin:events_release_add')}?forum={ForumFactory().pk}"


def released(site, seen, note="For all"):
    return site.post(page(), {"note": note, "seen": seen})


def seen_on(answer):
    found = answer.context["preview"].fingerprint
    assert f'<input type="hidden" name="seen" value="{found}">' in answer.content.decode()
    return found


def log(release):
    return [(change["kind"], change["title"]) for change in release.changes]


def test_what_was_seen_is_released(organiser_site):
    one, two = sessions(2)
    releases.release(one.forum, note="", by=None, now=NOW)
    move(one, hours=2)

    answer = released(organiser_site, seen_on(organiser_site.get(page())))

    newest = releases.latest(one.forum)
    assert (answer.status_code, newest.number, newest.note, log(newest)) == (302, 2, "For all", [("moved", "S0")])
    assert two.title not in [title for _kind, title in log(newest)]


@pytest.mark.parametrize("seen", [None, "", "x" * 64, "\0"])
def test_draft_that_nobody_looked_at_is_not_released(organiser_site, seen):
    one, two = sessions(2)
    move(one, hours=2)
    stale = seen_on(organiser_site.get(page()))
    move(two, hours=5)

    answer = released(organiser_site, stale if seen is None else seen)

    assert answer.context["form"].non_field_errors() == [
        "The draft has changed since you looked. Look at what changes now, then release"
    ]
    assert answer.context["form"]["note"].value() == "For all"
    assert (answer.context["counts"], Release.objects.count()) == ("2 moved", 0)
    assert released(organiser_site, seen_on(answer)).status_code == 302


def test_first_clashes_are_named_and_the_others_counted(organiser_site):
    sessions(200, room=RoomFactory())

    answer = organiser_site.get(page())
    refused = released(organiser_site, seen_on(answer))

    assert len(answer.context["preview"].clashes) == 20
    assert "<p>and 19880 more</p>" in answer.content.decode()
    errors = refused.context["form"].non_field_errors()
    assert (len(errors), errors[-1]) == (21, "19880 more clashes forbid a release")
    assert len(refused.content) < 60_000


def test_page_of_a_release_has_the_whole_log(organiser_site):
    one, two, _same = sessions(3)
    releases.release(one.forum, note="", by=None, now=NOW)
    move(one, hours=2)
    moves.cancel(two, **BY)
    made = releases.release(one.forum, note="", by=None, now=NOW)

    shown = organiser_site.get(reverse("admin:events_release_change", args=[made.pk])).content.decode()
    shown = " ".join(shown.split())

    assert "<p>1 moved, 1 cancelled</p>" in shown
    assert "<li><bdi>S0</bdi>: 28 July, 11:00–12:00 Geneva (Before: 28 July, 09:00–10:00 Geneva)</li>" in shown
    assert "<li><bdi>S1</bdi>: 28 July, 09:00–10:00 Geneva" in shown
    assert "S2<" not in shown
