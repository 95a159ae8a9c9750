"""The sitemap names what a stranger can read and nothing else; robots.txt shuts out what is nothing to read."""

import re
from datetime import timedelta
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from django.test import Client

from config.for_programs import sitemaps
from events.models import News, Outcome, Session
from events.shared.pages import revision
from prizes.models import Edition
from tests.factories import NOW
from tests.rights.addresses import addresses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
LINK = "{http://www.w3.org/1999/xhtml}link"


@pytest.fixture
def world(everybody, settings):
    settings.BASE_URL = "https://forum.example.org"
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "forum.example.org"]
    return everybody


def listed(client):
    """Each address of the parts that the index names, with its other languages."""
    found = {}
    for part in ElementTree.fromstring(client.get("/sitemap.xml").content).iter(LOC):
        address = urlsplit(part.text)
        assert f"{address.scheme}://{address.netloc}" == "https://forum.example.org"
        answer = client.get(f"{address.path}?{address.query}")
        for entry in ElementTree.fromstring(answer.content):
            others = {link.get("hreflang"): link.get("href") for link in entry.iter(LINK)}
            found[entry.find(LOC).text.removeprefix("https://forum.example.org")] = others
    return found


def own_paths(world):
    """The addresses of the forum and of the site, but for the organisers' and files."""
    found = [one for one in addresses(world.own, world.hidden) if one.place == "own" and not one.variant]
    return [one.path for one in found if not one.path.startswith(("/admin/", "/media/"))]


def is_indexed(answer, path):
    return f'rel="canonical" href="https://forum.example.org{path}"'.encode() in answer.content


def test_sitemap_lists_exactly_the_pages_that_strangers_read(world):
    paths = [
        one.path for one in [*addresses(world.own, world.hidden)] if one.place == "own" and "/media/" not in one.path
    ]
    client = Client()

    found = listed(client)

    ours = [path for path in found if not path.startswith(("/fr/", "/ar/"))]
    wrong = [path for path in ours if not is_indexed(client.get(path), path)]
    answers = {path: client.get(path) for path in paths}
    pages = {path for path, one in answers.items() if not one.streaming and is_indexed(one, path)}
    assert (wrong, sorted(pages - found.keys())) == ([], [])
    assert {"/2020/", f"/2020/prizes/{world.own['category']}/", "/2020/action-lines/C2/"} <= pages
    assert set(found) == {f"{prefix}{path}" for path in ours for prefix in ("", "/fr", "/ar")}
    site = "https://forum.example.org"
    languages = {
        "en": f"{site}/2020/",
        "fr": f"{site}/fr/2020/",
        "ar": f"{site}/ar/2020/",
        "x-default": f"{site}/2020/",
    }
    assert found["/2020/"] == found["/ar/2020/"] == languages


def test_sitemap_knows_nothing_that_is_hidden_or_not_yet_public(world):
    client, session = Client(), Session.objects.get(code=world.own["session"])
    hidden = f"/{world.hidden['forum']}/"
    rows = [
        f"/2020/programme/{session.code}/",
        f"/2020/outcomes/{world.own['outcome']}/",
        f"/2020/news/{world.own['news']}/",
    ]
    rows.append(f"/2020/prizes/{world.own['category']}/{world.own['nominee']}/")
    before = listed(client)
    Session.objects.filter(pk=session.pk).update(embargoed_until=NOW + timedelta(hours=1))
    Outcome.objects.filter(pk=world.own["outcome"]).update(session=session)
    News.objects.filter(pk=world.own["news"]).update(date=NOW + timedelta(hours=1))
    Edition.objects.update(nominees_published=None)
    revision.bump()

    after = listed(client)

    assert [path for path in rows if path not in before] == []
    assert [path for path in rows if path in after] == []
    assert [path for path in before if hidden in path] == []
    assert world.hidden["forum"] not in client.get("/robots.txt").content.decode()


def test_long_lists_have_several_parts_and_wrong_ones_are_not_found(world, monkeypatch):
    client, all_of_it = Client(), listed(Client())
    monkeypatch.setattr(sitemaps.PublicPages, "limit", 7)
    revision.bump()

    assert listed(client) == all_of_it
    assert "?p=2</loc>" in client.get("/sitemap.xml").content.decode()
    wrong = ("-nothing.xml", "-sessions.xml?p=0", "-sessions.xml?p=x", f"-sessions.xml?p={'9' * 5000}")
    assert [client.get(f"/sitemap{one}").status_code for one in wrong] == [404] * 4


def test_robots_may_read_what_is_listed_and_nothing_behind_a_log_in(world):
    client, paths, rules = Client(), own_paths(world), RobotFileParser()
    answer = client.get("/robots.txt")
    rules.parse(answer.content.decode().splitlines())

    linked = [
        path for path in paths if path.endswith("/") and not re.search("/(proposals|report)/", path)
    ]  # others: by mail
    behind = [path for path in linked if "/accounts/login/" in client.get(path).headers.get("Location", "")]

    assert (answer["Content-Type"], rules.site_maps()) == (
        "text/plain; charset=utf-8",
        ["https://forum.example.org/sitemap.xml"],
    )
    assert [path for path in listed(client) if not rules.can_fetch("Anybot", path)] == []
    read = [
        f"{prefix}{path}" for path in behind for prefix in ("", "/ar") if rules.can_fetch("Anybot", f"{prefix}{path}")
    ]
    assert (read, len(behind) > 20) == ([], True)
    for path in ("/2020/now/", "/fr/2020/kinds/", "/2020/prizes/card/", "/ar/accounts/login/", "/admin/login/"):
        assert not rules.can_fetch("Anybot", path)
