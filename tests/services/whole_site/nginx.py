"""nginx with docs/deploy/nginx/wsis.conf, on ports and in folders of a test."""

import re
import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests import engine, process_group
from tests.conftest import _free_port as free_port
from tests.waiting import until

CONFIGURATION = Path(__file__).resolve().parents[3] / "docs" / "deploy" / "nginx" / "wsis.conf"
NAME = "forum.example.org"


def certificate(folder):
    """Make a certificate for forum.example.org, signed by itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string(f"CN={NAME}")
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))


class Nginx:
    """`static`: the folder that holds static/; `web`: the socket of the web. Without TLS it answers to 127.0.0.1."""

    def __init__(self, folder, *, data, web, has_tls=False):
        self.folder, self.plain, self.port, self.main = folder, free_port(), free_port(), None
        self.binary = engine.program("nginx", package="nginx-light")
        folder.mkdir(exist_ok=True)
        certificate(folder)
        changes = {
            "/run/wsis/web.sock": web,
            "/run/nginx-wsis": folder / "cache",
            "/etc/ssl/wsis/": f"{folder}/",
            "root /var/lib/wsis;": f"root {data};",
            "/var/log/nginx/": f"{folder}/",
            "listen [::]:80": f"listen [::1]:{self.plain}",
            "listen [::]:443": f"listen [::1]:{self.port}",
            "listen 80": f"listen 127.0.0.1:{self.plain}",
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "rate=50r/s": "rate=100000r/s",  # all of a test's people have one address
            "wsis_connections 500": "wsis_connections 5000",
        }
        if not has_tls:
            changes |= {
                " ssl;": ";",
                " ssl default_server": " default_server",
                f"server_name {NAME}": "server_name 127.0.0.1",
            }
            changes |= {"Host $host;": "Host $http_host;"}
        text = CONFIGURATION.read_text()
        for theirs, ours in changes.items():
            assert theirs in text, theirs
            text = text.replace(theirs, str(ours))
        (folder / "wsis.conf").write_text(text)
        types = f"default_type application/octet-stream; types {{ text/css css; text/javascript js; image/svg+xml svg; }} access_log off; include {folder}/wsis.conf;"
        user = "user root;" if engine.unprivileged() is not None else ""
        body = (
            f"pid {folder}/pid; daemon off; {user} worker_processes 2; worker_rlimit_nofile 8192; error_log {folder}/error.log;"
            f" events {{ worker_connections 4096; }} http {{ {types} }}"
        )
        (folder / "nginx.conf").write_text(body)
        self._command = [self.binary, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]

    def check(self):
        return subprocess.run([*self._command, "-t"], capture_output=True, text=True)

    def start(self):
        with (self.folder / "log").open("wb") as log:
            self.main = process_group.start(self._command, output=log)
        until(self._answers, what="nginx")

    def _answers(self):
        assert self.main.poll() is None, (self.folder / "error.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        if self.main is not None:
            process_group.end([self.main], seconds=5)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *reason):
        self.close()

    def redirected(self, host):
        """Where somebody is sent who asks without TLS for a host."""
        with socket.create_connection(("127.0.0.1", self.plain), timeout=30) as line:
            line.sendall(f"GET /a?b HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return re.search(rb"Location: (\S+)", b"".join(iter(lambda: line.recv(65_536), b"")))[1].decode()

    def get(self, path, *, host=NAME, more="", address="127.0.0.1"):
        """The status and headers of an answer over TLS; nothing where nginx does not speak with us."""
        tls = ssl.create_default_context(cafile=self.folder / "fullchain.pem")
        with socket.create_connection((address, self.port), timeout=30) as line:
            try:
                with tls.wrap_socket(line, server_hostname=host) as safe:
                    safe.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n".encode())
                    head = b"".join(iter(lambda: safe.recv(65_536), b"")).partition(b"\r\n\r\n")[0].decode().lower()
            except ssl.SSLError:
                return 0, ""
        return int(head.split()[1]), head
