"""Two rows of one organisation become one; what named the one names the other, and nothing is lost."""

import threading
from functools import partial

import pytest
from django.apps import apps

from events.models import Commitment, HostedSession, Organisation, OrganisationName, Outcome, Partner
from events.reference import merging, organisations
from events.shared.history import log
from events.shared.pages import revision
from prizes.models import PrizeSponsor
from registration.models import Attendance, Quota, Registration
from registration.registering import registrations
from registration.sessions.attendance import joining
from tests.factories import (
    NOW,
    AttendanceFactory,
    CountryFactory,
    FocalPointFactory,
    ForumFactory,
    KindFactory,
    OrganisationFactory,
    RegistrationFactory,
    RegistrationInvitationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)
from tests.prizes.factories import make_edition
from tests.races import change_locks, together
from tests.refusals import refused
from tests.registration.registering.test_registrations import ANSWERS

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    old = OrganisationFactory(name="Univ. of Bamako", acronym="UB", website="https://ub.example", is_checked=False)
    return old, OrganisationFactory(name="University of Bamako", country=CountryFactory())


def merge(old, new, **more):
    return merging.merge(old, into=new, by=UserFactory(), now=NOW, **more)


def named(organisation):
    """Where an organisation is named: "model.column" → how many rows, in the tables of all apps."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.related_model is Organisation:
                found[f"{model._meta.label}.{field.name}"] = model._base_manager.filter(
                    **{field.name: organisation}
                ).count()
    return found


def fill(organisation, *, session):
    """Rows of every table that names an organisation."""
    forum = session.forum
    forum.host = organisation
    forum.save()
    forum.co_organisers.add(organisation)
    session.organisers.add(organisation)
    SpeakerFactory(forum=forum, organisation=organisation)
    HostedSession.objects.create(session=session, user=UserFactory(), organisation=organisation)
    outcome = Outcome.objects.create(forum=forum, kind="launch", title="Guide")
    outcome.organisations.add(organisation)
    Commitment.objects.create(outcome=outcome, organisation=organisation)
    Partner.objects.create(forum=forum, organisation=organisation)
    PrizeSponsor.objects.create(edition=make_edition(forum=forum), organisation=organisation)
    OrganisationName.objects.create(organisation=organisation, name="Bamako University")
    person = RegistrationFactory(forum=forum, affiliation=organisation)
    AttendanceFactory(registration=person, session=session, organisation=organisation)
    FocalPointFactory(forum=forum, organisation=organisation)
    RegistrationInvitationFactory(forum=forum, organisation=organisation)
    Quota.objects.create(kind=KindFactory(forum=forum), organisation=organisation, places=4)


def test_everything_that_named_the_one_names_the_other(pair):
    old, new = pair
    fill(old, session=SessionFactory())
    before, at = named(old), revision.current()

    merge(old, new)

    assert 0 not in before.values(), "a table that no row of this test names: add one to `fill`"
    kept = named(Organisation.objects.get())
    assert kept == before | {"events.OrganisationName.organisation": 2}
    assert revision.current() > at
    new.refresh_from_db()
    assert (new.name, new.acronym, new.website, new.is_checked) == (
        "University of Bamako",
        "UB",
        "https://ub.example",
        True,
    )
    assert organisations.find("univ. of bamako") == organisations.find("bamako university") == new
    entry = log.of(new).get()
    assert (entry.verb, entry.before["name"]) == ("merge-organisation", "Univ. of Bamako")


def test_what_would_stand_there_twice_stands_there_once(pair):
    old, new = pair
    session = SessionFactory()
    for one in pair:
        session.organisers.add(one)
        session.forum.co_organisers.add(one)
        Partner.objects.create(forum=session.forum, organisation=one)

    merge(old, new)

    assert [list(session.organisers.all()), list(session.forum.co_organisers.all())] == [[new], [new]]
    assert Partner.objects.get().organisation == new


def test_an_organisation_is_not_merged_into_itself(pair):
    old, _new = pair

    assert refused(merge, old, old) == "same-organisation"
    assert Organisation.objects.count() == 2


def test_a_row_that_names_it_in_this_moment_stops_the_merger(pair, monkeypatch):
    old, new = pair
    monkeypatch.setattr(merging, "_keep_name", lambda *args, **more: None)
    rename = merging._rename_in

    def renaming(model, name, **more):
        rename(model, name, **more)
        if model is Registration:
            RegistrationFactory(affiliation=old)

    monkeypatch.setattr(merging, "_rename_in", renaming)

    assert refused(merge, old, new) == "used-meanwhile"
    assert Organisation.objects.count() == 2


# --- at the same moment, on PostgreSQL ------------------------------------------------------------
race = pytest.mark.django_db(transaction=True)


@race
def test_two_who_merge_at_once_merge_once(pair):
    old, new = pair
    RegistrationFactory(affiliation=old)
    RegistrationFactory(affiliation=new)

    answers = together(lambda: merge(old, new), lambda: merge(new, old), lambda: merge(old, new))

    left = Organisation.objects.get()
    assert sorted(map(str, answers)) == sorted([str(left), "merged-already", "merged-already"])
    assert left.registrations.count() == 2


@race
def test_who_registers_while_two_are_merged_belongs_to_the_one_that_stays(pair):
    old, new = pair
    forum = ForumFactory()

    def register():
        return registrations.register(
            forum, user=UserFactory(), data=ANSWERS | {"organisation": old.name}, has_consented=True, now=NOW
        )

    for _time in range(4):
        answers = together(*[register] * 3, partial(merge, old, new))
        assert not [answer for answer in answers if isinstance(answer, Exception | str)]
        assert set(Registration.objects.values_list("affiliation", flat=True)) == {new.pk}
        OrganisationName.objects.all().delete()
        old = OrganisationFactory(name=old.name)


@race
def test_who_enters_a_session_while_two_are_merged_is_counted_for_the_one_that_stays(pair):
    old, new = pair
    session = SessionFactory(starts=NOW, ends=NOW.replace(hour=14))
    people = [RegistrationFactory(forum=session.forum, affiliation=old) for _number in range(4)]

    def enter(person):
        return joining.enter(registration=person, session=session, now=NOW, source="check_in")

    answers = together(*[lambda person=person: enter(person) for person in people], lambda: merge(old, new))

    assert not [answer for answer in answers if isinstance(answer, Exception | str)]
    assert list(Attendance.objects.values_list("organisation", flat=True)) == [new.pk] * 4


@race
def test_without_the_lock_both_go_on_with_rows_that_are_gone(pair, monkeypatch):
    """The control: both find both rows before either writes."""
    old, new = pair
    both_found, tables = threading.Barrier(2), merging._named_in
    change_locks(monkeypatch)
    monkeypatch.setattr(merging, "_named_in", lambda: both_found.wait(10) is not None and tables())

    answers = together(lambda: merge(old, new), lambda: merge(new, old))

    assert "merged-already" not in answers
