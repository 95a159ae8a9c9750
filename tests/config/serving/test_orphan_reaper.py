"""Who is ended when the supervisor is gone, and when."""

import subprocess
import sys
import time

import pytest

from config.serving import supervisor


@pytest.fixture
def children():
    made = [
        subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"], start_new_session=True)
        for _ in "abc"
    ]
    yield made
    for child in made:
        child.kill()
        child.wait()


def test_web_serves_on_for_its_seconds_and_the_others_end_at_once(children, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    worker, web, gone = children
    reaper = subprocess.Popen([sys.executable, "-I", "-S", supervisor.REAPER, folder], stdin=subprocess.PIPE)
    said = f"+{worker.pid} 0\n+{gone.pid} 0\n+{web.pid} 0\n+{web.pid} 3\n-{gone.pid}\n"

    reaper.stdin.write(said.encode())
    reaper.stdin.close()
    began = time.monotonic()
    worker.wait(30)
    after_worker = web.poll(), folder.exists()
    web.wait(30)
    lasted = time.monotonic() - began
    reaper.wait(30)

    assert after_worker == (None, True)
    assert lasted >= 2.9
    assert (gone.poll(), folder.exists()) == (None, False)
