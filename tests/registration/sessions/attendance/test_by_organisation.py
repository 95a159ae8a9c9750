"""Attendance by organisation: counted from rows, for organisers only."""

import pytest

from registration.registering import registrations
from registration.sessions.attendance import by_organisation, joining
from tests.factories import (
    NOW,
    CountryFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    SessionFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def visit(person, times=1):
    for _number in range(times):
        joining.enter(registration=person, session=SessionFactory(forum=person.forum), now=NOW, source="check_in")


def shown(forum):
    return [(line.name, line.registered, line.people, line.attendances) for line in by_organisation.lines(forum)]


def test_people_and_attendances_of_each_organisation(forum):
    net, union = OrganisationFactory(name="Net"), OrganisationFactory(name="Union")
    for organisation, times in ((net, 3), (net, 1), (union, 2), (None, 9), (union, 0)):
        visit(RegistrationFactory(forum=forum, affiliation=organisation), times)
    visit(RegistrationFactory(forum=ForumFactory(slug="next"), affiliation=net))

    assert shown(forum) == [("Net", 2, 2, 4), ("Union", 2, 1, 2), ("", 1, 1, 9)]


def test_what_is_counted_is_that_of_the_first_entry(forum):
    net, union = OrganisationFactory(name="Net"), OrganisationFactory(name="Union")
    person = RegistrationFactory(forum=forum, organisation="Net", affiliation=net, country=CountryFactory())
    visit(person)

    registrations.edit(person, data={"organisation": union.name}, by=None, now=NOW)

    assert shown(forum) == [("Net", 0, 1, 1), ("Union", 1, 0, 0)]


@pytest.mark.parametrize("rows", [1, 3])
def test_page_and_table(organiser_site, forum, django_assert_max_num_queries, rows):
    for number in range(rows):
        visit(RegistrationFactory(forum=forum, affiliation=OrganisationFactory(name=f"=Net {number}")))
    organiser_site.get("/admin/")

    with django_assert_max_num_queries(8):
        html = organiser_site.get("/admin/registration/attendance/organisations/").content.decode()
    table = organiser_site.get("/admin/registration/attendance/organisations/2020.csv").content.decode()

    assert ("=Net 0" in html, "'=Net 0" in table) == (True, True)  # no formula
    assert organiser_site.get("/admin/registration/attendance/organisations/none.csv").status_code == 404
