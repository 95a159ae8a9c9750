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

# What workers, commands or seldom pages load; a web process by itself does not (on PostgreSQL).
SELDOM = {
    *[
        "babel",
        "django.test",
        "docx",
        "drf_spectacular.plumbing",
        "icalendar",
        "lightningcss",
        "openpyxl",
        "PIL",
        "sqlite3",
        "typst",
        "xlsxwriter",
    ]
}
LOADED = f"""
import sys
from config.serving import granian_worker

granian_worker.load()
print(*sorted({SELDOM!r} & sys.modules.keys()), "django.contrib.admin" in sys.modules)
"""


def test_what_refers_to_itself_is_let_go_though_python_does_not_look_for_it():
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_web_process_loads_what_pages_need():
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("True\n", "")
