"""Badges: the kind by word and colour, names of any direction, for those who take part and no others."""

import uuid
from dataclasses import replace

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from events.models import HistoryEntry, PdfFile, Role
from events.shared.pdf import pdf_files
from events.shared.pdf.font_coverage import lacking
from registration.door import badges, scanning, tickets
from registration.door.scanning import Seen
from registration.models.kind import Colour
from tests.factories import (
    NOW,
    DoorFactory,
    DoorPassFactory,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    boss,
    staff,
)
from tests.scripts import LATIN, SCRIPTS

pytestmark = pytest.mark.django_db
PDF = "application/pdf"


@pytest.fixture
def person():
    kind = KindFactory(name="Delegate", translations={"fr": {"name": "Délégué"}}, colour=Colour.GREEN)
    return RegistrationFactory(forum=kind.forum, kind=kind, name="نوار الهاشلي", organisation="Atlas #Open *Data*")


def drawn(person, **more):
    return badges.source([person], sheets=False, **more).content["badges"][0]


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_badge_says_the_kind_by_its_word_and_its_colour(person):
    row, none = drawn(person), drawn(RegistrationFactory(forum=person.forum))

    assert (row["kind"]["text"], row["colour"], none["kind"]["text"]) == ("Delegate", "#0a6640", "Participant")
    assert (row["name"]["direction"], row["organisation"]["text"]) == ("rtl", "Atlas #Open *Data*")


@pytest.mark.parametrize("colour", Colour.values)
def test_word_of_each_kind_can_be_read_on_its_colour(colour):
    assert 1.05 / (luminance(badges.COLOURS[colour]) + 0.05) >= 4.5


@pytest.mark.parametrize("sheets", [False, True])
def test_badges_are_drawn_whatever_the_script_and_length_of_names(person, sheets):
    names = [person.name, "李小明", "Анна", "X" * 150, '"; #panic() \\ ]']
    people = [RegistrationFactory(forum=person.forum, kind=person.kind, name=name) for name in names]

    assert pdf_files.draw(badges.source(people, sheets=sheets))[:5] == b"%PDF-"


def test_no_name_is_blank_with_the_required_fonts_alone(only_required_fonts, person):
    """Boxes are none: the standard forbids them, and one would be enough for the file of all not to keep it."""
    both = [
        [RegistrationFactory(forum=person.forum, name=name, latin_name=latin) for latin in (LATIN, "")]
        for name in SCRIPTS.values()
    ]

    for (script, name), rows in zip(SCRIPTS.items(), both, strict=True):
        first, second = (drawn(row) for row in rows)
        other = LATIN if script != "latin" else ""
        shown = (LATIN, "", "") if lacking(name) else (name, other, "")
        assert (first["name"]["text"], first["below"]["text"], first["by_hand"]) == shown
        by_hand = "Name, to be written by hand" if lacking(name) else ""
        assert (second["name"]["text"], second["by_hand"]) == ("" if by_hand else name, by_hand)
    sheets = badges.source([row for rows in both for row in rows], sheets=True)
    assert b"pdfuaid" in pdf_files.draw(replace(sheets, accessible=True))


def test_badge_says_organisation_and_country(person):
    assert [drawn(person)[line]["text"] for line in ("organisation", "country")] == [
        "Atlas #Open *Data*",
        str(person.country),
    ]


def test_name_in_a_script_that_no_font_has_is_told_to_the_organisers_and_left_to_write(
    only_required_fonts, desk, person, settings
):
    settings.HAS_WORKERS = True
    thai = RegistrationFactory(forum=person.forum, name="สมชาย ใจดี", organisation="Atlas ใจ")
    RegistrationFactory(forum=person.forum, name="김민준", latin_name="Kim Minjun")

    answer = chosen(desk, [*person.forum.registrations.all()])

    said = [str(message) for message in get_messages(answer.wsgi_request)]
    packages = "These packages, on the server, bring them: manimgx-fonts, pylopdf-fonts-ko"
    assert said == [
        f"There is no font for: Hangul, Thai. {packages}",
        "1 name has no font, and is not known in Latin letters. Write it on the badge by hand: สมชาย ใจดี",
    ]
    assert [drawn(thai)[name]["text"] for name in ("name", "organisation")] == ["", "Atlas"]


def test_withdrawn_person_has_no_badge_and_the_old_one_opens_no_door(client, person):
    code = tickets.code(person)
    person.withdrawn = person.created
    person.save()
    client.force_login(person.user)

    page = client.get(reverse("registration:badge", args=[person.forum.slug]))
    row = scanning.scan(
        Seen(uuid.uuid4(), code, "in", NOW), door_pass=DoorPassFactory(door=DoorFactory(forum=person.forum)), now=NOW
    )

    assert page["Content-Type"] != PDF
    assert (row.outcome, row.registration) == ("cancelled", person)


def test_own_badge_is_for_who_takes_part(client, person):
    page = reverse("registration:badge", args=[person.forum.slug])

    stranger = client.get(page).status_code
    client.force_login(person.user)
    own = client.get(page)
    person.state = "secretariat"
    person.save()
    undecided = client.get(page)

    assert (stranger, own["Content-Type"], own.content[:5]) == (302, PDF, b"%PDF-")
    assert undecided["Content-Type"] != PDF


@pytest.fixture
def desk(client):
    client.force_login(boss())
    return client


def chosen(client, people):
    sent = {"action": "print_badges", "_selected_action": [one.pk for one in people]}
    return client.post(reverse("admin:registration_registration_changelist"), sent)


def test_sheets_hold_those_of_the_chosen_who_take_part(desk, person, settings):
    settings.HAS_WORKERS = True
    gone = RegistrationFactory(forum=person.forum, withdrawn=person.created)

    answer = chosen(desk, [person, gone])
    waits = desk.get(answer.url)

    content = PdfFile.objects.get().source["content"]
    assert [row["name"]["text"] for row in content["badges"]] == [person.name]
    assert tickets.code(person) not in waits.content.decode()
    assert (waits.status_code, content["sheets"]) == (503, True)
    assert HistoryEntry.objects.filter(verb="export-table").exists()
    pdf_files.make_due(timezone.now())
    assert desk.get(answer.url)["Content-Type"] == PDF


def test_people_of_a_forum_that_one_does_not_keep_get_no_badge(client, person, settings):
    settings.HAS_WORKERS = True
    other = RegistrationFactory(forum=ForumFactory(slug="2027"))
    client.force_login(staff(Role.REGISTRATION_DESK, forum=person.forum))

    chosen(client, [person, other])
    both = client.session.get("badges")
    chosen(client, [person])
    own = client.session.get("badges")
    kept = client.session
    kept["badges"] = [person.pk, other.pk]  # as it was before the membership for the other forum ended
    kept.save()
    client.get(reverse("admin:registration_door_badges"))

    assert (both, own) == (None, [person.pk])
    assert [row["name"]["text"] for row in PdfFile.objects.get().source["content"]["badges"]] == [person.name]
