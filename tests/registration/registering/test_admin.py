"""The organisers' page of a registration."""

import pytest

from registration.registering import questions
from tests.factories import BookingFactory, FocalPointFactory, OrganisationFactory, RegistrationFactory

pytestmark = pytest.mark.django_db
NO_ROWS = {  # bookings and steps are shown, not sent
    f"{rows}-{form}_FORMS": 0 for rows in ("bookings", "steps") for form in ("TOTAL", "INITIAL")
}


def test_registration_is_saved_and_what_cannot_be_stored_is_told_at_its_field(organiser_site):
    row = RegistrationFactory(name="Awa Diallo", wants_reminders=True)
    BookingFactory(registration=row)
    page = f"/admin/registration/registration/{row.pk}/change/"
    typed = questions.profile(row) | {"name": "Awa Traoré", "languages": ["fr"], **NO_ROWS}

    opened = organiser_site.get(page)
    refused = organiser_site.post(page, typed | {"time_zone": "Bamako/Africa"})
    row.refresh_from_db()
    kept = row.name
    saved = organiser_site.post(page, typed)

    row.refresh_from_db()
    assert [answer.status_code for answer in (opened, refused, saved)] == [200, 200, 302]
    assert "is no city, country or time zone that we know" in refused.content.decode()
    assert (kept, row.name, row.languages, row.wants_reminders) == ("Awa Diallo", "Awa Traoré", ["fr"], False)


def test_registrations_are_narrowed_to_an_organisation(organiser_site):
    row = RegistrationFactory(affiliation=OrganisationFactory(name="Small Union"))
    RegistrationFactory(affiliation=FocalPointFactory(forum=row.forum, organisation__name="Large Union").organisation)

    def listed(value):
        page = organiser_site.get("/admin/registration/registration/", {"affiliation": value})
        names = [name for name in ("Small Union", "Large Union") if f"{name}</a>" in page.content.decode()]
        return page.context["cl"].result_count, names

    assert listed(row.affiliation_id) == (1, ["Small Union", "Large Union"])
    assert [listed(odd) for odd in ("", "x", "0", "9" * 30, "²")] == [(2, ["Large Union"])] * 5
