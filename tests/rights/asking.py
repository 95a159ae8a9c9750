"""Asks an address in the session of a person, takes back what it wrote, and tells what came of it."""

import re
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.test.client import ClientHandler

from tests.factories import NOW

WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')


@dataclass
class Answer:
    """`status`, the address that it leads to, the tables that were written, what was sent, and what caches may do with it."""

    status: int
    to: str
    written: set
    body: str
    kept: str


class Asker:
    """Asks as one person, who has just shown their password; None: as a visitor, perhaps with a cookie."""

    def __init__(self, person, cookies=()):
        client = Client()
        client.cookies.load(dict(cookies))
        if person:
            client.force_login(person)
            session = client.session
            shown = {"method": "password", "at": NOW.timestamp(), "email": person.email, "reauthenticated": True}
            session["account_authentication_methods"] = [shown]
            session["account_authentication_methods_user"] = str(person.pk)
            session.save()
        self.factory, self.handler = RequestFactory(), ClientHandler(enforce_csrf_checks=False)
        self.factory.cookies = client.cookies

    def ask(self, method, path, sent=None):
        """What a request is answered. What a post wrote is taken back; nothing is to be written when a page is read."""
        if method == "GET":
            return self._ask(self.factory.get(path, HTTP_ACCEPT="text/html"))
        with transaction.atomic():
            answer = self._ask(self.factory.post(path, sent, HTTP_ACCEPT="text/html"))
            transaction.set_rollback(True)
        return answer

    def _ask(self, request):
        with _watch() as written:
            answer = self.handler(request.environ)
            body = b"".join(answer).decode(errors="replace")
        return Answer(answer.status_code, answer.get("Location", ""), written, body, answer.get("Cache-Control", ""))


@contextmanager
def _watch():
    """The tables that are written."""
    written = set()

    def note(execute, sql, params, many, context):
        if found := WRITES.match(sql):
            written.add(found[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield written
