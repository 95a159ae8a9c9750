"""The columns of a list are a person's own choice; its filters are chips, and each has an address without it."""

import pytest

from events.models import Session
from tests.admin.test_pages import queries, url
from tests.factories import RegistrationFactory, SessionFactory, allowed

pytestmark = pytest.mark.django_db
LIST = "/admin/events/session/"


def shown(client, address=LIST):
    return client.get(address).context["cl"].list_display


def choose(client, *names, address=LIST):
    return client.post(address, {"columns": "", "column": names})


def test_columns_are_those_that_the_person_chose(organiser_site, boss):
    SessionFactory(title="Opening")
    usual = shown(organiser_site)

    answer = choose(organiser_site, "track", "code", "no such column", address=f"{LIST}?o=2&type__id__exact=1")

    assert usual == ["action_checkbox", "when", "title", "shown_room", "type", "booked", "shown_state"]
    assert answer["Location"] == f"{LIST}?type__id__exact=1"
    assert shown(organiser_site) == ["action_checkbox", "title", "track", "code"]
    boss.refresh_from_db()
    assert boss.list_columns == {"events.session": ["track", "code"]}
    chosen = [column.name for column in organiser_site.get(LIST).context["cl"].columns if column.is_shown]
    assert chosen == ["track", "code"]


def test_who_may_not_see_a_list_chooses_nothing_for_it(client):
    reader = allowed("events.view_room")
    client.force_login(reader)

    assert choose(client, "code").status_code == 403
    reader.refresh_from_db()
    assert reader.list_columns == {}


def test_rows_that_a_chosen_column_names_cost_no_query_each(organiser_site):
    choose(organiser_site, "track", "forum", "spoken")
    address, numbers = url(Session, "changelist"), []
    for _time in range(2):
        session = SessionFactory(languages=["en"])
        Session.objects.filter(pk=session.pk).update(track=session.forum.tracks.create(name=f"Track {session.pk}"))
        organiser_site.get(address)
        numbers.append(len(queries(organiser_site, address)))

    assert numbers[0] == numbers[1]


def test_chosen_filter_says_so_and_leads_to_the_list_without_it(organiser_site):
    RegistrationFactory(mode="remote", state="approved")
    address = "/admin/registration/registration/?mode__exact=remote&state__exact=waiting"

    page = organiser_site.get(address).content.decode()

    assert page.count('class="chip chosen"') == 2
    assert 'href="?mode__exact=remote"' in page
    assert 'href="?state__exact=waiting"' in page
    assert "0 of 1 shown." in page
