"""A small server of OpenID Connect: it says who somebody is by tokens that it signs, and looks at what it is asked."""

import base64
import hashlib
import json
import secrets
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY, ANOTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _each in range(2))
CLIENT, SECRET = "wsis-forum", "a secret: of two & more"


class Server:
    """`claims`: what it says of whoever comes, `key`: by which it signs; `said`: what it answers at a path instead; `asked`: all that
    was asked, as (path, fields)."""

    def __init__(self, url):
        self.url, self.key = url, KEY
        self.claims = {"sub": "staff-7"}
        self.said, self.asked, self.codes = {}, [], {}

    def answer(self, path, sent):
        self.asked.append((path, sent))
        if path in self.said:
            return self.said[path]
        known = {
            "/.well-known/openid-configuration": self.configuration,
            "/keys": self.keys,
            "/authorize": self.authorize,
            "/token": self.token,
        }
        return known[path](sent)

    def configuration(self, _sent):
        ends = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "jwks_uri": "keys",
            "userinfo_endpoint": "me",
        }
        methods = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        return 200, {"issuer": self.url, **methods} | {name: f"{self.url}/{path}" for name, path in ends.items()}

    def keys(self, _sent):
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return 200, {"keys": [public | {"kid": "one", "alg": "RS256", "use": "sig"}]}

    def authorize(self, sent):
        code = secrets.token_urlsafe(12)
        self.codes[code] = sent
        assert sent["code_challenge_method"] == "S256"
        return 302, f"{sent['redirect_uri']}?{urlencode({'code': code, 'state': sent['state']})}"

    def token(self, sent):
        begun = self.codes.pop(sent["code"], {})
        nonce = {"nonce": begun["nonce"]}
        proof = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).decode().rstrip("=")
        known = (begun.get("code_challenge"), begun.get("redirect_uri"), CLIENT, SECRET)
        if (proof, sent["redirect_uri"], sent["client_id"], sent["client_secret"]) != known:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = (
            {
                "iss": self.url,
                "aud": CLIENT,
                "iat": now,
                "exp": now + 300,
                "jti": secrets.token_hex(8),
            }
            | nonce
            | self.claims
        )
        signed = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        return 200, {
            "access_token": secrets.token_hex(8),
            "token_type": "Bearer",
            "id_token": signed,
            "expires_in": 300,
        }


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = urlsplit(self.path)
        self.send(*self.server.provider.answer(asked.path, dict(parse_qsl(asked.query))))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send(*self.server.provider.answer(self.path, {name: one[0] for name, one in parse_qs(body).items()}))

    def send(self, status, said):
        self.send_response(status)
        if status == 302:
            self.send_header("Location", said)
            said = ""
        body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_more):
        """Nothing is said of each request."""


@contextmanager
def running():
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.provider = Server(f"http://127.0.0.1:{listening.server_port}")
    Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield listening.provider
    finally:
        listening.shutdown()
        listening.server_close()
