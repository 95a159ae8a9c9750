"""Log-in sessions, kept in the database as Django's own are."""

import json
from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib.sessions.backends import db

from registration.people.accounts.sealing import seal, unseal

# What allauth keeps in a session and needs again as it was: the key of a link to a new password, the secret of an app that is
# being set up, a form that waits until its person has shown who they are, what a log-in at the organisation is shown to be ours by.
# Of mailed codes only digests are there.
SEALED = ("_password_reset_key", "mfa.totp.secret", "account_reauthentication_state", "socialaccount_states")


class SessionStore(db.SessionStore):
    """Django's own, with secrets sealed; a log-in that gets a new key is still the same one to its owner."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        sealed = {name: seal(json.dumps(session_dict[name])) for name in SEALED if name in session_dict}
        return super().encode({**session_dict, **sealed})

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """What cannot be opened (of before, or by another key) is left out: its person begins that again."""
        found: dict[str, Any] = super().decode(session_data)
        for name in SEALED:
            if name in found:
                try:
                    found[name] = json.loads(unseal(found[name]))
                except (InvalidToken, AttributeError):
                    del found[name]
        return found

    def cycle_key(self) -> None:
        from registration.models import SignIn  # Django asks for this module before the models are ready

        known = SignIn.objects.filter(session=self.session_key).first() if self.session_key else None
        super().cycle_key()
        if known is not None:
            known.session_id = str(self.session_key)
            known.save(force_insert=True)
