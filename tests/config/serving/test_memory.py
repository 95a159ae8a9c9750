"""A web process gives back what nobody uses any more."""

import subprocess
import sys

WORK = """
import gc, threading, weakref
from config.serving import memory

class Row:
    pass

gc.disable()
memory.EVERY = 0.01
row, gone = Row(), threading.Event()
row.itself = row
weakref.finalize(row, gone.set)
memory.stay_small()
del row
print(gone.wait(30))
"""


def test_what_refers_to_itself_is_let_go_though_python_does_not_look_for_it():
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("True\n", "")
