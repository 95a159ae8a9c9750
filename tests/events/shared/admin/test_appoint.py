"""`manage.py appoint`: the first supervisors, from the command line."""

import pytest
from django.core.management import CommandError, call_command

from events.models import HistoryEntry, Role
from events.shared.rights import memberships
from tests.factories import ForumFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_account_is_appointed_and_the_history_knows_of_it(capsys):
    person, forum = UserFactory(email="awa@example.org"), ForumFactory()

    call_command("appoint", "Awa@example.org", "supervisors")
    call_command("appoint", "awa@example.org", "experts", "--forum", forum.slug)

    assert list(memberships.supervisors()) == [person]
    assert person.memberships.get(role=Role.EXPERT).forum == forum
    assert "in all forums" in capsys.readouterr().out
    entries = HistoryEntry.objects.filter(verb="give-role").values_list("actor", "key")
    assert list(entries) == [(None, str(person.pk))] * 2


def test_unknown_accounts_forums_and_roles_are_refused():
    UserFactory(email="awa@example.org")
    UserFactory(email="shut@example.org", is_active=False)

    for given in (["eve@example.org", "experts"], ["shut@example.org", "experts"], ["awa@example.org", "kings"]):
        with pytest.raises(CommandError):
            call_command("appoint", *given)
    with pytest.raises(CommandError, match="no forum"):
        call_command("appoint", "awa@example.org", "experts", "--forum", "1999")
