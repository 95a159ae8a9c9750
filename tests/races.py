"""Several who act at the same moment, each in a thread and with a connection to the database of their own."""

import threading

from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.db.models import QuerySet

from events.models import User


def together(*calls):
    """Make the calls at the same moment; return what each gave, in order: its answer, the code of its refusal, or its error."""
    assert connection.vendor == "postgresql", "SQLite ignores the locks that are tested here"
    start, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        try:
            start.wait(30)
            answers[place] = call()
        except ValidationError as refusal:
            codes = [error.code for error in ValidationError([refusal]).error_list]  # of all its fields
            answers[place] = codes[0] if len(codes) == 1 else codes
        except Exception as error:  # what went wrong is the answer
            answers[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a call did not end within a minute"
    return answers


def change_locks(monkeypatch, *, to=lambda rows, **_options: rows.all()):
    """Let rows be locked in another way in a test: as a rule not at all, for its negative control."""
    monkeypatch.setattr(QuerySet, "select_for_update", to)


def find_together(monkeypatch, *, number=2):
    """Let so many who look for an account go on once all of them have found it."""
    find, all_have = User.objects.find_or_make, threading.Barrier(number)

    def found(*parts, **more):
        account = find(*parts, **more)
        all_have.wait(30)
        return account

    monkeypatch.setattr(User.objects, "find_or_make", found)
