"""What a log must not hold is taken out of its lines: mail addresses, whole network addresses, codes, values of rows.

The lines are written without them in the first place; this is the net below, for what libraries and errors say. It knows
what has a form of its own: not a name, nor a short code in the middle of a sentence.
"""

import re
import smtplib  # noqa: TID251
import traceback
from ipaddress import ip_address, ip_network
from types import TracebackType

from django.db import InterfaceError, OperationalError, ProgrammingError

# Every pattern begins at the beginning of a word: what a stranger writes cannot make the search slow.
MAIL = re.compile(r"""(?<![^\s<>()\[\]",;:=])(?:"[^"\n]{1,64}"|[^\s<>()\[\]",;:=]+?)(?:@|%40)[\w.-]+""")
# What stands behind the machine's name, and behind the name of a value in a query: paths and queries hold codes.
WEB_ADDRESS = re.compile(r"""(\bhttps?://[^\s/?#"'<>]{1,253}[/?#])[^\s"'<>)]+""")
QUERY = re.compile(r"""([?&][\w.-]{1,40}=)[^\s&"'<>)]+""")
MAPPED = re.compile(r"(?<![\w:])::ffff:(?=\d{1,3}\.)", re.IGNORECASE)  # an IPv4 address as an IPv6 socket names it
IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]?\d)")
IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:.]{2,45}(?![\w:])")
# Sixteen characters and more with a digit and a letter: keys of links, receipts, sessions, tokens; but no file of ours.
LONG = re.compile(r"[\w-]{16,}(\.py\b)?")
# What PostgreSQL shows of a row or of a statement; with the line end, or spelled as in a repr().
OF_ROWS = re.compile(r"(DETAIL|CONTEXT|LINE \d+|HINT):.*?(?=\\n|\n|$)")
LONGEST = 20_000  # characters of a line; an error with what lies behind it has a few thousand
# Their words are about the site and its machines, not about what somebody has typed.
TOLD = (OperationalError, InterfaceError, ProgrammingError, OSError, AttributeError, ImportError, NameError, TypeError)
NOT_TOLD = (smtplib.SMTPException,)  # an OSError, but the words are the mail server's, and name people

type ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def scrub(text: str) -> str:
    """Return the text without mail addresses, codes and values of rows, network addresses cut to /24 and /48."""
    text = OF_ROWS.sub(r"\1: …", text[:LONGEST])
    text = QUERY.sub(r"\1…", WEB_ADDRESS.sub(r"\1…", text))
    text = MAIL.sub("[mail address]", text)
    text = MAPPED.sub("", LONG.sub(_code, text))
    return IPV6.sub(_network, IPV4.sub(_network, text))


def _code(found: re.Match[str]) -> str:
    word = found[0]
    is_code = not found[1] and any(sign.isdigit() for sign in word) and any(sign.isalpha() for sign in word)
    return "[code]" if is_code else word


def _network(found: re.Match[str]) -> str:
    if found.re is IPV6 and found[0].count(":") < 2:
        return found[0]
    try:
        address = ip_address(found[0].rstrip(".:") if not found[0].endswith("::") else found[0])
    except ValueError:  # a time of the day, a version
        return found[0]
    return (
        found[0]
        if address.is_loopback
        else str(ip_network((address, 24 if address.version == 4 else 48), strict=False))
    )


def error_text(info: ExcInfo) -> str:
    """Tell an error and those behind it: where, of which kind, and its words only where they are of a kind that is told."""
    parts: list[str] = []
    error = info[1]
    while error is not None and len(parts) < 10:
        frames = "".join(traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__)).format())
        words = f": {error}" if isinstance(error, TOLD) and not isinstance(error, NOT_TOLD) else ""
        parts.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}{words}".replace("builtins.", ""))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return scrub("\n\nafter:\n".join(parts))
