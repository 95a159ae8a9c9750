"""The practical pages of a forum: what the public reads of them, in which language, and how organisers write them."""

import re

import pytest

from events.models import PracticalPage
from events.shared.pages import revision
from tests.factories import ForumFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

FRENCH = {"fr": {"title": "Lieu", "text": "La **salle**"}}
ADD = "/admin/events/practicalpage/add/"


def make(forum, slug="venue", **values):
    row = {"title": "Venue", "text": "The **hall**", "is_public": True}
    return PracticalPage.objects.create(forum=forum, slug=slug, **row | values)


def text_of(answer):
    return answer.content.decode()


def main_of(text):
    """What stands between the head and the foot."""
    return text.partition("<main")[2].partition("</main>")[0]


def menu(text):
    """The entries of the menu of practical pages: the path of a link, or the title of the page that is open."""
    return re.findall(r'<a href="(/[^"]*info/\w+/)"|aria-current="page"\s*>\s*<bdi>(\w+)<', main_of(text))


# --- the public ------------------------------------------------------------------------------------
def test_page_stands_beside_the_menu_of_all(client):
    forum = ForumFactory()
    make(forum, order=2)
    make(forum, "visa", title="Visa", order=1)

    page, pages = text_of(client.get("/2020/info/venue/")), text_of(client.get("/2020/info/"))

    assert "<strong>hall</strong>" in page
    assert menu(page) == [("/2020/info/visa/", ""), ("", "Venue")]
    assert menu(pages) == [("/2020/info/visa/", ""), ("/2020/info/venue/", "")]


def test_page_that_is_not_public_is_as_one_that_is_not_there(client, organiser_site):
    make(ForumFactory(), is_public=False)
    make(ForumFactory(slug="hidden", is_public=False), "visa")
    make(ForumFactory(slug="other"), "contact")

    paths = ["/2020/info/venue/", "/2020/info/contact/", "/2020/info/nothing/", "/hidden/info/", "/hidden/info/visa/"]
    assert {organiser_site.get(path).status_code for path in paths} == {404}
    assert menu(text_of(client.get("/2020/info/"))) == []


@pytest.mark.parametrize(
    ("path", "title", "language"),
    [
        ("/2020/info/venue/", "<bdi>Venue</bdi>", ""),
        ("/fr/2020/info/venue/", "<bdi>Lieu</bdi>", ""),
        ("/ar/2020/info/venue/", '<bdi lang="en">Venue</bdi>', "الإنكليزية"),
    ],
)
def test_page_is_read_in_the_language_of_its_address_or_says_in_which_it_is(client, path, title, language):
    make(ForumFactory(), translations=FRENCH)

    text = text_of(client.get(path))

    assert f"<h1>{title}</h1>" in re.sub(r"\s*(?=>)|(?<=<bdi)\s+(?=>)", "", text)
    notes = re.findall(r'<div class="note">\s*<p>(.*?)</p>', text, re.DOTALL)
    assert [language in note for note in notes] == ([True] if language else [])


@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_as_much_with_one_page_as_with_three(client, number, django_assert_num_queries):
    forum = ForumFactory()
    for n in range(number):
        make(forum, f"page-{n}")

    with django_assert_num_queries(4):  # the forum, its organisers, the pages, and the menu of the head
        assert client.get("/2020/info/page-0/").status_code == 200
    with django_assert_num_queries(4):
        assert client.get("/2020/info/").status_code == 200


def test_markup_and_scripts_are_shown_as_text(client):
    bad = "<script>canary()</script> <b onclick=x>bold</b> [link](javascript:canary()) ![](https://example.org/x.png)"
    make(ForumFactory(), title=bad, text=bad, translations={"fr": {"title": bad, "text": bad}})

    for path in ("/2020/info/venue/", "/fr/2020/info/venue/"):
        body = main_of(text_of(client.get(path)))
        assert re.findall(r"<script|<b |<img|href=\"javascript", body) == []
        assert body.count("&lt;script&gt;canary()") == 3  # title, text, menu


# --- the organisers ----------------------------------------------------------------------------------
@pytest.fixture
def sent():
    """What the form of a new page sends."""
    return {"forum": ForumFactory().pk, "title": "Venue", "slug": "venue", "text": "The hall", "order": "0"}


def errors(answer):
    """Field → the codes of what is wrong with it."""
    found = answer.context["adminform"].form.errors.as_data()
    return {name: [one.code for one in faults] for name, faults in found.items()}


def test_organisers_write_a_page_in_all_languages_and_the_public_sees_it_at_once(organiser_site, sent):
    before = revision.current()

    answer = organiser_site.post(ADD, sent | {"title_fr": "Lieu", "text_fr": "La **salle**", "is_public": "on"})

    page = PracticalPage.objects.get()
    assert (answer.status_code, page.translations, page.is_public) == (302, FRENCH, True)
    assert revision.current() > before
    form = organiser_site.get(f"/admin/events/practicalpage/{page.pk}/change/").context["adminform"].form
    assert [form["title_fr"].value(), form["text_fr"].value(), form["text_ar"].value()] == [
        "Lieu",
        "La **salle**",
        None,
    ]
    assert (form["text_fr"].label, form["title_ar"].label) == ("Text (French)", "Title (Arabic)")


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(organiser_site, sent):
    for typed, refused in [
        ({"title_fr": "Lieu"}, {"text_fr": ["half-translated"]}),
        ({"text_ar": "القاعة"}, {"title_ar": ["half-translated"]}),
        ({"title_fr": "Lieu", "text_fr": "x" * 200_000}, {"text_fr": ["max_length"]}),
        ({"slug": "Venue"}, {"slug": ["invalid"]}),
    ]:
        answer = organiser_site.post(ADD, sent | typed)

        assert (answer.status_code, errors(answer), PracticalPage.objects.count()) == (200, refused, 0), typed
        form = answer.context["adminform"].form
        assert {name: form[name].value() for name in sent | typed} == {
            name: str(value) for name, value in (sent | typed).items()
        }
