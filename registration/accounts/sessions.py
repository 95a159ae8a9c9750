"""Log-in sessions, kept in the database as Django's own are; asked for by every page of a person."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from events.prepared_queries import Prepared, slot

_SESSION = Prepared(lambda: Session.objects.filter(session_key=slot("key", str), expire_date__gt=slot("now", datetime)))


class SessionStore(db.SessionStore):
    """Django's own, with its question prepared."""

    def _get_session_from_db(self) -> Any:
        session = _SESSION.first(key=self.session_key, now=timezone.now())
        if session is None:
            self._session_key = None
        return session
