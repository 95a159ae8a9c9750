"""What systemd does with the units of docs/deploy: it starts their commands, and starts again what ends."""

import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path
from string import Template

from tests import process_group

ROOT = Path(__file__).resolve().parents[3]
UNITS = ROOT / "docs" / "deploy" / "systemd"


class Service:
    """One unit, with the code, the folder of sockets and the settings of a test in place of the machine's own."""

    def __init__(self, name, *, code, run, environment, log):
        template, mark, instance = name.partition("@")
        text = (UNITS / f"wsis-{template}{mark}.service").read_text()
        python = sys.executable if code == ROOT else f"{code}/.venv/bin/python"
        for theirs, ours in {
            "/srv/wsis/current/.venv/bin/python": python,
            "/srv/wsis/current": str(code),
            "/run/wsis": str(run),
            "%i": instance,
        }.items():
            text = text.replace(theirs, ours)
        self._lines = [line.partition("=")[::2] for line in text.splitlines() if not line.startswith(("#", "["))]
        self.environment = environment | dict(one.split("=") for one in " ".join(self._all("Environment")).split())
        self.log, self.main, self.is_wanted = log, None, False

    def _all(self, key):
        return [value for name, value in self._lines if name == key]

    def _command(self, line):
        values = self.environment | {"MAINPID": str(self.main.pid if self.main else 0)}
        return shlex.split(Template(line).substitute(values))

    def _run(self, key):
        for line in self._all(key):
            subprocess.run(
                self._command(line), env=self.environment, cwd="/", check=True, capture_output=True, text=True
            )

    def start(self):
        self.is_wanted = True
        self._run("ExecStartPre")
        with self.log.open("ab") as output:
            self.main = process_group.start(
                self._command(self._all("ExecStart")[0]),
                environment=self.environment,
                output=output,
                folder=Path(self._all("WorkingDirectory")[0]),
            )

    def reload(self):
        """As `systemctl reload`: raises CalledProcessError at the first command that fails."""
        self._run("ExecReload")

    def look(self):
        """Start it again where it has ended; what it left behind is ended first (the unit's KillMode)."""
        if self.is_wanted and self.main.poll() is not None:
            process_group.signal_group(self.main.pid, signal.SIGKILL)
            self.start()

    def stop(self):
        self.is_wanted = False
        if self.main is not None:
            process_group.signal_group(self.main.pid, signal.SIGCONT)
            process_group.end([self.main], seconds=10)


class Machine(threading.Thread):
    """Some units of one machine; looks after them until it is closed."""

    PAUSE = 0.1  # seconds: RestartSec

    def __init__(self, names, **given):
        super().__init__(name="systemd", daemon=True)
        self.services = {name: Service(name, **given) for name in names}
        self._is_over, self._lock = threading.Event(), threading.Lock()

    def run(self):
        for service in self.services.values():
            service.start()
        while not self._is_over.wait(self.PAUSE):
            with self._lock:
                for service in self.services.values():
                    service.look()

    def restart(self, name):
        """As `systemctl restart`: it finishes what it has begun, and is started again."""
        main = self.services[name].main
        main.send_signal(signal.SIGTERM)
        main.wait(60)

    def close(self):
        with self._lock:  # here, not in the thread: whose end is the end of what it started
            for service in self.services.values():
                service.stop()
        self._is_over.set()
        if self.is_alive():
            self.join()
