"""A Valkey of one test's own, to be frozen, killed and started again."""

import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import redis

from config.running.serving import valkey


class OwnBroker:
    """Listens on a socket in a short folder under /tmp; `url` is its REDIS_URL."""

    def __init__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="broker-", dir="/tmp"))
        self._socket = self._folder / "valkey.sock"
        self.url = f"unix://{self._socket}"
        self.data = self._folder / "data"
        self.start()

    def start(self):
        self._process = subprocess.Popen(valkey.command(socket=self._socket, data=self.data))
        deadline = time.monotonic() + 20
        while True:
            try:
                self.ask("PING")
            except redis.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            else:
                return

    def ask(self, *command):
        """Send one command over a connection of its own, and return the answer."""
        with redis.Redis.from_url(self.url) as client:
            return client.execute_command(*command)

    def freeze(self):
        """It takes connections and never answers."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        self._process.kill()
        self._process.wait()

    def wipe(self):
        self.ask("FLUSHALL")

    def end(self):
        self.kill()
        shutil.rmtree(self._folder)
