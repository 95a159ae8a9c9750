"""The kinds of registration: when they are open, what they are called, and who takes part."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from registration.models import Registration
from registration.sessions.attendance import joining
from tests.factories import NOW, ForumFactory, KindFactory, RegistrationFactory, SessionFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("opens", "closes", "is_open"),
    [(None, None, True), (0, None, True), (1, None, False), (None, 0, False), (-2, -1, False)],
)
def test_kind_is_open_in_its_own_window_or_that_of_the_forum(opens, closes, is_open):
    hours = {
        name: None if n is None else NOW + timedelta(hours=n) for name, n in (("opens", opens), ("closes", closes))
    }
    forum = ForumFactory(registration_opens=NOW - timedelta(days=1), registration_closes=NOW + timedelta(days=1))

    assert KindFactory.build(forum=forum, **hours).is_open(NOW) is is_open


@pytest.mark.parametrize("state", [state for state in Registration.State if state != Registration.State.APPROVED])
def test_who_is_not_approved_takes_no_part(state):
    waiting, approved = RegistrationFactory(state=state), RegistrationFactory()

    with pytest.raises(ValidationError) as refusal:
        joining.enter(registration=waiting, session=SessionFactory(forum=waiting.forum), now=NOW, source="check_in")

    assert refusal.value.code == "not-approved"
    assert list(Registration.objects.active()) == [approved]
    assert set(Registration.objects.standing()) == {waiting, approved}
