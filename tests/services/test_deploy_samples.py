"""What stands in docs/deploy is fit for use: systemd and nginx take it, and the commands of the containers make a site."""

import contextlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests import engine, process_group
from tests.running_site import PATIENCE, ROOT, Site, free_port, until, with_static_files
from tests.services.test_deploy import Crowd

pytestmark = pytest.mark.services
SAMPLES = ROOT / "docs" / "deploy"
TOKEN = "only-for-tests-of-figures"
GREENS = "green.0123456789ab.css"  # a style sheet that only the new version has


UNITS = SAMPLES / "systemd"
SETS = [  # each is all that a machine gets
    {"wsis.service", "wsis.socket"},
    {"wsis-web.service", "wsis-web.socket"},
    {"wsis-workers.service"},
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
    services = [
        unit.read_text() for unit in UNITS.iterdir() if "serve" in unit.read_text() and unit.suffix == ".service"
    ]

    assert len(services) == 4
    for text in services:
        head, _service, body = text.partition("[Service]\n")
        assert "\nStartLimitIntervalSec=0\n" in head
        assert ("Restart=always\n" in body, re.findall(r"(?m)^RestartSec=(.*)", body)) == (True, ["100ms"])


def test_settings_of_the_sample_are_settings_of_ours():
    names = re.findall(r"(?m)^([A-Z_]+)=", (SAMPLES / "wsis.env").read_text())

    known = re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "operations.md").read_text())

    assert [name for name in names if name not in known] == []
    assert len(names) > 10


# --- nginx ------------------------------------------------------------------------------------------
def certificate(folder):
    """Make a certificate for forum.example.org, signed by itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=forum.example.org")
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("forum.example.org")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Nginx:
    """nginx with our configuration, on ports and in folders of the test."""

    def __init__(self, folder, *, static):
        self.folder, self.plain, self.port = folder, free_port(), free_port()
        self.binary = engine.program("nginx", package="nginx-light")
        certificate(folder)
        text = (SAMPLES / "nginx" / "wsis.conf").read_text()
        # The crowd of the test has one address, and asks as often as it likes.
        for name, value in {
            "/etc/nginx/wsis-group": f"{folder}/group",
            "/etc/ssl/wsis/": f"{folder}/",
            "root /var/lib/wsis;": f"root {static.parent};",
            "/var/log/nginx/": f"{folder}/",
            "listen [::]:80": f"listen [::1]:{self.plain}",
            "listen [::]:443": f"listen [::1]:{self.port}",
            "listen 80": f"listen 127.0.0.1:{self.plain}",
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "rate=50r/s": "rate=1000r/s",
        }.items():
            assert name in text
            text = text.replace(name, value)
        (folder / "wsis.conf").write_text(text)
        types = f"default_type application/octet-stream; types {{ text/css css; }} access_log off; include {folder}/wsis.conf;"
        user = "user root;" if engine.unprivileged() is not None else ""
        body = f"pid {folder}/pid; daemon off; {user} error_log {folder}/error.log; events {{}} http {{ {types} }}"
        (folder / "nginx.conf").write_text(body)
        self.arguments = [self.binary, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]

    def serve_by(self, port):
        (self.folder / "group").write_text(f"server 127.0.0.1:{port};\n")

    def check(self):
        return subprocess.run([*self.arguments, "-t"], capture_output=True, text=True)

    @contextlib.contextmanager
    def running(self):
        with (self.folder / "log").open("wb") as log:
            child = process_group.start(self.arguments, output=log)
        try:
            deadline = time.monotonic() + PATIENCE
            while not answers(self.port):
                assert time.monotonic() < deadline, (self.folder / "error.log").read_text()
                time.sleep(0.05)
            yield child
        finally:
            process_group.end([child])

    def redirected(self, host):
        """Where somebody is sent who asks without TLS for a host."""
        with socket.create_connection(("127.0.0.1", self.plain), timeout=30) as line:
            line.sendall(f"GET /a?b HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return re.search(rb"Location: (\S+)", b"".join(iter(lambda: line.recv(65_536), b"")))[1].decode()

    def get(self, path, *, host="forum.example.org", more=""):
        """The status and headers of an answer; nothing where nginx does not speak with us."""
        tls = ssl.create_default_context(cafile=self.folder / "fullchain.pem")
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as line:
            try:
                with tls.wrap_socket(line, server_hostname=host) as safe:
                    safe.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n".encode())
                    head = b"".join(iter(lambda: safe.recv(65_536), b"")).partition(b"\r\n\r\n")[0].decode().lower()
            except ssl.SSLError:
                return 0, ""
        return int(head.split()[1]), head


@pytest.fixture(scope="module")
def groups(tmp_path_factory):
    """Two groups of web processes on one database: blue, which runs, and a function that starts green (operations.md)."""
    blue = tmp_path_factory.mktemp("blue")
    common = {
        "BASE_URL": "https://forum.example.org",
        "ALLOWED_HOSTS": "forum.example.org,127.0.0.1",
        "TRUSTED_PROXIES": "1",
        "SECRET_KEY": "only-for-tests-" + "x" * 50,
        "WEB_PROCESSES": "1",
        "DATABASE_URL": f"sqlite:///{blue}/forum.sqlite3",
        "KEYS_DIR": str(blue / "data" / "keys"),
        "METRICS_TOKEN": TOKEN,
    }
    running = []

    def start(folder):
        made = Site(with_static_files(folder), arguments=["--only", "web"], **common)
        running.append(made)
        until(lambda: "Ready after" in made.text, site=made)
        return made

    def start_green():
        green = tmp_path_factory.mktemp("green")
        (green / "data").mkdir()
        (green / "data" / "media").symlink_to(blue / "data" / "media")
        return start(green)

    try:
        yield start(blue), start_green
    finally:
        for one in running:
            one.close()


LOGO = """
from django.core.files.base import ContentFile
from events.models import Partner
from tests.factories import ForumFactory, OrganisationFactory
logo = ContentFile(b"\\xff\\xd8\\xff", name="l.jpg")
print(Partner.objects.create(forum=ForumFactory(), organisation=OrganisationFactory(), logo=logo).logo.url)
"""


def with_logo(site):
    """Upload a picture on a site; return its address."""
    shell = [sys.executable, "manage.py", "shell", "-v", "0", "-c", LOGO]
    return subprocess.run(shell, cwd=ROOT, env=site.environment, capture_output=True, text=True).stdout.strip()


def test_nginx_changes_from_one_group_to_the_other_and_nobody_is_refused(groups, tmp_path):
    blue, start_green = groups
    nginx = Nginx(tmp_path, static=blue.data / "static")
    nginx.serve_by(blue.port)
    checked = nginx.check()
    assert checked.returncode == 0, checked.stderr
    trusting = ssl.create_default_context(cafile=tmp_path / "fullchain.pem")
    picture = with_logo(blue)
    with nginx.running() as master:
        got = {path: nginx.get(path)[0] for path in ("/healthz", "/metrics", "/.env", "/static/staticfiles.json")}
        sheet = next((blue.data / "static").glob("site.*.css")).name
        static = nginx.get(f"/static/{sheet}")
        stranger = nginx.get("/healthz", host="other.example.org")
        redirected = nginx.redirected("other.example.org")
        figures = nginx.get("/metrics", more=f"Authorization: Bearer {TOKEN}\r\n")[0]
        green = start_green()
        (green.data / "static" / GREENS).write_text("a {}")

        # nginx before 1.27.4 closes resting connections when it reloads; browsers ask again, and so does this crowd.
        crowd = Crowd(
            nginx.port, ["/healthz", "/accounts/login/"], host="forum.example.org", tls=trusting, repeats=True
        )
        with crowd:
            time.sleep(2)
            nginx.serve_by(green.port)
            master.send_signal(signal.SIGHUP)
            time.sleep(2)
            blue.process.send_signal(signal.SIGTERM)
            blue.process.wait(PATIENCE)
            time.sleep(1)
        of_green = [nginx.get(path)[0] for path in (picture, f"/static/{GREENS}", "/static/none.css", "/static/")]

    assert of_green == [200, 200, 404, 404]
    assert (redirected, figures) == ("https://forum.example.org/a?b", 200)
    assert got == {"/healthz": 200, "/metrics": 404, "/.env": 404, "/static/staticfiles.json": 404}
    assert (static[0], "immutable" in static[1], stranger) == (200, True, (0, ""))
    assert list(crowd.got) == [200], (crowd.got, (tmp_path / "wsis.log").read_text()[-3000:])
    logs = "".join((tmp_path / name).read_text() for name in ("wsis.log", "error.log"))
    assert ("127.0.0.1" in logs, "/accounts/login/" in logs) == (False, False)
    assert crowd.got.total() > 300


# --- containers -------------------------------------------------------------------------------------
def test_commands_of_the_containers_make_a_site(tmp_path):
    compose = yaml.safe_load((SAMPLES / "container" / "compose.yaml").read_text())["services"]
    commands = {name: service["command"] for name, service in compose.items() if service.get("image") == "wsis-forum"}
    container = (SAMPLES / "container" / "Containerfile").read_text()
    data = tmp_path / "forum.sqlite3"
    looks = {"web": "granian", "workers": "-Q account", "beat": " beat "}
    running = {}
    assert set(commands) == set(looks)
    assert re.search(r'(?m)^CMD \["\.venv/bin/python", "manage\.py", "serve"\]$', container)

    with contextlib.ExitStack() as stack:
        for name, (python, manage, serve, *arguments) in commands.items():
            assert (python, manage, serve) == (".venv/bin/python", "manage.py", "serve")
            (tmp_path / name).mkdir()
            site = Site(
                with_static_files(tmp_path / name),
                arguments=arguments,
                DATABASE_URL=f"sqlite:///{data}",
                HOST=compose[name]["environment"]["HOST"],
                WEB_PROCESSES="1",
            )
            stack.callback(site.close)
            running[name] = site
        for name, site in running.items():  # all of them at once, as containers start: one prepares, the others wait
            until(lambda site=site, name=name: site.main_of(looks[name]), site=site)
        until(lambda: running["web"].get("/healthz") == 200, site=running["web"])

        found = {name: [other for other in looks if site.main_of(looks[other])] for name, site in running.items()}

    assert found == {"web": ["web"], "workers": ["workers"], "beat": ["beat"]}


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
    "config/site.env",
    "docs/deploy/container/certificates/privkey.pem",
    "docs/deploy/container/site.env",
    "events/backup.key",
    "forum.backup",
    "var/forum.sqlite3",
    "var/keys/key",
    "var/secret-key",
]


def test_image_holds_what_the_site_needs_and_no_secrets(tmp_path):
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    taken = list(copied([*listed.stdout.splitlines(), *SECRETS]))
    assert [name for name in taken if name in SECRETS or name.startswith("tests/")] == []
    for name in taken:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    container = (SAMPLES / "container" / "Containerfile").read_text()
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


def test_parts_in_containers_find_each_other():
    compose = yaml.safe_load((SAMPLES / "container" / "compose.yaml").read_text())
    services, proxy = compose["services"], compose["services"]["proxy"]
    server = compose["services"]["database"]["image"].partition(":")[2]
    container = (SAMPLES / "container" / "Containerfile").read_text()
    group = (SAMPLES / "container" / "wsis-group").read_text()

    assert [one for one in proxy["volumes"] if not one.startswith("./")] == [
        "../nginx/wsis.conf:/etc/nginx/conf.d/wsis.conf:ro",
    ]
    assert all("site:/var/lib/wsis" in services[name]["volumes"] for name in ("web", "workers", "beat"))
    assert group == f"server {services['web']['networks']['default']['ipv4_address']}:8000;\n"
    assert f" postgresql-client-{server} " in container  # the tools of backups are as new as the server
