"""How fast finished pages are beside a bare view and nginx with the same bytes, what a visit costs and weighs, how soon a
PDF is there, and what a web process holds after all this.

All are asked for with gzip as browsers do, and take turns. A visit is what Chromium asks for: the page and the
fragments about the person; static files are kept by the browser and count once, in the bytes of the first visit.
"""

import gzip
import os
import re
import time
import urllib.error
from functools import partial

from tests import engine
from tests.benchmarks import limits, load, people

ROUNDS = 3
PAGE, LARGE = "/2020/programme/", "/thousand/programme/"
XML, API = "/thousand/schedule.xml", "/api/v1/sessions/?forum=thousand&page_size=200"
FIRST_VISITS = {
    "home": ("/2020/", 25_000),
    "programme of 388": ("/2026/programme/", 45_000),
}  # bytes, all files counted but pictures that organisers upload
WORKER = 200_000_000  # bytes
BOOKLET = 1.5  # seconds from the first request to the file, the worker's way included
# What is measured, against what, and at least how many times as fast, by core time.
LIMITS = [
    ("programme of 164, against a bare view", "programme", "bare programme", 1.8),
    ("session page, against a bare view", "session", "bare session", 1.7),
    ("304, against a bare view that sends the page", "304", "bare programme", 1.6),
    ("304, against a bare view that sends 304", "304", "bare 304", 1.5),
    ("XML of 1,000 sessions, against a bare view", "xml", "bare xml", 0.9),
    ("200 sessions of the API, against a bare view", "api", "bare api", 1.4),
    ("programme of 1,000, against that of 164", "large", "programme", 0.7),
    ("a visit, against the finished page alone", "visit", "programme", 0.9),
    ("/ by the browser's language, against the finished page", "index", "programme", 0.75),
    # nginx's core time is the kernel's: on one machine these two went from 0.105 to 0.26.
    ("programme of 164, against nginx", "programme", "nginx programme", 0.1),
    ("XML of 1,000 sessions, against nginx", "xml", "nginx xml", 0.1),
]


def measure(bench):
    database = bench.copy(bench.world("sample"), "pages")
    with bench.site(database) as site:
        head, page = site.ask(PAGE)
        session = re.search(r'href="(/2020/programme/[0-9A-Z]{6}/)"', gzip.decompress(page).decode())[1]
        assert re.search(rb"1,?000 sessions", gzip.decompress(site.ask(LARGE)[1]))
        paths = {"programme": PAGE, "session": session, "xml": XML, "api": API}
        bytes_of = {name: site.ask(path)[1] for name, path in paths.items()}
        with bench.bare(bytes_of) as bare:
            paths["large"] = LARGE
            nginx = bench.nginx(bytes_of)
            if nginx is None:
                bench.tell("nginx is not installed: its rows are left out")
            visit = [path for path in _visit(site.address + PAGE)[0] if not path.startswith("/static/")]
            runs = _runs(site, bare, nginx, paths=paths, tag=head["ETag"])
            runs["visit"] = lambda: load.speed(site, *visit, beside=[bench.postgres], together=True)
            # Each process makes its pages once; that is not what is measured here.
            load.speed(site, "/", *paths.values(), *visit, seconds=4)
            speeds = limits.in_turns(runs, rounds=ROUNDS)
        _verdict(bench, speeds)
        for name, path in paths.items():
            ask = partial(load.core_seconds, site, path, requests=20, beside=[bench.postgres])
            people.judge_clock(bench, name, [ask(**{"Accept-Encoding": "gzip"}) for _round in range(ROUNDS)])
        for name, (path, limit) in FIRST_VISITS.items():
            _paths, wire, requests = _visit(site.address + path)
            bench.at_most(f"bytes of a first visit, {name}", wire, limit, note=f"{requests} requests")
        bench.seconds("a booklet of 164 sessions, until it is there", _booklets(bench, site, database), BOOKLET)
        bench.at_most("memory of a web process after this", site.memory(), WORKER, unit=" bytes")


def _runs(site, bare, nginx, *, paths, tag):
    runs = {name: lambda path=path: load.speed(site, path) for name, path in paths.items()}
    runs["index"] = lambda: load.speed(site, "/", Accept_Language="fr-CH, fr;q=0.9")
    runs["304"] = lambda: load.speed(site, PAGE, If_None_Match=tag)
    for name in ("programme", "session", "xml", "api"):
        runs[f"bare {name}"] = lambda name=name: load.speed(bare, f"/{name}")
    runs["bare 304"] = lambda: load.speed(bare, "/unchanged")
    for name in ("programme", "xml") if nginx else ():
        runs[f"nginx {name}"] = lambda name=name: load.speed(nginx, f"/{name}")
    return runs


def _booklets(bench, site, database):
    """The seconds until a booklet that nobody has asked for is there, in three languages; a worker has made one before."""
    worker, seconds = bench.start("worker", database=database), []
    for path in ("/thousand/programme.pdf", *(f"{prefix}/2020/programme.pdf" for prefix in ("", "/fr", "/ar"))):
        began = time.monotonic()
        while not _is_there(site, path):
            assert time.monotonic() < began + 60
            time.sleep(0.1)
        seconds.append(time.monotonic() - began)
    bench.services.stop(worker)
    return seconds[1:]


def _is_there(site, path):
    try:
        return site.ask(path)[1].startswith(b"%PDF")
    except urllib.error.HTTPError as answer:
        if answer.code != 503:
            raise
        return False


def _verdict(bench, speeds):
    for name, ours, other, limit in LIMITS:
        if other not in speeds:
            continue
        said = " : ".join(f"{limits.median([one.rate for one in speeds[which]]):,.0f}" for which in (ours, other))
        found, note = limits.ratio(speeds[ours], speeds[other]), f"{said} requests/s"
        if other.startswith("nginx"):  # the kernel's time is no measure of ours
            bench.at_least(name, found, limit, note=note, is_timed=True)
        else:
            bench.core(name, found, limit, note=note, is_floor=True)


def _visit(url):
    """What Chromium asks for: the paths, the bytes on the wire by its own count but for uploaded pictures, and the number of answers."""
    from urllib.parse import urlsplit

    from playwright.sync_api import sync_playwright

    path = os.environ.get("TEST_BROWSER") or engine.browser()
    flags = ["--disable-dev-shm-usage", "--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    sizes, asked = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        uploads = set()
        session.on(
            "Network.requestWillBeSent",
            lambda event: "/media/" in event["request"]["url"] and uploads.add(event["requestId"]),
        )
        session.on(
            "Network.loadingFinished",
            lambda event: event["requestId"] in uploads or sizes.append(event["encodedDataLength"]),
        )
        page.on("request", lambda request: asked.append(urlsplit(request.url)._replace(scheme="", netloc="").geturl()))
        page.goto(url, wait_until="networkidle")
        browser.close()
    return asked, sum(sizes), len(sizes)
