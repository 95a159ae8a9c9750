"""The pictures of links that are shared: of what the public sees, once, in each language."""

import io
from datetime import timedelta

import pytest
from django.core.cache import cache
from PIL import Image

from events.models import Session
from events.programme.sharing import cards
from events.shared.pages import revision
from tests.factories import NOW, AppearanceFactory, SessionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def paths():
    cache.clear()
    session = SessionFactory(title="لقب " * 60)
    speaker = AppearanceFactory(session=session).speaker
    return ["/2020/card.png", f"/2020/programme/{session.code}.png", f"/ar/2020/speakers/{speaker.pk}.png"]


def test_each_card_is_a_picture_that_its_page_names(client, paths, settings):
    for path in paths:
        answer = client.get(path)

        assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
        assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)
        page = path.replace("card.png", "").replace(".png", "/")
        assert f'<meta property="og:image" content="{settings.BASE_URL}{path}">' in client.get(page).content.decode()
    assert f'content="{settings.BASE_URL}/fr/2020/card.png"' in client.get("/fr/2020/speakers/").content.decode()


def test_what_is_hidden_has_no_card(client, paths):
    Session.objects.update(embargoed_until=NOW + timedelta(hours=1))
    revision.bump()

    assert [client.get(path).status_code for path in paths] == [200, 404, 404]


def test_nobody_waits_while_another_card_is_drawn_and_one_that_was_is_not_drawn_again(client, paths):
    first = client.get(paths[0])

    with cards._one_at_a_time:
        again, other = client.get(paths[0]), client.get(paths[1])

    assert first.content == again.content
    assert (other.status_code, other["Retry-After"]) == (503, "3")
    assert client.get(paths[1]).status_code == 200
