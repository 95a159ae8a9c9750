import pytest

from events.models import HistoryEntry
from events.shared.admin import shown_history
from events.shared.history import log, verbs
from events.shared.history.verbs import Verb
from tests.factories import NOW, ForumFactory, SessionFactory, UserFactory, allowed, boss

pytestmark = pytest.mark.django_db


def test_record_names_the_row_as_it_was_called_then():
    person = UserFactory()
    session = SessionFactory(title="Opening")

    entry = log.record(
        session, verb=Verb.CHANGE, by=person, now=NOW, before={"seats": 1}, after={"seats": 2}, reason="Why"
    )
    session.delete()

    entry.refresh_from_db()
    assert (entry.model, entry.subject, entry.actor, entry.at) == ("events.session", "Opening", person, NOW)
    assert (entry.forum.slug, entry.before, entry.after, entry.reason) == ("2020", {"seats": 1}, {"seats": 2}, "Why")


def test_record_of_a_forum_is_in_that_forum_and_its_verb_is_known():
    forum = ForumFactory()

    with pytest.raises(LookupError, match="odd-verb"):
        log.record(forum, verb="odd-verb", by=None, now=NOW)

    assert not HistoryEntry.objects.exists()
    assert log.record(forum, verb=Verb.ADD, by=None, now=NOW).forum == forum
    assert verbs.label("odd-verb") == "odd-verb"  # of an earlier version


def test_readable_is_what_is_about_rows_that_the_person_may_see():
    person = allowed("events.view_session")
    seen = log.record(SessionFactory(), verb=Verb.CHANGE, by=None, now=NOW)
    log.record(ForumFactory(), verb=Verb.CHANGE, by=None, now=NOW)

    assert list(shown_history.readable(person)) == [seen]
    assert list(shown_history.readable(UserFactory(is_staff=True))) == []
    assert shown_history.readable(boss()).count() == 2
