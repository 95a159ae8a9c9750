"""The line to the supervisor: what is asked for, what it says, and who finds nobody there."""

import shutil
import tempfile
import threading
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


@pytest.mark.parametrize("is_done", [True, False])
def test_caller_hears_what_is_said_and_whether_it_was_done(folder, line, is_done):
    thread, asked = answer(line, sentences=["One.", "Two\nlines."], is_done=is_done)
    heard = []

    done = control.ask(*control.running(folder), {"folder": "/new"}, say=heard.append)
    thread.join()

    assert (done, heard, asked) == (is_done, ["One.", "Two\nlines."], [{"folder": "/new"}])


def test_supervisor_that_goes_away_is_told_apart(folder, line):
    thread, _asked = answer(line, sentences=["One."], is_done=None)

    with pytest.raises(control.NotRunning, match="went away"):
        control.ask(*control.running(folder), {}, say=lambda sentence: None)
    thread.join()


def test_lock_is_held_by_one(folder, line):
    assert control.lock_of(folder) is None
    assert (folder / "serve.lock").read_text() == f"{folder}/control.sock\n"


@pytest.mark.parametrize("kept", [None, "", "/nowhere/control.sock\n"], ids=["never", "before", "killed"])
def test_deploy_without_a_running_site_says_so(folder, settings, kept):
    settings.DATA_DIR = folder
    if kept is not None:
        (folder / "serve.lock").write_text(kept)

    with pytest.raises(CommandError, match=f"No site runs on {folder}: start it with manage.py serve."):
        call_command("deploy")
