"""Rows that hang on a session, edited on pages of their own."""

from datetime import timedelta

import pytest

from events.models import Document, Outcome, Session
from tests.factories import NOW, SessionFactory


@pytest.mark.parametrize("name", ["document", "outcome"])
def test_change_of_what_hangs_on_a_session_is_one_of_the_session(organiser_site, time_machine, name):
    """Who keeps a copy asks for what changed since: also for what was taken away."""
    time_machine.move_to(NOW, tick=False)
    session = SessionFactory()

    def make():
        if name == "document":
            return Document.objects.create(session=session, title="Paper", file="documents/a.pdf")
        return Outcome.objects.create(forum=session.forum, session=session, kind="launch", title="Guide")

    row, there = make(), f"/admin/events/{name}/"
    data = {"forum": session.forum_id, "session": session.pk, "title": "New", "kind": "launch"}
    steps = [
        lambda: organiser_site.post(f"{there}{row.pk}/change/", data | {"order": 0}),
        lambda: organiser_site.post(f"{there}{row.pk}/delete/", {"post": "yes"}),
        lambda: organiser_site.post(
            there, {"action": "delete_selected", "_selected_action": [make().pk], "post": "yes"}
        ),
    ]
    for hours, step in enumerate(steps, start=1):
        time_machine.move_to(NOW + timedelta(hours=hours), tick=False)

        answer = step()

        assert answer.status_code == 302, answer.context["errors"]
        assert Session.objects.get().updated == NOW + timedelta(hours=hours)
