"""How fast public pages are, against a bare view under the same server in the same run; and what a first visit weighs.

Server: granian, 2 workers × 2 blocking threads. Load: wrk -t2 -c8, asked for with gzip as browsers do. The site and
the bare view take turns; each figure is the median of its rounds.
"""

import gzip
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path
from statistics import median

from config.serving import process_group

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "4"))
WIRE_LIMIT = 60_000
ROOT = Path(__file__).resolve().parents[2]


def fill():
    """Load the sample forum (164 sessions) and a second one of 1,000."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from events.models import Forum, Session
    from events.schedule import moves

    call_command("migrate", verbosity=0)
    call_command("load_sample", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    small = Forum.objects.get(slug="2020")
    models = list(
        Session.objects.filter(forum=small).prefetch_related("organisers", "action_lines", "sdgs").order_by("pk")
    )
    assert len(models) == 164
    big = Forum.objects.get(slug="2020")
    big.pk, big.slug = None, "thousand"
    big.save()
    copies = []
    for number in range(1000):
        model = models[number % len(models)]
        many = [list(getattr(model, name).all()) for name in ("organisers", "action_lines", "sdgs")]
        copy = Session.objects.get(pk=model.pk)
        copy.pk, copy.forum, copy.code, copy.track, copy.room = None, big, f"Z{number:05}", None, None
        copy.guid, copy.title = uuid.uuid4(), f"{copy.title} {number}"
        copy.save()
        for name, values in zip(("organisers", "action_lines", "sdgs"), many, strict=True):
            getattr(copy, name).set(values)
        copies.append(copy)
    moves.place_new(copies, now=timezone.now())


def _port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _serve(target, *, environment):
    port = _port()
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        target,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    command += ["--workers", "2", "--blocking-threads", "2", "--no-ws", "--log-level", "error"]
    child = process_group.start(command, environment=environment, output=subprocess.DEVNULL, folder=ROOT)
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return child, f"http://127.0.0.1:{port}"
        except OSError:
            assert time.monotonic() < deadline, target
            time.sleep(0.1)


def _ask(url, **headers):
    return urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "gzip"} | headers))


def _rate(url, *, seconds=SECONDS, **headers):
    """Requests a second that wrk gets."""
    command = ["wrk", "-t2", "-c8", f"-d{seconds}s", "-H", "Accept-Encoding: gzip"]
    for name, value in headers.items():
        command += ["-H", f"{name.replace('_', '-')}: {value}"]
    out = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in out, out
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def _wire(url):
    """Bytes that a first visit moves, by Chromium's own count of each answer, and the number of requests."""
    from playwright.sync_api import sync_playwright

    from tests import engine

    path = os.environ.get("TEST_BROWSER") or engine.browser()
    flags = ["--disable-dev-shm-usage", "--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    sizes = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        page.goto(url, wait_until="networkidle")
        browser.close()
    return sum(sizes), len(sizes)


def _report(what, value, limit, *, holds, note=""):
    print(f"pages: {what}: {value} (limit {limit}){note}{'' if holds else '  MISSED'}")  # noqa: T201
    return holds


def _measure(site, bare, session, tag):
    """The medians of all rounds, by name; the site and the bare view take turns."""
    runs = {
        "programme": (f"{site}/2020/programme/", {}),
        "bare programme": (f"{bare}/programme", {}),
        "session": (session, {}),
        "bare session": (f"{bare}/session", {}),
        "304": (f"{site}/2020/programme/", {"If_None_Match": tag}),
        "bare 304": (f"{bare}/unchanged", {}),
        "thousand": (f"{site}/thousand/programme/", {}),
    }
    found = {name: [] for name in runs}
    for url, headers in runs.values():  # each worker makes its pages once; that is not what is measured here
        _rate(url, seconds=2, **headers)
    for _round in range(ROUNDS):
        for name, (url, headers) in runs.items():
            found[name].append(_rate(url, **headers))
    return {name: median(rates) for name, rates in found.items()}


def main():
    """Print each figure with its limit; return whether all hold."""
    assert shutil.which("wrk"), "wrk is missing: install it with apt-get install wrk"
    children = []
    with tempfile.TemporaryDirectory(prefix="wf-pages-") as folder:
        bare_folder = Path(folder) / "bare"
        bare_folder.mkdir()
        base = {k: v for k, v in os.environ.items() if k not in {"REDIS_URL", "DATABASE_URL"}}
        base |= {"DATA_DIR": f"{folder}/data", "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}
        subprocess.run([sys.executable, "-m", "tests.benchmarks.pages", "fill"], env=base, cwd=ROOT, check=True)
        try:
            child, site = _serve("config.rsgi:application", environment=base)
            children.append(child)
            html = _ask(f"{site}/2020/programme/")
            tag, packed = html.headers["ETag"], html.read()
            code = re.search(r'href="(/2020/programme/[0-9A-Z]{6}/)"', gzip.decompress(packed).decode())[1]
            (bare_folder / "programme").write_bytes(packed)
            (bare_folder / "session").write_bytes(_ask(site + code).read())
            bare_environment = base | {
                "BARE_FOLDER": str(bare_folder),
                "DJANGO_SETTINGS_MODULE": "tests.benchmarks.bare",
            }
            child, bare = _serve("tests.benchmarks.bare:application", environment=bare_environment)
            children.append(child)
            thousand = gzip.decompress(_ask(f"{site}/thousand/programme/").read())
            assert thousand.count(b'<li class="row') == 1000
            rates = _measure(site, bare, site + code, tag)
            wire, requests = _wire(f"{site}/2020/programme/")
        finally:
            process_group.end(children, seconds=5)
    return _verdict(rates, wire=wire, requests=requests, size=len(packed))


def _verdict(rates, *, wire, requests, size):
    def of(name, other):
        return rates[name] / rates[other]

    def both(name, other):
        return f" of a bare view ({rates[name]:,.0f} : {rates[other]:,.0f} requests/s)"

    lines = [
        ("programme of 164", "programme", "bare programme", 0.5),
        ("session page", "session", "bare session", 0.5),
        ("304, against a bare view that sends the page", "304", "bare programme", 0.9),
        ("304, against a bare view that sends 304", "304", "bare 304", 0.9),
    ]
    kept = [
        _report(what, f"{of(name, other):.2f}", f"≥ {limit}", holds=of(name, other) >= limit, note=both(name, other))
        for what, name, other, limit in lines
    ]
    slower = of("programme", "thousand")
    kept.append(_report("1,000 sessions, times slower than 164", f"{slower:.2f}", "≤ 4", holds=slower <= 4))
    kept.append(
        _report(
            "first visit on the wire",
            f"{wire:,} bytes",
            f"≤ {WIRE_LIMIT:,}",
            holds=wire <= WIRE_LIMIT,
            note=f", {requests} requests; the page itself {size:,} bytes of gzip",
        )
    )
    return all(kept)


if __name__ == "__main__":
    if sys.argv[1:] == ["fill"]:
        fill()
    else:
        sys.exit(0 if main() else 1)
