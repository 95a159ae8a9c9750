"""A year of the organisers in a browser: a forum from nothing to its first release, a session that moves and the people who
booked it, an import that was a mistake, the next edition, and the archive."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from events.models import Forum, Mailing, Session
from events.tasks import bring_in_files
from registration.models import Booking
from tests.factories import RegistrationFactory, SessionTypeFactory

pytestmark = pytest.mark.browser
TALKS = 15
HEADER = "Titre;Type;Salle;Date;Début;Fin;Organisateurs"
FIRST = date(2027, 6, 7)  # a Monday


def table():
    """Fifteen sessions on five days in two rooms, as a colleague wrote them."""
    lines = [HEADER]
    for number in range(TALKS):
        day, turn = FIRST + timedelta(days=number // 3), number % 3
        room = "Salle Baobab" if number % 2 else "Salle Karité"
        lines.append(
            f"Atelier {number + 1};Workshop;{room};{day:%d/%m/%Y};{9 + 2 * turn}:00;{10 + 2 * turn}:30;Réseau {number + 1}"
        )
    return "\n".join(lines).encode()


@pytest.fixture
def desk(page, live_site, sign_in, boss):
    """The page of an organiser of a site without a forum."""
    SessionTypeFactory(name="Workshop")
    sign_in(page, boss)
    page.goto(f"{live_site}/admin/set-up/")
    return page


def step(page, name):
    """The line of a step on the set-up page."""
    return page.locator(".steps > li").filter(has=page.get_by_role("heading", name=name, exact=True))


def is_done(page):
    page.locator("ul.messagelist li.success").wait_for()


def bring_in(page, content):
    """Import a table of sessions, making what it names and the forum does not know."""
    page.set_input_files("input[type=file]", {"name": "ateliers.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Show what it would do").click()
    page.get_by_role("button", name="Bring it in").click()
    page.get_by_role("progressbar").wait_for()
    bring_in_files()
    is_done(page)


def test_year_of_a_secretariat(desk, live_site):
    page = desk

    # A forum from nothing: its days, and the zone by the name of a city. It leads to what is still needed.
    page.get_by_role("link", name="Add the first forum").click()
    page.locator("#id_name").fill("Dakar Days 2027")
    page.locator("#id_starts").fill(FIRST.isoformat())
    page.locator("#id_ends").fill((FIRST + timedelta(days=4)).isoformat())
    page.locator("#id_time_zone").fill("Dakar")
    page.locator("#id_place").fill("Dakar")
    page.get_by_role("button", name="Save", exact=True).click()
    is_done(page)
    forum = Forum.objects.get()

    # Fifteen sessions come from a table with a French header, its rooms and organisers made on the way.
    step(page, "Sessions").get_by_role("link").click()
    bring_in(page, table())
    page.goto(f"{live_site}/admin/set-up/?forum={forum.slug}")
    step(page, "Public").get_by_role("link").click()
    page.get_by_role("button", name="Release version 1").click()
    is_done(page)
    step(page, "Public").get_by_role("link", name="Make the forum public").click()
    page.get_by_role("button", name="Make the forum public").click()
    is_done(page)
    page.goto(f"{live_site}/{forum.slug}/programme/")
    page.get_by_role("link", name="Atelier 15", exact=True).first.wait_for()

    # A session that somebody booked moves, with a release.
    session = Session.objects.get(title="Atelier 4")
    Booking.objects.create(
        registration=RegistrationFactory(forum=forum, language="fr"), session=session, created=timezone.now()
    )
    page.goto(f"{live_site}/admin/events/session/{session.pk}/change/")
    page.get_by_role("link", name="When and where").click()
    page.locator("#id_starts_1").fill("15:00")
    page.locator("#id_ends_1").fill("16:30")
    page.get_by_role("button", name="Save", exact=True).click()
    is_done(page)
    page.goto(f"{live_site}/admin/set-up/?forum={forum.slug}")
    step(page, "Public").get_by_role("link", name="Release 1 change").click()
    page.get_by_role("button", name="Release version 2").click()
    is_done(page)

    # The organisers write to those who booked it.
    page.goto(f"{live_site}/admin/events/mailing/add/?forum={forum.slug}")
    page.get_by_label("Group").select_option(label="Booked")
    page.get_by_role("button", name="Add the group").click()
    page.locator("#id_g0-session").select_option(label="Atelier 4")
    page.get_by_label("Subject").first.fill("{session} moves")
    page.get_by_label("Text").first.fill("Dear {name}, we meet in the afternoon.")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("button", name="Send to 1 person").click()
    is_done(page)
    assert Mailing.objects.get().people == 1

    # A second table was a mistake: what it did is taken back as one.
    page.goto(f"{live_site}/admin/events/forum/import/?forum={forum.slug}")
    wrong = table().replace(b"Atelier", "Répétition".encode())
    bring_in(page, wrong)
    page.goto(f"{live_site}/admin/events/historyentry/?forum={forum.slug}")
    page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    page.get_by_role("link", name="Take this back").click()
    page.get_by_role("button", name="Take back").click()
    is_done(page)
    assert Session.objects.filter(title__startswith="Répétition").count() == 0
    assert Session.objects.filter(forum=forum).count() == TALKS

    Mailing.objects.update(state=Mailing.State.SENT)  # as the worker says when the mails have left
    # The next edition is made from this one, and this one archived.
    page.goto(f"{live_site}/admin/events/forum/{forum.pk}/change/")
    page.get_by_role("link", name="Make the next one from this").click()
    page.get_by_role("button", name="Make the next forum").click()
    page.get_by_role("heading", name="Still last year’s").wait_for()
    new = Forum.objects.exclude(pk=forum.pk).get()
    assert (new.slug, new.rooms.count(), new.sessions.count(), new.is_public) == ("dakar-days-2028", 2, 0, False)
    Forum.objects.filter(pk=forum.pk).update(
        starts=FIRST - timedelta(days=400), ends=FIRST - timedelta(days=396)
    )  # it is over
    page.goto(f"{live_site}/admin/events/forum/{forum.pk}/change/")
    page.get_by_role("link", name="Archive", exact=True).click()
    page.get_by_role("button", name="Archive the forum").click()
    page.get_by_text("is archived. Its pages stay where they are.").wait_for()
    assert page.goto(f"{live_site}/{forum.slug}/programme/").status == 200
