"""The rules by which Mozilla's HTTP Observatory (mdn-http-observatory 1.5) scores a site: 100 points, less for what is missing,
more for what is exemplary. 145 are the most that a site can have."""

import re
from dataclasses import dataclass
from email.message import Message
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

BROAD = {"*", "http:", "https:", "ftp:", "http://*", "https://*", "http://*.*", "https://*.*"}
UNSAFE = BROAD | {"'unsafe-inline'", "data:"}
SIX_MONTHS, A_YEAR = 15_552_000, 31_536_000  # seconds
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
SCRIPT = re.compile(r"<script\b([^>]*)>")
EXTRA_FROM = 90  # points from which on what is exemplary counts


@dataclass
class Scan:
    """What a scanner saw: where plain http leads, the page at the end of all redirects, and the same for another site's script."""

    host: str
    plain: Message
    headers: Message
    body: str
    cookies: list[str]  # lines of Set-Cookie on the whole way
    asked_by_others: Message


def directives(scan):
    lines = ",".join(scan.headers.get_all("Content-Security-Policy", [])).replace(",", ";").split(";")
    words = [line.split() for line in lines if line.strip()]
    return {name.lower(): {*sources} for name, *sources in words}


def policy(scan):
    """Content-Security-Policy."""
    found = directives(scan)
    if not found:
        return -25
    everything = found.get("default-src", {"*"})
    scripts, styles, objects = (found.get(f"{name}-src", everything) for name in ("script", "style", "object"))
    if scripts & UNSAFE or objects & BROAD:
        return -20
    passive = {"img-src", "media-src"}
    if any(s.startswith(("http:", "ftp:")) for name, group in found.items() if name not in passive for s in group):
        return -20
    if "'unsafe-eval'" in scripts | styles or any(s.startswith("http:") for n in passive for s in found.get(n, ())):
        return -10
    if styles & UNSAFE:
        return 0
    return 10 if everything == {"'none'"} else 5


def cookies(scan):
    """Secure and SameSite on each, HttpOnly on those of log-ins. A page without cookies neither gains nor loses."""
    jar = [morsel for line in scan.cookies for morsel in SimpleCookie(line).values()]
    of_log_ins = [one for one in jar if re.search("login|sess", one.key, re.IGNORECASE)]
    if not jar:
        return 0
    if any(not one["secure"] for one in of_log_ins):
        return -40
    if any(not one["httponly"] for one in of_log_ins):
        return -30
    if any(not one["secure"] or ("csrf" in one.key.lower() and not one["samesite"]) for one in jar):
        return -20
    return 5 if all(one["samesite"].lower() in {"lax", "strict"} for one in jar) else 0


def sharing(scan):
    """Cross-origin resource sharing: never with whoever asks, log-in and all."""
    answer = scan.asked_by_others
    is_anybodys = answer.get("Access-Control-Allow-Origin", "") not in {"", "*"}
    return -50 if is_anybodys and answer.get("Access-Control-Allow-Credentials") == "true" else 0


def redirection(scan):
    """Plain http leads to https on the same host at once."""
    place = urlsplit(scan.plain.get("Location", ""))
    if place.scheme != "https":
        return -20
    return 0 if place.hostname == scan.host else -5


def referrer(scan):
    told = [word.strip().lower() for word in scan.headers.get("Referrer-Policy", "").split(",")]
    return 5 if told[-1] in PRIVATE else 0 if told == [""] else -5


def strict_transport(scan):
    words = [word.strip().lower() for word in scan.headers.get("Strict-Transport-Security", "").split(";")]
    ages = [int(word.removeprefix("max-age=")) for word in words if word.startswith("max-age=")]
    if not ages:
        return -20
    return 0 if ages[0] >= SIX_MONTHS else -10


def is_fit_for_the_preload_list(scan):
    """Whether browsers' makers take the host into the list of those that are never asked over plain http."""
    told = scan.headers.get("Strict-Transport-Security", "").lower()
    age = int(re.search(r"max-age=(\d+)", told)[1]) if "max-age=" in told else 0
    return age >= A_YEAR and "includesubdomains" in told and "preload" in told and redirection(scan) == 0


def integrity(scan):
    """Scripts are the site's own, and the page says by their hash which ones it means."""
    scripts = [attributes for attributes in SCRIPT.findall(scan.body) if " src=" in attributes]
    if any(re.search(r'src="(https?:)?//', one) for one in scripts):
        return -50
    return 5 if any("integrity=" in one for one in scripts) else 0


def sniffing(scan):
    return 0 if scan.headers.get("X-Content-Type-Options", "").lower() == "nosniff" else -5


def frames(scan):
    if "frame-ancestors" in directives(scan):
        return 5
    return 0 if scan.headers.get("X-Frame-Options", "").upper() in {"DENY", "SAMEORIGIN"} else -20


def resource_policy(scan):
    told = scan.headers.get("Cross-Origin-Resource-Policy", "").lower()
    return {"same-origin": 10, "same-site": 10, "cross-origin": 0, "": 0}.get(told, -5)


RULES = [
    *(policy, cookies, sharing, redirection, referrer, strict_transport),
    *(integrity, sniffing, frames, resource_policy),
]


def marks(scan):
    """What each rule gives or takes, by its name."""
    return {rule.__name__: rule(scan) for rule in RULES}


def score(scan, *, is_preloaded=False):
    """Points. `is_preloaded`: the host is in the browsers' list, which gives five; it must be fit for it."""
    given = list(marks(scan).values())
    if is_preloaded and is_fit_for_the_preload_list(scan):
        given.append(5)
    left = 100 + sum(points for points in given if points < 0)
    return max(left + sum(points for points in given if points > 0) if left >= EXTRA_FROM else left, 0)
