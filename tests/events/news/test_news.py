"""The news of a forum: when and in which language the public reads them, the banner, the feed, and how organisers write them."""

import io
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from events.models import News
from events.shared.pages import page_expiry, revision
from tests.admin.test_pages import Sent
from tests.factories import NOW, ForumFactory, SessionFactory, UserFactory
from tests.files import PDF, PNG, picture, stored
from tests.site_client import Client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

ATOM = "{http://www.w3.org/2005/Atom}"
ADD = "/admin/events/news/add/"
DAY = timedelta(days=1)
FRENCH = {"fr": {"title": "Changement de salle", "text": "La **salle** 5"}}


@pytest.fixture
def forum(db):
    return ForumFactory()


def make(forum, title="Room changed", **values):
    row = {"text": "The **hall** 5", "is_public": True, "date": NOW - DAY}
    return News.objects.create(forum=forum, title=title, **row | values)


def text_of(path, client=None, status=200):
    answer = (client or Client()).get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def main_of(path):
    return text_of(path).partition("<main")[2].partition("</main>")[0]


def titles(path):
    """The titles in a list, in its order."""
    return re.findall(r"/news/\d+/\"><bdi>([^<]*)<", main_of(path))


def banners(path):
    return re.findall(r"<bdi>([^<]*)<", text_of(path).partition('<aside class="banner"')[2].partition("</aside>")[0])


# --- the public -----------------------------------------------------------------------------------
def test_news_stand_on_the_home_page_in_their_list_and_on_a_page_of_their_own(forum):
    for number in range(4):
        make(forum, f"News {number}", date=NOW - number * DAY)
    make(forum, "What stays", date=NOW - 9 * DAY, is_pinned=True)

    assert titles("/2020/") == ["What stays", "News 0", "News 1"]
    assert titles("/2020/news/") == ["News 0", "News 1", "News 2", "News 3", "What stays"]
    page = text_of(f"/2020/news/{News.objects.get(title='News 1').pk}/")
    assert "<strong>hall</strong>" in page
    assert '<time datetime="2020-07-21">' in page
    assert '<meta name="description" content="The hall 5">' in " ".join(page.split()).replace('" >', '">')


@pytest.mark.parametrize("hidden", [{"is_public": False}, {"date": NOW + DAY}, {"forum": "hidden"}, {"forum": "other"}])
def test_what_is_not_public_yet_is_behind_no_door(forum, hidden, organiser_site, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    of = ForumFactory(slug=hidden["forum"], is_public=hidden["forum"] == "other") if "forum" in hidden else forum
    banner = {"banner_until": NOW + 2 * DAY, "picture": stored(PNG, "news/x.png")}
    row = make(of, "Canary", **banner | {key: value for key, value in hidden.items() if key != "forum"})

    for path in ("/2020/", "/2020/news/", "/2020/news/feed/", "/2020/programme/"):
        assert "Canary" not in text_of(path), path
        assert f"/2020/news/{row.pk}/" not in text_of(path), path
    for client in (Client(), organiser_site):
        assert client.get(f"/2020/news/{row.pk}/").status_code == 404
    answers = [client.get(row.picture.url) for client in (Client(), organiser_site)]
    assert [answer.status_code for answer in answers] == [200 if of.slug == "other" else 404, 200]
    for answer in answers:
        answer.close()


def test_news_appear_on_their_date_and_a_banner_ends_by_itself(forum, time_machine):
    make(forum, "To come", date=NOW + timedelta(minutes=5), banner_until=NOW + timedelta(minutes=9))
    make(forum, "Draft", date=NOW + timedelta(minutes=2), banner_until=NOW + timedelta(minutes=3), is_public=False)

    seen, changes = [], []
    for minutes in (0, 4, 5, 8, 9):
        now = NOW + timedelta(minutes=minutes)
        time_machine.move_to(now, tick=False)
        seen.append((titles("/2020/"), banners("/2020/speakers/")))
        changes.append((page_expiry.next_moment(now) - NOW) // timedelta(minutes=1))

    assert seen == [([], [])] * 2 + [(["To come"], ["To come"])] * 2 + [(["To come"], [])]
    assert changes[:-1] == [5, 5, 9, 9]  # when finished pages are made anew
    assert changes[-1] > 9


def test_banner_stands_over_every_page_of_its_forum_alone(forum):
    ForumFactory(slug="2019", starts=forum.starts - 365 * DAY, ends=forum.ends - 365 * DAY)
    session = SessionFactory(forum=forum, starts=NOW)
    make(forum, "Room <b>5</b>", banner_until=NOW + DAY)
    make(forum, "Over", banner_until=NOW)

    for path in ("", "programme/", f"programme/{session.code}/", "info/", "news/", "prizes/", "statistics/"):
        assert banners(f"/2020/{path}") == ["Room &lt;b&gt;5&lt;/b&gt;"], path
    assert banners("/2019/") == []


@pytest.mark.parametrize("number", [0, 1, 3])
def test_banners_cost_one_question_more_and_nothing_where_there_is_none(forum, number, django_assert_num_queries):
    for n in range(number):
        make(forum, f"News {n}", banner_until=NOW + DAY)

    with django_assert_num_queries(4 + bool(number)):  # the forum, its organisers, the pages, what the frame leads to
        Client().get("/2020/info/")


@pytest.mark.parametrize(
    ("values", "path", "title", "language"),
    [
        ({}, "", "<bdi>Room changed</bdi>", ""),
        ({}, "/fr", "<bdi>Changement de salle</bdi>", ""),
        ({}, "/ar", '<bdi lang="en">Room changed</bdi>', "الإنكليزية"),
        # what nobody else reads
        (
            {"language": "pt", "title": "Sala nova", "translations": {}},
            "",
            '<bdi lang="pt">Sala nova</bdi>',
            "Portuguese",
        ),
        ({"language": "zh", "title": "新闻", "translations": {}}, "/fr", '<bdi lang="zh">新闻</bdi>', "Chinois"),
    ],
)
def test_news_are_read_in_the_language_of_the_page_or_say_in_which_they_are(forum, values, path, title, language):
    row = make(forum, **{"translations": FRENCH, "banner_until": NOW + DAY} | values)

    page = text_of(f"{path}/2020/news/{row.pk}/")
    notes = re.findall(r'<div class="note">\s*<p>(.*?)</p>', page, re.DOTALL)
    code = re.search(r' (lang="\w+")', title)

    assert f"<h1>{title}</h1>" in re.sub(r"\s*(?=>)|(?<=<bdi)\s+(?=>)", "", page)
    assert [language in note for note in notes] == ([True] if language else [])
    for one in (f"{path}/2020/", f"{path}/2020/news/"):
        assert re.findall(r'class="what"\s*(lang="\w+")?', main_of(one)) == [code[1] if code else ""]
    aside = page.partition("<aside")[2].partition("</aside>")[0]
    assert (f"<p{code[0]}>" in re.sub(r"\s*(?=>)", "", aside)) if code else " lang=" not in aside


def test_feed_is_atom_with_the_latest_first_in_the_language_of_its_address(forum):
    make(forum, "Old & <b>bold</b>", text="<script>x</script>", date=NOW - 2 * DAY)
    make(forum, translations=FRENCH)

    answer = Client().get("/fr/2020/news/feed/")
    last, first = ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")

    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert answer.finished.parameters == frozenset()  # kept, with its ETag, as every finished page
    assert [entry.findtext(f"{ATOM}title") for entry in (last, first)] == ["Changement de salle", "Old & <b>bold</b>"]
    assert last.findtext(f"{ATOM}summary").startswith('<div lang="fr"><p>La <strong>salle</strong> 5</p>')
    assert first.findtext(f"{ATOM}summary").startswith('<div lang="en"><p>&lt;script&gt;')
    assert last.findtext(f"{ATOM}published") == (NOW - DAY).isoformat()


def test_markup_is_shown_as_text(forum):
    bad = "<script>canary()</script> [link](javascript:canary()) ![](https://example.org/x.png)"
    row = make(forum, bad, text=bad, banner_until=NOW + DAY)

    for path in ("/2020/", "/2020/news/", f"/2020/news/{row.pk}/"):
        assert re.findall(r"<script>|<img[^>]*example|href=\"javascript", text_of(path)) == [], path


# --- the organisers -------------------------------------------------------------------------------
@pytest.fixture
def sent(forum):
    """What the form of new news sends."""
    empty = dict.fromkeys(("date_0", "date_1", "banner_until_0", "banner_until_1", "picture_shows"), "")
    return empty | {"forum": forum.pk, "language": "en", "title": "Room changed", "text": "Hall 5"}


def faults(answer):
    """Field → the codes of what is wrong with it."""
    found = answer.context["adminform"].form.errors.as_data()
    return {name: [one.code for one in wrong] for name, wrong in found.items()}


def upload(content, name="picture.png"):
    return SimpleUploadedFile(name, content)


def test_organisers_write_news_in_all_languages_and_the_public_sees_them_at_once(organiser_site, sent, settings):
    before, french = revision.current(), {"title_fr": "Changement de salle", "text_fr": "La **salle** 5"}
    shows = {"picture": upload(PNG), "picture_shows": "A hall", "picture_shows_fr": "Une salle"}

    assert Sent(text_of(f"{ADD}?forum=2020", organiser_site)).values["date_0"] == [""]  # of now, when it is saved
    answer = organiser_site.post(ADD, sent | french | shows | {"is_public": "on"})

    row = News.objects.get()
    assert (answer.status_code, row.date, row.is_public) == (302, NOW, True)
    assert row.translations == {"fr": FRENCH["fr"] | {"picture_shows": "Une salle"}}
    assert revision.current() > before
    assert 'alt="Une salle"' in text_of(f"/fr/2020/news/{row.pk}/")
    page = text_of(f"/2020/news/{row.pk}/")
    assert f'<meta property="og:image" content="{settings.BASE_URL}{row.picture.url}">' in page


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(organiser_site, sent):
    for typed, refused in [
        ({"title_fr": "Salle"}, {"text_fr": ["half-translated"]}),
        ({"picture_shows_ar": "قاعة"}, {"title_ar": ["half-translated"], "text_ar": ["half-translated"]}),
        ({"text": "x" * 20_001}, {"text": ["max_length"]}),
        ({"language": "tlh"}, {"language": ["invalid_choice"]}),
        ({"date_0": "2020-07-30", "date_1": ""}, {"date": ["invalid_time"]}),
        ({"banner_until_0": "2020-07-22", "banner_until_1": "09:00"}, {"banner_until": ["ends-before-start"]}),
        ({"picture": upload(PNG)}, {"picture_shows": ["no-words"]}),
    ]:
        answer = organiser_site.post(ADD, sent | typed)

        assert (answer.status_code, faults(answer), News.objects.count()) == (200, refused, 0), typed
        assert answer.context["adminform"].form["title"].value() == "Room changed"


def test_picture_that_is_none_or_too_large_is_refused_at_its_field(organiser_site, sent):
    for content, code in [
        (PDF, "file-type"),
        (b"GIF89a", "invalid_image"),
        (PNG + bytes(6 * 1024**2), "file-too-large"),
        (picture("PNG", size=(10_000, 6_000)), "too-many-pixels"),
        (PNG[:40], "invalid_image"),
    ]:
        answer = organiser_site.post(ADD, sent | {"picture": upload(content), "picture_shows": "A hall"})

        assert (answer.status_code, list(faults(answer)), News.objects.count()) == (200, ["picture"], 0), code


def test_picture_is_upright_and_says_no_place(organiser_site, sent):
    notes = Image.Exif()
    notes[0x010E], notes[0x0112] = "CANARY", 6
    notes.get_ifd(0x8825).update({1: "N", 2: (46.0, 13.0, 8.0)})
    photo = picture("JPEG", size=(80, 60), exif=notes, comment=b"CANARY")

    shown = sent | {"picture": upload(photo, "me.jpg"), "picture_shows": "A hall", "is_public": "on"}
    assert organiser_site.post(ADD, shown).status_code == 302

    answer = Client().get(News.objects.get().picture.url)
    content = b"".join(answer.streaming_content)
    answer.close()
    with Image.open(io.BytesIO(content)) as seen:
        assert (seen.size, dict(seen.getexif())) == ((60, 80), {})
    assert b"CANARY" not in content


def test_preview_shows_a_draft_of_a_date_to_come_to_who_asks_alone(forum, organiser_site):
    row = make(forum, is_public=False, date=NOW + DAY)
    page, path = text_of(f"/admin/events/news/{row.pk}/change/", organiser_site), f"/2020/news/{row.pk}/"

    assert f'name="to" value="{path}"' in page
    began = organiser_site.post("/admin/preview/?forum=2020", {"to": path})

    assert began.url == path
    assert "<strong>hall</strong>" in text_of(path, organiser_site)
    assert Client().get(path).status_code == 404
    row.refresh_from_db()
    assert (row.is_public, row.date) == (False, NOW + DAY)


@pytest.mark.parametrize(
    "to", ["https://example.org/", "//example.org/2020/", "/admin/", "/2020", "/2019/news/1/", "\r\n"]
)
def test_preview_leads_nowhere_but_to_pages_of_its_forum(forum, organiser_site, to):
    assert organiser_site.post("/admin/preview/?forum=2020", {"to": to}).url == "/2020/"


def test_preview_shows_no_news_to_staff_who_may_not_see_them(forum, staff):
    client, row = Client(), make(forum, is_public=False)
    client.force_login(staff("registration-desk"))
    client.post("/admin/preview/?forum=2020")

    assert client.get(f"/2020/news/{row.pk}/").status_code == 404
    client.force_login(UserFactory())
    assert client.get(f"/admin/events/news/{row.pk}/change/").status_code in {302, 403, 404}
