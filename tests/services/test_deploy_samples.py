"""What stands in docs/deploy is fit for use: systemd and nginx take it, and the container holds what the site needs."""

import http.server
import re
import shutil
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from tests import engine
from tests.services.whole_site.nginx import NAME, Nginx
from tests.services.whole_site.units import ROOT, UNITS

pytestmark = pytest.mark.services
SAMPLES = ROOT / "docs" / "deploy"
SETS = [  # each is all that a machine gets
    {"wsis-web.service"},
    {"wsis-worker@.service"},
    {"wsis-beat.service"},
    {"wsis-backup.service", "wsis-backup.timer"},
]


@pytest.mark.parametrize("names", SETS, ids=min)
def test_systemd_takes_each_set_of_units_without_the_others(tmp_path, names):
    verify = engine.program("systemd-analyze", package="systemd")
    for name in names:
        text = (UNITS / name).read_text().replace("/srv/wsis/current/.venv/bin/python", sys.executable)
        (tmp_path / name).write_text(text)

    checked = subprocess.run(
        [verify, "verify", "--man=no", *sorted(tmp_path.iterdir())], capture_output=True, text=True, timeout=60
    )

    ours = [line for line in checked.stderr.splitlines() if "wsis" in line]
    assert (checked.returncode, ours) == (0, []), checked.stderr
    assert {unit.name for unit in UNITS.iterdir()} == set().union(*SETS)


def test_units_that_serve_never_give_up():
    services = [unit.read_text() for unit in UNITS.glob("*.service") if "backup" not in unit.name]

    assert len(services) == 3
    for text in services:
        assert "\nStartLimitIntervalSec=0\n" in text.partition("[Service]\n")[0]
        assert re.findall(r"(?m)^(Restart\w*)=(.*)", text)[:2] == [("Restart", "always"), ("RestartSec", "100ms")]


def test_settings_of_the_sample_are_settings_of_ours():
    names = re.findall(r"(?m)^([A-Z_]+)=", (SAMPLES / "wsis.env").read_text())

    known = re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "operations.md").read_text())

    assert [name for name in names if name not in known] == []
    assert len(names) > 10


# --- nginx ------------------------------------------------------------------------------------------
class Web(http.server.BaseHTTPRequestHandler):
    """A web in the site's place: what it says by address, with how often it was asked."""

    asked: list[str]
    HEADERS = {
        "/kept": {"X-Accel-Expires": "1", "Cache-Control": "public, max-age=0, must-revalidate", "ETag": '"a"'},
        "/cookie": {"X-Accel-Expires": "1", "Set-Cookie": "a=b"},
        "/public": {"Cache-Control": "public, max-age=300"},
        "/private": {"Cache-Control": "private, no-store"},
        "/media/kept.png": {"X-Accel-Expires": "10"},
        "/media/private.pdf": {"Cache-Control": "private, no-store"},
    }

    def do_GET(self):
        self.server.asked.append(self.path)
        body = b"x" * 20
        self.send_response(200)
        for name, value in self.HEADERS.get(self.path, {}).items():
            self.send_header(name, value)
        self.send_header("X-Heard", f"{self.headers['X-Forwarded-For']} {self.headers['X-Forwarded-Proto']}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "nginx"

    def log_message(self, *said):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 100


@pytest.fixture
def web(short_folder):
    (short_folder / "static").mkdir()
    (short_folder / "static" / "site.0123456789ab.css").write_text("a {}")
    with Server(str(short_folder / "web.sock"), Web) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def nginx(short_folder, web):
    with Nginx(short_folder / "nginx", data=short_folder, web=short_folder / "web.sock", has_tls=True) as nginx:
        yield nginx


def test_nginx_takes_the_sample_and_answers_for_the_site_alone(nginx):
    checked = nginx.check()
    assert (checked.returncode, "warn" in checked.stderr) == (0, False), checked.stderr

    got = {path: nginx.get(path)[0] for path in ("/healthz", "/.env", "/static/staticfiles.json", "/a/.git/config")}
    assert got == {"/healthz": 200, "/.env": 404, "/static/staticfiles.json": 404, "/a/.git/config": 404}
    assert nginx.get("/.well-known/security.txt")[0] == 200
    assert nginx.get("/healthz", host="other.example.org") == (0, "")
    assert nginx.redirected("other.example.org") == f"https://{NAME}/a?b"
    heard = [
        nginx.get("/", address=address, more="X-Forwarded-For: 9.9.9.9\r\n")[1] for address in ("127.0.0.1", "::1")
    ]
    assert ["x-heard: 127.0.0.1 https" in heard[0], "x-heard: ::1 https" in heard[1]] == [True, True]


def test_nginx_gives_static_files_and_fetches_those_it_has_not(nginx, web):
    status, head = nginx.get("/static/site.0123456789ab.css")
    assert (status, "immutable" in head, web.asked) == (200, True, [])

    assert nginx.get("/static/other.css")[0] == 200
    assert web.asked == ["/static/other.css"]


def test_nginx_keeps_for_a_moment_what_the_site_lets_it_and_nothing_else(nginx, web):
    for path in (*Web.HEADERS, "/plain"):
        for _time in range(3):
            head = nginx.get(path)[1]
            assert "x-accel" not in head
    for path in ("/kept", "/media/kept.png"):
        nginx.get(path, more="Cookie: sessionid=1\r\n")
    nginx.get("/kept", more="Authorization: Bearer 1\r\n")
    unchanged = nginx.get("/kept", more='If-None-Match: "a"\r\n')[0]

    asked = {path: web.asked.count(path) for path in (*Web.HEADERS, "/plain")}
    # “/kept” once a second at the most, once with a cookie and once with a name; a picture is the same for everybody.
    assert asked.pop("/kept") in range(3, 6)
    assert asked.pop("/media/kept.png") == 1
    assert set(asked.values()) == {3}, asked
    assert unchanged == 304


def test_nginx_sends_the_last_page_or_words_while_the_site_is_gone(nginx, web, short_folder):
    nginx.get("/kept")
    web.shutdown()
    web.server_close()
    Path(short_folder / "web.sock").unlink()

    status, head = nginx.get("/other")

    assert (status, "retry-after: 5" in head, "no-store" in head) == (503, True, True)
    assert nginx.get("/kept")[0] == 200
    logs = "".join((nginx.folder / name).read_text() for name in ("wsis.log", "error.log"))
    assert ("127.0.0.1" in logs, "/other" in logs) == (False, False)
    assert " 503 " in logs


# --- containers -------------------------------------------------------------------------------------
def copied(names):
    """Those of some files that `COPY . .` takes: a name is left out by the last rule that fits it or a folder above."""
    rules = [rule for rule in (ROOT / ".dockerignore").read_text().splitlines() if rule and not rule.startswith("#")]
    parts = {r"\*\*/": "(?:.*/)?", r"\*": "[^/]*"}
    fits = [re.sub(r"\\\*\\\*/|\\\*", lambda star: parts[star[0]], re.escape(rule.removeprefix("!"))) for rule in rules]
    for name in names:
        above = [name, *map(str, Path(name).parents)]
        last = max((n for n, fit in enumerate(fits) if any(re.fullmatch(fit, one) for one in above)), default=None)
        if last is None or rules[last].startswith("!"):
            yield name


SECRETS = [
    ".env",
    ".git/config",
    "certificates/privkey.pem",
    "config/site.env",
    "events/backup.key",
    "forum.backup",
    "site.env",
    "var/forum.sqlite3",
    "var/keys/key",
    "var/secret-key",
]


def test_image_holds_what_the_site_needs_and_no_secrets(tmp_path):
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    taken = list(copied([*(name for name in listed.stdout.splitlines() if (ROOT / name).exists()), *SECRETS]))
    assert [name for name in taken if name in SECRETS or name.startswith("tests/")] == []
    for name in taken:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    container = (SAMPLES / "Containerfile").read_text()
    look = "from config.dashboard import guide; print(*(len(guide.render(name)) > 1000 for name in guide.TITLES))"

    # The packages are here already; then the set-up compiles the catalogues.
    ran = [
        subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True)
        for arguments in (
            ["-m", "config.catalogues"],
            ["manage.py", "check"],
            ["manage.py", "shell", "-v0", "-c", look],
        )
    ]

    assert [(one.returncode, one.stderr) for one in ran] == [(0, "")] * 3
    assert (ran[2].stdout.split(), (tmp_path / ".ci" / "setup").exists()) == (["True"] * 3, True)
    assert re.findall(r"(?m)^(?:COPY|RUN \.ci).*$", container) == ["COPY --chown=wsis . .", "RUN .ci/setup run"]


def test_compose_takes_its_file(tmp_path):
    """Compose itself reads the file, with no containers at hand; a key that it does not know shows that it looks."""
    compose = engine.program("docker-compose", package="docker-compose")
    shutil.copy2(SAMPLES / "wsis.env", tmp_path / "site.env")
    text = (ROOT / "compose.yaml").read_text()

    def ends(text):
        (tmp_path / "compose.yaml").write_text(text)
        return subprocess.run([compose, "config", "--quiet"], cwd=tmp_path, env={"POSTGRES_PASSWORD": "x"}).returncode

    assert ends(text) == 0
    assert ends(text.replace("    restart:", "    restarts:")) != 0


def test_containers_run_what_the_units_run_and_find_each_other():
    """What runs in them is what the faults are played on: the commands of the units, with the same files and sockets."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    container = (SAMPLES / "Containerfile").read_text()
    commands = {name: services[name]["command"] for name in ("web", "account", "bulk", "beat")}
    commands["web"] = commands["web"][-1].partition("exec ")[2].replace("${WEB_PROCESSES:-2}", "${WEB_PROCESSES}")

    for name, command in commands.items():
        unit = f"wsis-{name}.service" if name in {"web", "beat"} else "wsis-worker@.service"
        (started,) = re.findall(r"(?m)^ExecStart=\S+ -m (.*)$", (UNITS / unit).read_text())
        assert command.replace(":-4}", "}").split() == started.replace("%i", name).split()
    volumes = services["nginx"]["volumes"]
    assert all((ROOT / one.split(":")[0]).exists() for one in volumes if one.startswith("./docs"))
    assert "run:/run/wsis" in volumes
    assert "run:/run/wsis" in services["web"]["volumes"]
    server = services["database"]["image"].partition(":")[2]
    assert f" postgresql-client-{server} " in container  # the tools of backups are as new as the server
