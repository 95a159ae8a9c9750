"""The log-ins of a person: sessions that name the account, or hold an address that somebody was about to confirm."""

import json
from collections.abc import Iterator
from itertools import batched

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session as LogIn
from django.db.models import Exists, OuterRef

from events.shared.held_rows import HeldPerson
from events.shared.redaction import Redaction
from registration.models import SignIn

AT_ONCE = 2000


def end_all(person: HeldPerson) -> int:
    """Delete the sessions of a person; return how many. Most are known by their sign-ins. What the others hold, of people who
    are about to log in or sign up, is packed: each has to be opened."""
    keys = list(_keys(person))
    for some in batched(keys, AT_ONCE):
        LogIn.objects.filter(session_key__in=some).delete()
    return len(keys)


def _keys(person: HeldPerson) -> Iterator[str]:
    account = str(person.user.pk)
    yield from SignIn.objects.filter(user=person.user).values_list("session_id", flat=True)
    addressed = Redaction(addresses=person.addresses)
    others = LogIn.objects.filter(~Exists(SignIn.objects.filter(session=OuterRef("pk"))))
    for row in others.iterator(chunk_size=AT_ONCE):
        held = row.get_decoded()
        if held.get(SESSION_KEY) == account:
            yield row.session_key
            continue
        if addressed.finds(json.dumps(held, default=str)):
            yield row.session_key
