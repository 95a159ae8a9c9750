"""Who speaks in a session is written in one module, which knows how many may."""

import pytest

from events.exchange import apply
from events.models import Appearance
from events.schedule import panels
from events.shared.tables.answers import Answers
from tests.factories import NOW, AppearanceFactory, SessionFactory, SpeakerFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db


def test_there_is_room_for_twelve_and_who_leaves_does_not_count():
    session = SessionFactory()
    leaving, *_rest = AppearanceFactory.create_batch(12, session=session)
    one, two = SpeakerFactory.create_batch(2, forum=session.forum)

    full = refused(panels.add, session, speaker=one, role="speaker")
    panels.let_leave([leaving.pk])
    panels.add(session, speaker=one, role="speaker")

    assert (full, refused(panels.add, session, speaker=two, role="speaker")) == ("too-many", "too-many")
    assert refused(panels.keep, session.appearances.get(pk=leaving.pk)) == "too-many"
    panels.add(session, speaker=one, role="speaker")  # who is there already
    assert session.appearances.drafted().count() == 12


def test_panel_that_was_larger_before_does_not_grow():
    panels.check_number(15, before=15)

    assert refused(panels.check_number, 16, before=15) == "too-many"


def test_public_sees_who_leaves_until_the_next_release_and_nobody_else():
    seen, unseen = AppearanceFactory(), AppearanceFactory(is_released=False)

    panels.let_leave([seen.pk, unseen.pk])

    assert list(Appearance.objects.values_list("pk", "is_leaving")) == [(seen.pk, True)]


def test_import_names_whom_it_leaves_out():
    forum = SessionFactory().forum
    names = ";".join(f"Speaker {n}" for n in range(1, 15))
    data = f"title,date,starts,ends,speakers\nLarge,2020-07-22,10:00,11:00,{names}\n".encode()

    plan = apply.bring_in(data, slug=forum.slug, answers=Answers(), by=None, now=NOW)

    assert Appearance.objects.count() == 12
    assert [note.text for note in plan.notes if "12 speakers" in note.text] == [
        "A session has at most 12 speakers. Left out: Speaker 13, Speaker 14"
    ]
