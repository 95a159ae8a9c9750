"""The line to the supervisor: what is asked for, what it says, and who finds nobody there."""

import contextlib
import shutil
import tempfile
import threading
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config.deploys import control


@pytest.fixture
def folder():
    """A short folder: the path of a socket may have 107 bytes."""
    made = Path(tempfile.mkdtemp(prefix="wf-", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def line(folder):
    """A supervisor's end of the line, on a DATA_DIR that is the folder too."""
    with control.lock_of(folder) as lock, control.Control(folder, lock=lock) as made:
        yield made


def answer(line, *, sentences, is_done):
    """Answer the next caller from a thread, as a supervisor would; return the thread and what was asked for."""
    asked = []

    def run():
        while (caller := line.next_caller()) is None:
            pass
        asked.append(caller.request)
        for sentence in sentences:
            caller.say(sentence)
        if is_done is not None:
            caller.end(is_done=is_done)
        caller.line.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, asked


def line_to(folder):
    [(_name, line)] = control.running(folder)
    return line


@pytest.mark.parametrize("is_done", [True, False])
def test_caller_hears_what_is_said_and_whether_it_was_done(folder, line, is_done):
    thread, asked = answer(line, sentences=["One.", "Two\nlines."], is_done=is_done)
    heard = []

    done = control.ask(line_to(folder), {"folder": "/new"}, say=heard.append)
    thread.join()

    assert (done, heard, asked) == (is_done, ["One.", "Two\nlines."], [{"folder": "/new"}])


def test_supervisor_that_goes_away_is_told_apart(folder, line):
    thread, _asked = answer(line, sentences=["One."], is_done=None)

    with pytest.raises(control.NotRunning, match="went away"):
        control.ask(line_to(folder), {}, say=lambda sentence: None)
    thread.join()


def test_lock_is_held_by_one(folder, line):
    assert control.lock_of(folder) is None
    assert (folder / "serve.lock").read_text() == f"{folder}/control.sock\n"


def test_lock_of_an_older_version_is_closed_to_others(folder):
    (folder / "serve.lock").touch(0o644)

    with control.lock_of(folder):
        assert (folder / "serve.lock").stat().st_mode & 0o777 == 0o600


def test_who_says_nothing_holds_nobody_up(folder, line, monkeypatch):
    silent, began = line_to(folder), time.monotonic()
    assert line.next_caller() is None
    with line_to(folder) as other:
        other.sendall(b'{"folder": ')
        assert line.next_caller() is None
        other.sendall(b'"/new"}\n')

        caller = line.next_caller()
        caller.end(is_done=True)

    assert caller.request == {"folder": "/new"}
    assert time.monotonic() - began < control.ASKING
    monkeypatch.setattr(time, "monotonic", lambda: began + 2 * control.ASKING)
    assert line.next_caller() is None
    with silent:
        assert silent.recv(1) == b""


def test_groups_are_asked_one_after_the_other(folder, settings):
    settings.DATA_DIR = folder
    early = []

    def answer_both(web, workers):
        for line, is_done in ((web, True), (workers, False)):
            while (caller := line.next_caller()) is None:
                pass
            early.append(workers.next_caller())
            caller.end(is_done=is_done)

    with contextlib.ExitStack() as stack:
        lines = []
        for name in ("web", "workers"):
            (folder / name).mkdir()
            lock = stack.enter_context(control.lock_of(folder, groups=[name]))
            lines.append(stack.enter_context(control.Control(folder / name, lock=lock)))
        thread = threading.Thread(target=answer_both, args=lines)
        thread.start()
        with pytest.raises(CommandError, match=r"Not deployed\. The new version runs already: web\. Deploy again"):
            call_command("deploy")
        thread.join()

    assert early == [None, None]


@pytest.mark.parametrize("kept", [None, "", "/nowhere/control.sock\n"], ids=["never", "before", "killed"])
def test_deploy_without_a_running_site_says_so(folder, settings, kept):
    settings.DATA_DIR = folder
    if kept is not None:
        (folder / "serve.lock").write_text(kept)

    with pytest.raises(CommandError, match=f"No site runs on {folder}: start it with manage.py serve."):
        call_command("deploy")
