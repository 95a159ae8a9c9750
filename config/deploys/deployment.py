"""A new version takes over from a running one, process by process, and nobody is refused meanwhile.

The supervisor does it a step at a time beside its other work. Everything that depends on the code is done by processes of
the new version: first one that prepares (it loads the site, migrates, collects the static files and says which
processes the new version has), then those processes themselves. An old one is asked to go when its successor is ready. When
something fails, what was started is ended and the old processes go on: they never stopped.
"""

import json
import logging
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from django.conf import settings

from config.deploys import site_parts
from config.deploys.control import Caller, Control
from config.deploys.site_parts import Part
from config.serving import process_group
from config.serving.supervisor import VALKEY, Child, Supervisor

log = logging.getLogger("serve")

PREPARING = 900.0  # seconds that migrations and static files may take
STARTING = 60.0  # seconds until a new process must be ready
TOLD = 12  # lines of a failed process's output that are passed on

type Steps[T] = Generator[None, None, T]


class Failed(Exception):
    """The new version cannot take over; the message says why."""


@dataclass(frozen=True)
class Release:
    """A version of the site on this machine: the folder of its code and the Python that runs it.

    `environment`: that of its processes; None: as it is now.
    """

    folder: Path
    python: str
    environment: dict[str, str] | None = None


def ours() -> Release:
    """The version that this process runs."""
    return Release(folder=Path(__file__).resolve().parents[2], python=process_group.PYTHON)


def child_of(part: Part, release: Release) -> Child:
    """Return the child that runs a part of a version."""
    return Child(
        name=part.name,
        command=part.command,
        speaks=part.speaks,
        listens=part.listens,
        folder=release.folder,
        environment=release.environment,
    )


def serve_callers(supervisor: Supervisor, control: Control, *, groups: Sequence[str]) -> Steps[None]:
    """Do what callers ask for, one deploy at a time; a second one is refused. A step at each look of the supervisor."""
    under_way: Steps[None] | None = None
    began = 0.0
    while True:
        if caller := control.next_caller():
            if under_way is not None:
                seconds = time.monotonic() - began
                caller.say(f"A deploy is under way, since {seconds:.0f} s: wait for its end. Nothing was changed.")
                caller.end(is_done=False)
            else:
                under_way, began = deploy(supervisor, caller, groups=groups), time.monotonic()
        if under_way is not None and next(under_way, "ended") == "ended":
            under_way = None
        yield


def deploy(supervisor: Supervisor, caller: Caller, *, groups: Sequence[str]) -> Steps[None]:
    """Let the version that a caller names take over; tell it what happens, and whether it was done."""
    began = time.monotonic()

    def say(sentence: str) -> None:
        log.info("deploy: %s", sentence)
        caller.say(sentence)

    is_done = False
    try:
        release = _release(caller.request, supervisor)
        if site_parts.WEB in groups:
            _check_address(caller.request)
        say(f"The new version is in {release.folder}.")
        parts = yield from _prepare(supervisor, release, groups=groups, say=say)
        yield from _exchange(supervisor, release, parts, say=say)
        supervisor.environment = release.environment or supervisor.environment  # of later versions too
        is_done = True
        say(f"The new version has taken over, after {time.monotonic() - began:.0f} s.")
    except (Failed, OSError) as reason:
        say(f"{reason}\nThe old version goes on.")
    except Exception:
        log.exception("deploy")
        say("The deploy failed for a reason that stands in the site's log.\nThe old version goes on.")
    caller.end(is_done=is_done)


def _release(request: dict[str, object], supervisor: Supervisor) -> Release:
    """The version that was asked for. Raises Failed for what is none."""
    folder, python, given = (request.get(name) for name in ("folder", "python", "environment"))
    if not (isinstance(folder, str) and isinstance(python, str) and (Path(folder) / "manage.py").is_file()):
        raise Failed("This is no version of the site: there is no manage.py.")
    environment = None
    if isinstance(given, dict):
        environment = {str(name): str(value) for name, value in given.items()} | {"PYTHONUNBUFFERED": "1"}
        if any(child.name == VALKEY for child in supervisor.children):
            environment["REDIS_URL"] = supervisor.environment["REDIS_URL"]
    return Release(folder=Path(folder), python=python, environment=environment)


def _check_address(request: dict[str, object]) -> None:
    """Refuse with Failed what would not happen: the socket stays, whatever address new settings name."""
    ours = [settings.HOST, settings.PORT]
    if request.get("address", ours) != ours:
        raise Failed("HOST or PORT has changed: stop the site and start it again for that.")


def _prepare(
    supervisor: Supervisor, release: Release, *, groups: Sequence[str], say: Callable[[str], None]
) -> Steps[list[Part]]:
    """Have the new version load itself, migrate and collect static files; return its processes. Raises Failed."""
    say("Loading it, bringing the tables up to date, collecting the static files …")
    command = [release.python, "manage.py", "deploy", "--prepare", *groups]
    with tempfile.TemporaryFile() as output:
        running = process_group.start(
            command,
            environment=release.environment or supervisor.environment,
            output=output,
            folder=release.folder,
        )
        try:
            yield from _until(lambda: running.poll() is not None, seconds=PREPARING)
        finally:
            process_group.signal_group(running.pid, signal.SIGKILL)
            running.wait()
        output.seek(0)
        said = output.read().decode(errors="replace").strip().splitlines()
    if running.returncode != 0:
        raise Failed("\n".join(["The new version cannot be prepared:", *said[-TOLD:]]))
    try:
        return [Part(**part) for part in json.loads(said[-1])]
    except (ValueError, TypeError, IndexError):
        raise Failed("The new version does not say which processes it has.") from None


def _exchange(
    supervisor: Supervisor, release: Release, parts: list[Part], *, say: Callable[[str], None]
) -> Steps[None]:
    """Start each process of the new version; once all are ready, let those of the old one go. Raises Failed."""
    old = [child for child in supervisor.children if child.name != VALKEY]
    new: dict[Child, subprocess.Popen[bytes] | None] = {}
    gone: list[Child] = []
    try:
        for part in parts:
            for before in [child for child in old if part.alone and child.name == part.name]:
                supervisor.dismiss(before)
                gone.append(before)
                yield from _until(partial(_is_gone, before))
            child = supervisor.start(child_of(part, release))
            new[child] = child.running
            yield from _until(partial(_is_settled, child))
            if not child.is_ready:
                raise Failed(f"The new {part.name} does not start; its reason stands in the site's log.")
            say(f"Started: {part.name}.")
        if lost := [child.name for child, began in new.items() if child.running is not began or not child.is_ready]:
            raise Failed(f"Ended again: {', '.join(lost)}; its reason stands in the site's log.")
    except BaseException:
        for child in new:
            supervisor.dismiss(child)
        for child in gone:
            supervisor.keep(replace(child, running=None))
        raise
    for child in old:
        if child not in gone:
            supervisor.dismiss(child)


def _is_gone(child: Child) -> bool:
    return child.running is None


def _is_settled(child: Child) -> bool:
    return child.is_ready or child.has_ended


def _until(is_so: Callable[[], bool], *, seconds: float = STARTING) -> Steps[None]:
    """Wait for something, while the supervisor does its other work. Raises Failed when it takes too long."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise Failed(f"It took longer than {seconds:.0f} s.")
        yield
