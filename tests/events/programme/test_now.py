from datetime import timedelta

import pytest

from events.models import Session
from tests.factories import NOW, AppearanceFactory, ForumFactory, SessionFactory, SpeakerFactory, translate

pytestmark = pytest.mark.usefixtures("noon")

HOUR = timedelta(hours=1)


@pytest.fixture
def live(db):
    forum = ForumFactory()
    SessionFactory(forum=forum, title="Over", starts=NOW - 3 * HOUR, ends=NOW)
    SessionFactory(forum=forum, title="Called off", starts=NOW - HOUR, ends=NOW + HOUR, state="cancelled")
    SessionFactory(forum=forum, title="Coming", starts=NOW + HOUR, ends=NOW + 2 * HOUR)
    SessionFactory(forum=forum, title="Canary", starts=NOW - HOUR, ends=NOW + HOUR, embargoed_until=NOW + HOUR)
    return SessionFactory(forum=forum, code="LIVE00", title="Fibre", starts=NOW - HOUR, ends=NOW + HOUR)


# --- what is on now -------------------------------------------------------------------------------
def test_fragments_name_what_is_on_and_the_long_one_what_comes(live, client):
    translate(live, "fr", title="Fibre optique")
    html, brief = (client.get(f"/2020/now/{query}").content.decode() for query in ("", "?brief=1"))

    assert 'data-said="On now: Fibre"' in html
    assert html.index("Fibre") < html.index("Coming")
    assert not [word for word in ("Over", "Called off", "Canary", "<html") if word in html]
    assert "/2020/programme/LIVE00/" in brief
    assert not [word for word in ("Over", "Called off", "Canary", "Coming") if word in brief]
    assert "Fibre optique" in client.get("/fr/2020/now/?brief=1").content.decode()


def test_programme_holds_none_outside_the_forum_or_in_a_frame(live, client, settings, time_machine):
    settings.EMBED_SITES = ["https://site.example"]
    framed = client.get("/2020/programme/?embed").content.decode()
    time_machine.move_to(NOW + timedelta(days=200), tick=False)

    assert ("data-now-from" in framed, "<script" in framed) == (False, False)
    assert "data-now-from" not in client.get("/2020/programme/").content.decode()


# --- a speaker's page -----------------------------------------------------------------------------
def test_speakers_page_has_all_sessions_with_roles_in_order(live, client):
    speaker = SpeakerFactory(forum=live.forum)
    roles = {
        "Over": "moderator",
        "Coming": "keynote",
        "Fibre": "speaker",
        "Called off": "panellist",
        "Canary": "speaker",
    }
    for title, role in roles.items():
        AppearanceFactory(session=Session.objects.get(title=title), speaker=speaker, role=role)
    draft = SessionFactory(forum=live.forum, title="Draft secret", state="draft")
    AppearanceFactory(session=draft, speaker=speaker)
    unreleased = SessionFactory(forum=live.forum, title="Not released")
    AppearanceFactory(session=unreleased, speaker=speaker, is_released=False)
    earlier = SessionFactory(forum=live.forum, title="Earliest", starts=NOW - 90 * HOUR, ends=NOW - 89 * HOUR)
    AppearanceFactory(session=earlier, speaker=speaker, role="remote_moderator")

    html = client.get(f"/2020/speakers/{speaker.pk}/").content.decode()

    order = [
        html.index(f">{title}<") for title in ("Called off", "Fibre", "Coming", "Past sessions", "Over", "Earliest")
    ]
    assert order == sorted(order)
    assert '<details class="fold" open>' not in html  # open where all is past
    over = AppearanceFactory(session=Session.objects.get(title="Over"), speaker__forum=live.forum).speaker
    assert '<details class="fold" open>' in client.get(f"/2020/speakers/{over.pk}/").content.decode()
    for word in ("Moderator", "Keynote speaker", "Remote moderator", "2 sessions"):
        assert word in html
    assert not [word for word in ("Draft secret", "Not released", "Canary") if word in html]
