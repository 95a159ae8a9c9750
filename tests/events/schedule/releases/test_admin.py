"""The page that releases the draft, and what it shows before and after."""

import pytest
from django.urls import reverse

from events.models import Release
from events.schedule import moves
from events.schedule.releases import releases
from tests.events.schedule.factories import BY, HOUR, NINE, move, session_at
from tests.factories import NOW, ForumFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def sessions(number, **values):
    return [session_at(NINE, title=f"S{n}", **values) for n in range(number)]


def page():
    return f"{reverse('admin:events_release_add')}?forum={ForumFactory().slug}"


def released(site, seen, note="For all"):
    return site.post(page(), {"note": note, "seen": seen})


def seen_on(answer):
    found = answer.context["preview"].fingerprint
    assert f'<input type="hidden" name="seen" value="{found}">' in answer.content.decode()
    return found


def test_only_what_was_seen_is_released_and_its_page_has_the_whole_log(organiser_site):
    one, two, three = sessions(3)
    releases.release(one.forum, note="", by=None, now=NOW)
    move(one, NINE + 2 * HOUR)
    stale = seen_on(organiser_site.get(page()))
    moves.cancel(two, **BY)

    for seen in (stale, "", "x" * 64, "\0"):
        refused = released(organiser_site, seen)
        assert refused.context["form"].non_field_errors() == [
            "The draft has changed since you looked. Look at what changes now, then release"
        ]
        assert (refused.context["form"]["note"].value(), refused.context["counts"]) == (
            "For all",
            "1 moved, 1 cancelled",
        )
    assert Release.objects.count() == 1
    assert released(organiser_site, seen_on(refused)).status_code == 302

    newest = releases.latest(one.forum)
    shown = organiser_site.get(reverse("admin:events_release_change", args=[newest.pk])).content.decode()
    shown = " ".join(shown.split())
    assert (newest.number, newest.note) == (2, "For all")
    assert "<p>1 moved, 1 cancelled</p>" in shown
    assert "<li><bdi>S0</bdi>: 28 July, 11:00–12:00 Geneva (Before: 28 July, 09:00–10:00 Geneva)</li>" in shown
    assert "<li><bdi>S1</bdi>: 28 July, 09:00–10:00 Geneva" in shown
    assert f"{three.title}<" not in shown
