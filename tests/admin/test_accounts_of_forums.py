"""Accounts are one table for the whole site. Who may see accounts in one forum sees those that have to do with it, and no others:
not in lists, counts, searches, pages, the history or requests of who lost a device; and nobody's log-ins."""

import pytest

from events.models import HistoryEntry, HostedSession, Role, User
from events.shared.admin import shown_history
from events.shared.history import log
from registration.people.accounts.second_factor import lost_devices
from tests.events.proposals.factories import ProposalFactory
from tests.factories import (
    NOW,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
    boss,
    join,
    staff,
)
from tests.prizes.factories import NominationFactory, make_edition
from tests.prizes.reviewers import make_expert
from tests.registration.people.accounts.second_factor.steps import with_app

pytestmark = pytest.mark.django_db
ACCOUNTS = "/admin/events/user/"
NOWHERE = 987_654_321


def people_of(forum):
    """One account for each way in which somebody has to do with a forum."""
    edition = make_edition(forum=forum, categories=1, nominees=0)
    proposal = ProposalFactory(forum=forum)
    proposal.editors.add(editor := UserFactory())
    hosted = HostedSession.objects.create(user=UserFactory(), session=SessionFactory(forum=forum))
    return {
        "role": staff(Role.PROGRAMME, forum=forum),
        "registered": RegistrationFactory(forum=forum).user,
        "proposer": proposal.proposer,
        "co-editor": editor,
        "host": hosted.user,
        "speaker": SpeakerFactory(forum=forum, account=UserFactory()).account,
        "nominator": NominationFactory(category=edition.categories.get()).nominator,
        "expert": make_expert(edition).user,
    }


@pytest.fixture
def here():
    return ForumFactory(slug="here")


@pytest.fixture
def there():
    return ForumFactory(slug="there", name="Hidden")


def listed(client, **query):
    return set(client.get(ACCOUNTS, query).context["cl"].queryset)


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.SUPERVISOR])
def test_list_holds_who_has_to_do_with_ones_forum(client, here, there, role):
    own, _foreign, _nobody = people_of(here), people_of(there), UserFactory()
    reader = staff(role, forum=here)
    client.force_login(reader)

    assert listed(client) == {reader, *own.values()}
    client.force_login(boss())
    assert listed(client) == set(User.objects.all())


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.SUPERVISOR])
def test_account_of_another_forum_is_answered_as_one_that_is_not_there(client, here, there, role):
    client.force_login(staff(role, forum=here))
    people = [*people_of(there).values(), UserFactory(name="Nobody", email="nobody@example.org")]

    for person in people:
        assert listed(client, q=person.email) == set()
        for address in (f"{ACCOUNTS}%s/change/", "/admin/person/%s/"):  # the others: tests/rights
            there, nowhere = (client.get(address % key) for key in (person.pk, NOWHERE))
            assert there.status_code == nowhere.status_code, address
            assert there.headers.get("Location") == nowhere.headers.get("Location"), address
            assert person.email not in there.content.decode()


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.SUPERVISOR])
def test_history_of_log_ins_is_for_supervisors_of_all_forums(client, here, role):
    person = people_of(here)["registered"]
    for verb in ("log-in", "log-in-failed", "add-factor", "change"):
        log.record(person, verb=verb, by=None, now=NOW, label=f"#{person.pk}")
    given = log.record(person, verb="give-role", by=None, now=NOW, label=f"#{person.pk}", forum_id=here.pk)
    elsewhere = log.record(person, verb="end-role", by=None, now=NOW, label="#", forum_id=ForumFactory(slug="x").pk)
    reader = staff(role, forum=here)
    client.force_login(reader)

    assert set(shown_history.readable(reader)) == {given}
    history = client.get(f"{ACCOUNTS}{person.pk}/history/")
    assert [line.entry for line in history.context["lines"]] == [given]
    verbs = set(shown_history.readable(staff(role)).values_list("verb", flat=True))
    assert elsewhere in shown_history.readable(staff(role))
    assert verbs == {"change", "give-role", "end-role"} | (
        {"log-in", "log-in-failed", "add-factor"} if role == Role.SUPERVISOR else set()
    )


def test_organiser_of_all_forums_who_supervises_one_reads_no_log_ins(here):
    person = staff(Role.ORGANISER)
    join(person, Role.SUPERVISOR, forum=here)
    HistoryEntry.objects.all().delete()
    log.record(UserFactory(), verb="log-in", by=None, now=NOW)

    assert not shown_history.readable(person).exists()


def test_lost_devices_are_those_of_forums_in_which_one_supervises(client, here, there):
    own, foreign = (
        lost_devices.ask(
            with_app(staff(Role.ORGANISER, forum=forum)), reason="Called", by=boss(), authenticated=None, now=NOW
        )
        for forum in (here, there)
    )
    pages = "/admin/events/approval/"
    client.force_login(staff(Role.SUPERVISOR, forum=here))

    assert list(client.get(pages).context["cl"].queryset) == [own]
    assert client.get(f"{pages}{own.pk}/change/").status_code == 200
    assert client.get(f"{pages}{foreign.pk}/change/").status_code == 302
    client.force_login(staff(Role.SUPERVISOR))
    assert set(client.get(f"{pages}?forum=all").context["cl"].queryset) == {own, foreign}


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_as_much_for_one_as_for_many(client, here, rows, django_assert_num_queries):
    for _number in range(rows):
        RegistrationFactory(forum=here)
    client.force_login(staff(Role.ORGANISER, forum=here))
    client.get(ACCOUNTS)

    with django_assert_num_queries(9):
        client.get(ACCOUNTS)
