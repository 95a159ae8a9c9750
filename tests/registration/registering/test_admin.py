"""The organisers' page of a registration."""

import pytest

from registration.registering import questions
from tests.factories import BookingFactory, RegistrationFactory

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
    assert "is not known. Choose one from the list" in refused.content.decode()
    assert (kept, row.name, row.languages, row.wants_reminders) == ("Awa Diallo", "Awa Traoré", ["fr"], False)
