"""What the heads of pages say to search engines and to whoever shares an address, on every page that a stranger sees."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from django.test import Client

from events.shared.pages import revision
from tests.factories import SessionFactory
from tests.rights.addresses import addresses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
# Each kind of page that search engines may show: a page that is not of them is asked for here to be kept out.
KINDS = {
    *("events:home", "events:programme", "events:session", "events:speakers", "events:speaker", "events:matrix"),
    *("events:outcomes", "events:outcome", "events:commitments", "events:news", "events:one-news", "events:forums"),
    *("events:practical-pages", "events:practical-page", "events:proposals", "events:releases", "events:release"),
    *("events:open-data", "events:api", "events:privacy", "events:accessibility", "registration:contact"),
    *("registration:statistics", "prizes:home", "prizes:category", "prizes:nominee", "prizes:results", "prizes:chain"),
    *("prizes:document", "prizes:road-map", "prizes:editions"),
}
ROWS = {"session", "speaker", "outcome", "one-news", "practical-page", "nominee", "category"}
LOCALES = {"": "en_GB", "/fr": "fr_FR", "/ar": "ar_AR"}


class Head(HTMLParser):
    """The title, the metas by name and the links of a page's head; the words of its heading."""

    def __init__(self, page):
        super().__init__()
        self.title, self.metas, self.links, self.heading, self._in = "", [], [], "", ""
        self.feed(page)
        self.title, self.heading = " ".join(self.title.split()), " ".join(self.heading.split())

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "meta" and ("name" in given or "property" in given):
            self.metas.append((given.get("name") or given["property"], given["content"]))
        elif tag == "link":
            self.links.append((given["rel"], given.get("hreflang"), given["href"]))
        elif tag in {"title", "h1"}:
            self._in = tag

    def handle_endtag(self, tag):
        self._in = "" if tag == self._in else self._in

    def handle_data(self, data):
        self.title += data if self._in == "title" else ""
        self.heading += data if self._in == "h1" else ""


def read(prefix, world):
    """(name, path, answer) of every address of the site that a stranger can ask for and is answered with HTML."""
    client = Client()
    for one in [*addresses(world.own, world.hidden)]:  # all before the first request, which may speak another language
        if one.place == "own" and not one.variant and not one.name.startswith(("admin:", "media")):
            answer = client.get(f"{prefix}{one.path}")
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                yield one.name, f"{prefix}{one.path}", answer


@pytest.mark.parametrize("prefix", ["", "/ar"])
def test_every_public_page_says_what_it_is_and_all_others_are_kept_out(prefix, everybody, settings):
    seen, shown = set(), {}
    for name, path, answer in read(prefix, everybody):
        head = Head(answer.content.decode())
        if answer.get("X-Robots-Tag") == "noindex":
            assert not any(rel == "canonical" or key.startswith("og:") for rel, key in pairs(head)), path
            continue
        seen.add(name)
        assert_complete(head, path=path, prefix=prefix, site=settings.BASE_URL)
        shown.setdefault((dict(head.metas)["og:title"], dict(head.metas)["description"]), []).append(name)
        if name.partition(":")[2] in ROWS:
            assert dict(head.metas)["og:title"] == head.heading, path

    assert seen == KINDS
    assert [names for names in shown.values() if len(names) > 1] == []  # no two kinds say the same


def pairs(head):
    return [*((rel, "") for rel, _language, _address in head.links), *(("", name) for name, _said in head.metas)]


def assert_complete(head, *, path, prefix, site):
    names = [name for name, _said in head.metas]
    said = dict(head.metas)
    og = ["title", "description", "url", "type", "locale", "site_name"]
    assert sorted(names) == sorted({*names}), path
    assert {"description", *(f"og:{one}" for one in og)} <= {name for name, value in head.metas if value}, path
    assert (said["og:description"], said["og:locale"]) == (said["description"], LOCALES[prefix]), path
    assert head.title.startswith(said["og:title"]), path
    assert "<" not in said["og:title"] + said["description"], path
    own = [(rel, address) for rel, _language, address in head.links if rel == "canonical"]
    assert own == [("canonical", said["og:url"])] == [("canonical", f"{site}{path}")], path
    bare = path.removeprefix(prefix)
    expected = {"en": "", "fr": "/fr", "ar": "/ar", "x-default": ""}
    found = {language: address for rel, language, address in head.links if rel == "alternate" and language}
    assert found == {language: f"{site}{before}{bare}" for language, before in expected.items()}, path


def test_a_title_with_marks_of_html_is_a_title(client, settings):
    title = """</script></title>"'><b>&amp; {{ x }}"""
    session = SessionFactory(title=title, description="**Bold** & [there](https://example.org/?a=1&b=2)\n\n* one")

    page = client.get(f"/2020/programme/{session.code}/").content.decode()

    head = Head(page)
    assert dict(head.metas)["og:title"] == head.heading == title
    assert head.title.startswith(title)
    assert dict(head.metas)["description"] == "Bold & there (https://example.org/?a=1&b=2) – one"
    assert len(re.findall("</title>", page)) == 1
    assert unescape(title) != title  # the entity in it is one that could be lost


def test_filters_and_pages_lead_to_one_address(client, settings):
    SessionFactory()
    revision.bump()

    head = Head(client.get("/fr/2020/programme/?q=data&day=2020-07-22").content.decode())

    assert {address for rel, language, address in head.links if rel == "canonical" or language} == {
        f"{settings.BASE_URL}{prefix}/2020/programme/" for prefix in LOCALES
    }
