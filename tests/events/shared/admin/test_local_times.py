"""What all forms of organisers do: addresses from names, zones by city, ends after starts, times on the forum's clock."""

from datetime import UTC, datetime

import pytest

from events.models import Forum, PracticalPage, Release
from tests.admin.test_pages import Sent
from tests.factories import NOW, ForumFactory, KindFactory

ADD = "/admin/events/forum/add/"


def typed(client, address, **values):
    """What a browser sends of a page, with some fields changed."""
    return Sent(client.get(address).content.decode()).values | {"_save": "Save"} | values


def errors(answer):
    return answer.context["adminform"].form.errors


NEW = {"starts": "2027-03-15", "ends": "2027-03-19"}


def test_address_is_made_from_the_name_and_times_are_by_the_clock_of_the_city(organiser_site):
    answer = organiser_site.post(
        ADD, typed(organiser_site, ADD, **NEW, name="Forum of Nairobi 2027", slug="", time_zone="nairobi")
    )

    forum = Forum.objects.get(slug="forum-of-nairobi-2027")
    assert (answer.status_code, forum.time_zone) == (302, "Africa/Nairobi")
    assert answer.url == "/admin/set-up/?forum=forum-of-nairobi-2027"
    assert forum.registration_opens == datetime(2026, 12, 14, 21, tzinfo=UTC)
    assert forum.registration_closes == datetime(2027, 3, 19, 21, tzinfo=UTC)
    assert forum.reminder_minutes == [1440, 60]


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"name": "منتدى", "slug": ""}, "slug", "Enter an address: none can be made from this name"),
        ({"slug": "Forum"}, "slug", "Use small letters, digits and hyphens"),
        ({"slug": "2027 é"}, "slug", "Use letters from a to z without accents, digits and hyphens"),
        ({"ends": "2027-03-14"}, "ends", "The last day is before the first day."),
        ({"starts": "0001-01-02"}, "starts", "Enter a year between 1990 and 2100"),
    ],
)
def test_bad_input_of_a_new_forum_has_one_sentence_at_its_field_and_nothing_is_lost(
    organiser_site, wrong, field, sentence
):
    values = typed(organiser_site, ADD, **NEW | {"name": "Forum", "slug": "f2027", "place": "رؤية 2027"} | wrong)

    answer = organiser_site.post(ADD, values)

    assert (errors(answer), Forum.objects.count()) == ({field: [sentence]}, 0)
    shown = Sent(answer.content.decode()).values
    assert (shown["place"], shown["ends"]) == (["رؤية 2027"], [values["ends"]])


def test_moment_that_is_not_after_its_start_is_refused_at_its_field(organiser_site):
    address = f"/admin/events/forum/{ForumFactory().pk}/change/"

    answer = organiser_site.post(address, typed(organiser_site, address, registration_closes_0="1999-12-31"))

    assert errors(answer) == {"registration_closes": ["The end is not after the start. Choose a later end"]}


@pytest.mark.parametrize(
    ("is_public", "has_release", "may"), [(False, False, True), (True, False, False), (False, True, False)]
)
def test_address_of_a_forum_changes_until_it_was_public(organiser_site, is_public, has_release, may):
    forum = ForumFactory(is_public=is_public)
    if has_release:
        Release.objects.create(forum=forum, number=1, released=NOW)

    page = organiser_site.get(f"/admin/events/forum/{forum.pk}/change/").content.decode()

    assert ('name="slug"' in page) == may


def test_address_of_a_practical_page_stands_once_it_is_public(organiser_site):
    for is_public in (False, True):
        row = PracticalPage.objects.create(
            forum=ForumFactory(slug=f"f-{is_public}".lower()),
            slug="venue",
            title="Venue",
            text="x",
            is_public=is_public,
        )
        page = organiser_site.get(f"/admin/events/practicalpage/{row.pk}/change/").content.decode()

        assert ('name="slug"' in page) == (not is_public)


def test_times_of_a_row_are_by_the_clock_of_its_forum(organiser_site):
    forum = ForumFactory(time_zone="Africa/Nairobi", registration_opens=datetime(2020, 3, 1, tzinfo=UTC))
    kind = KindFactory(forum=forum, opens=datetime(2020, 3, 2, 6, tzinfo=UTC))

    page = organiser_site.get(f"/admin/registration/kind/{kind.pk}/change/").content.decode()

    assert Sent(page).values["opens_1"] == ["09:00"]
    assert "Local time in the zone Africa/Nairobi." in page
