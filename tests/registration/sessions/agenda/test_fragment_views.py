from datetime import timedelta

import pytest

from tests.factories import NOW, BookingFactory, ForumFactory, RegistrationFactory, SessionFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PART = {"X-Part-Of": "/2020/programme/?week=5"}


def html(client, path, **headers):
    response = client.get(path, headers=PART | headers)
    assert (response.status_code, response["Cache-Control"]) == (200, "private, no-store")
    return response.content.decode()


def test_me_of_a_visitor_offers_log_in_and_registration(client, django_assert_num_queries):
    ForumFactory()

    with django_assert_num_queries(1):
        found = html(client, "/2020/me/")
    elsewhere = html(client, "/2020/me/", **{"X-Part-Of": "https://evil.example/2020/"})

    assert 'href="/accounts/login/" data-come-back' in found
    assert 'href="/2020/register/"' in found
    assert "sessionid" not in client.cookies
    assert "evil" not in elsewhere


def test_card_before_the_session_and_when_it_is_booked(client, web_process, django_assert_num_queries):
    registration, session = RegistrationFactory(), SessionFactory(capacity=10)
    BookingFactory.create_batch(3, session=session)
    client.force_login(registration.user)

    html(client, f"/2020/me/{session.code}/")
    with django_assert_num_queries(4):  # session, account, registration with what is booked, the places
        before = html(client, f"/2020/me/{session.code}/")
    BookingFactory(registration=registration, session=session)
    booked = html(client, f"/2020/me/{session.code}/")

    assert f'action="/2020/book/{session.code}/"' in before
    assert "csrfmiddlewaretoken" in before
    assert "23 July, 11:45" in before
    assert "/join/" not in before
    assert "✓ In my agenda" in booked
    assert f'action="/2020/leave/{session.code}/"' in booked
    assert "seats" not in booked


def test_card_of_what_does_not_take_place_is_empty_and_of_a_draft_not_found(client):
    cancelled, over = SessionFactory(state="cancelled"), SessionFactory(starts=NOW - timedelta(days=1))
    draft = SessionFactory(state="draft")
    client.force_login(RegistrationFactory().user)

    assert [html(client, f"/2020/me/{session.code}/").strip() for session in (cancelled, over)] == ["", ""]
    assert client.get(f"/2020/me/{draft.code}/").status_code == 404
    assert [client.post(path).status_code for path in ("/2020/me/", f"/2020/me/{over.code}/")] == [405, 405]


# --- the cookie that says whether there is anything to ask for ----------------------------------------
def test_cookie_tells_a_script_that_somebody_is_signed_in_and_nothing_more(client):
    forum, first, second = ForumFactory(), UserFactory(), UserFactory()
    agenda, page = f"/{forum.slug}/agenda/", f"/{forum.slug}/programme/"

    client.get(page)
    assert "known" not in client.cookies  # a visitor
    seen = []
    for person in (first, second):
        client.force_login(person)
        seen.append((client.get(agenda), client.cookies["known"].value)[1])
        assert "known" not in client.get(agenda).cookies  # once is enough
    assert "known" not in client.get(page).cookies  # what is the same for all says nothing of anybody

    assert len(set(seen)) == 2  # a page of the first one is told from those of the second
    assert all(len(value) == 12 for value in seen)


def test_forged_or_stale_cookie_shows_nobodys_page_and_goes(client):
    ForumFactory()
    client.cookies["known"] = "forged"

    found = client.get("/2020/me/", headers=PART)

    assert "Log in" in found.content.decode()
    assert found.cookies["known"].value == ""


def test_card_of_a_session_under_embargo_is_for_those_alone_who_know_of_it(client, web_process):
    """Also where the process has kept the session, because one of them asked."""
    session = SessionFactory(embargoed_until=NOW + timedelta(days=1))
    known, other = BookingFactory(session=session).registration, RegistrationFactory()

    found = []
    for one in (known, other, known):
        client.force_login(one.user)
        found.append(client.get(f"/2020/me/{session.code}/").status_code)
    client.logout()
    found.append(client.get(f"/2020/me/{session.code}/").status_code)

    assert found == [200, 404, 200, 404]
