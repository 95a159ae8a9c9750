"""The organisers' page of a registration."""

import pytest

from registration.registering import registrations
from tests.factories import BookingFactory, RegistrationFactory

pytestmark = pytest.mark.django_db
NO_BOOKINGS = {"bookings-TOTAL_FORMS": 0, "bookings-INITIAL_FORMS": 0}  # they are shown, not sent


def test_registration_is_saved(organiser_site):
    row = RegistrationFactory(name="Awa Diallo", wants_reminders=True)
    BookingFactory(registration=row)
    page = f"/admin/registration/registration/{row.pk}/change/"
    typed = registrations.profile(row) | {"name": "Awa Traoré", "languages": ["fr"], **NO_BOOKINGS}

    opened = organiser_site.get(page)
    saved = organiser_site.post(page, typed)

    row.refresh_from_db()
    assert (opened.status_code, saved.status_code) == (200, 302)
    assert (row.name, row.languages, row.wants_reminders) == ("Awa Traoré", ["fr"], False)


def test_value_that_cannot_be_stored_is_told_at_its_field(organiser_site):
    row = RegistrationFactory(name="Awa Diallo")
    typed = registrations.profile(row) | {"name": "Awa Traoré", "time_zone": "Bamako/Africa", **NO_BOOKINGS}

    answer = organiser_site.post(f"/admin/registration/registration/{row.pk}/change/", typed)

    row.refresh_from_db()
    assert (answer.status_code, row.name) == (200, "Awa Diallo")
    assert "is not known. Choose one from the list" in answer.content.decode()
