"""Links that are secrets, and other texts that only this site can make: one mechanism, under SECRET_KEY. What went out before a
change of the key is good as long as the former one stands in SECRET_KEY_FALLBACKS.

A text is of one `kind` (the salt), so that none opens what another one does. A link that can be renewed or ended belongs to a row with a
seed: the signed seed is the link, and the row says whether it still holds. Without the key a seed opens nothing, so a copy of the
database holds no link.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.core import signing
from django.db import models

ROW = "events.secret_links"
LONGEST = 4_000  # characters of a text with a time that are looked at


def signed(kind: str, *said: object) -> str:
    """A text that says this for good: at most two things, of which the first has no dash."""
    return signing.Signer(sep=".", salt=kind).sign("-".join(map(str, said)))


def signed_now(kind: str, *said: object) -> str:
    """A text that says this (what JSON can hold), and when it was made."""
    return signing.dumps(said, salt=kind)


def read(kind: str, text: str, *, lives: timedelta | int | None = None) -> list[Any]:
    """What a text of ours says, in words; with `lives` (seconds) what one says that was made with its time, and not longer ago.
    Nothing, where it is not ours, of another kind, or too old."""
    try:
        if lives is None:
            return signing.Signer(sep=".", salt=kind).unsign(text).split("-", 1)
        return list(signing.loads(text[:LONGEST], salt=kind, max_age=lives))
    except (signing.BadSignature, UnicodeError):
        return []


def new_seed() -> str:
    """What makes a link another one than all others: 128 random bits."""
    return secrets.token_hex(16)


def seed(column: str) -> "models.CharField[Any, Any]":
    """The seed of a row's link (`column`: its name in the database). Of a link of former times the SHA-256 stands there: it opens still, and so
    does the one that is made of that."""
    return models.CharField(max_length=64, unique=True, default=new_seed, editable=False, db_column=column)


class SecretLink:
    """A row with a link that is a secret."""

    link_seed: Any

    @property
    def token(self) -> str:
        """The part of the address that nobody else can make."""
        return signed(ROW, self.link_seed)

    def renew_link(self) -> None:
        """From now on another link opens the row, and the one before opens nothing. The caller saves `link_seed`."""
        self.link_seed = new_seed()


def opened_by[Row: models.Model](token: str, rows: models.QuerySet[Row]) -> Row | None:
    """The one of these rows that a link opens; None for what is no link of theirs. Whether it holds is for the row to say."""
    known = "-".join(read(ROW, token)) or hashlib.sha256(token.encode()).hexdigest()
    return next(iter(rows.filter(link_seed=known).order_by()), None)
