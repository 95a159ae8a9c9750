"""Log-in sessions, kept in the database as Django's own are; asked for by every page of a person."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from events.prepared_queries import Prepared, slot

_SESSION = Prepared(lambda: Session.objects.filter(session_key=slot("key", str), expire_date__gt=slot("now", datetime)))


class SessionStore(db.SessionStore):
    """Django's own, with its question prepared; a log-in that gets a new key is still the same one to its owner."""

    def _get_session_from_db(self) -> Any:
        session = _SESSION.first(key=self.session_key, now=timezone.now())
        if session is None:
            self._session_key = None
        return session

    def cycle_key(self) -> None:
        from registration.models import SignIn  # Django asks for this module before the models are ready

        known = SignIn.objects.filter(session=self.session_key).first() if self.session_key else None
        super().cycle_key()
        if known is not None:
            known.session_id = str(self.session_key)
            known.save(force_insert=True)
