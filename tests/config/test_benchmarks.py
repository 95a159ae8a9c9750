"""The arithmetic of `make bench`: shares of limits, ratios of rounds, and what its last lines say."""

import http.server
import importlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks import bench, limits, load, memory, people
from tests.benchmarks.limits import Finding
from tests.waiting import until


def at_most(measured, limit):
    return Finding("part", "thing", measured, limit)


def at_least(measured, limit):
    return Finding("part", "thing", measured, limit, is_floor=True)


@pytest.mark.parametrize(
    ("finding", "of_limit", "is_missed"),
    [
        (at_most(5, 10), 0.5, False),
        (at_most(10, 10), 1.0, False),
        (at_most(11.2, 10), 1.12, True),
        (at_most(0, 0), 1.0, False),
        (at_most(1, 0), math.inf, True),
        (at_least(0.8, 0.5), 0.625, False),
        (at_least(0.5, 0.5), 1.0, False),
        (at_least(0.4, 0.5), 1.25, True),
        (at_least(0, 0.5), math.inf, True),
    ],
)
def test_share_of_a_limit_says_how_far_a_figure_is_from_it(finding, of_limit, is_missed):
    assert finding.of_limit == pytest.approx(of_limit)
    assert finding.is_missed == is_missed


@pytest.mark.parametrize("make", [at_most, at_least])
def test_what_is_not_a_number_is_missed(make):
    assert make(math.nan, 1).is_missed


def test_line_names_figure_limit_and_share():
    slow = Finding("release", "the action", 2.24, 2.0, unit=" s", note="1,000 changes")
    few = Finding("casting", "choices", 0.0512, 0.04, is_floor=True)
    lost = Finding("mail", "every mail once", 0, 1, is_floor=True, is_fact=True)

    assert str(slow) == "release: the action: 2.24 s, at most 2 s: 1.12 of the limit, MISSED (1,000 changes)"
    assert str(few) == "casting: choices: 0.0512, at least 0.0400: 0.78 of the limit"
    assert str(lost) == "mail: every mail once: no, MISSED"


def test_last_lines_name_what_was_missed_and_by_how_much_worst_first():
    missed, worse = Finding("a", "one", 11, 10), Finding("b", "two", 1, 4, is_floor=True)

    assert limits.conclusion([at_most(1, 2), missed, worse]) == [
        "2 of 3 limits missed:",
        "  b: two: 1, at least 4: 4.00 of the limit",
        "  a: one: 11, at most 10: 1.10 of the limit",
    ]
    assert limits.conclusion([at_most(1, 2)]) == ["All 1 limits hold."]
    assert limits.conclusion([]) == ["Nothing was measured."]


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (18, "18"), (20_000, "20,000"), (0.05123, "0.0512"), (1.314, "1.31"), (31_234.5, "31,234")],
)
def test_numbers_have_three_digits_and_counts_are_whole(value, said):
    assert limits.number(value) == said


def test_rounds_go_there_and_back():
    order = []
    runs = {name: lambda name=name: order.append(name) or len(order) for name in "ab"}

    found = limits.in_turns(runs, rounds=3)

    assert order == ["a", "b", "b", "a", "a", "b"]
    assert found == {"a": [1, 4, 5], "b": [2, 3, 6]}


def test_ratio_does_not_see_a_round_in_which_the_machine_was_slow():
    calm, one_slow_round = [2.0, 2.0, 2.0], [2.0, 20.0, 2.0]

    assert limits.ratio(calm, [1.0, 1.0, 1.0]) == 2
    assert limits.ratio(one_slow_round, [1.0, 10.0, 1.0]) == 2
    assert limits.ratio(one_slow_round, [1.0, 1.0, 1.0]) == 2


def test_quantile_is_a_value_below_which_the_share_lies():
    assert limits.at(list(range(1, 101)), 0.95) == 95
    assert limits.at([3, 1, 2], 0.5) == 2
    assert limits.at([7], 0.99) == 7


def test_slowness_compares_the_reference_loop_at_the_same_share():
    loops = [limits.LOOP_SECONDS] * 9 + [limits.LOOP_SECONDS * 3]

    assert limits.slowness(loops) == pytest.approx(1)
    assert limits.slowness(loops, share=0.95) == pytest.approx(3)


def test_core_time_is_that_of_a_process_and_its_children_also_of_those_that_ended():
    work = "import time\nwhile time.process_time() < 0.2: pass"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}]); print(); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as parent:
        parent.stdout.readline()
        found = bench.Process(parent).core_time()
        parent.communicate()

    assert 0.2 <= found < 1


def test_speed_is_measured_without_wrk_too(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    port = bench.free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as child:
        until(lambda: bench.listens(port))
        found = load.speed(bench.Server(child, port, None), "/")
        child.terminate()

    assert found > found.rate > 0  # no server uses more of a core than there is time


# --- the reference, and a machine that has other work -------------------------------------------------
def core(measured, limit=1, *, part="people", is_floor=False):
    return Finding(part, "page", measured, limit, is_floor=is_floor, is_timed=True, is_core=True)


@pytest.fixture
def reference(tmp_path):
    return limits.Reference(tmp_path / "reference.json")


def judged(reference, measured, *, is_floor=False):
    """What a run says of one figure."""
    run = bench.Bench.__new__(bench.Bench)
    run.reference, run.findings, run.part = reference, [], "people"
    run.core("page", measured, 1_000 if not is_floor else 0, is_floor=is_floor)
    return run.findings[0]


def test_a_fifth_more_core_time_than_in_calm_runs_is_seen(reference, tmp_path):
    assert "no reference yet" in judged(reference, 20).note
    for figure in (19.9, 20, 30):
        assert reference.record([core(figure), at_most(1, 2)]) == 1
    known = limits.Reference(tmp_path / "reference.json")

    assert [judged(known, 20 * more).is_missed for more in (0.9, 1, 1.14, 1.16, 1.2)] == [False] * 3 + [True] * 2
    assert [judged(known, 20 / more, is_floor=True).is_missed for more in (0.9, 1, 1.14, 1.2)] == [False] * 3 + [True]


def test_reference_is_the_median_of_the_last_five_runs(reference):
    for figure in (1, 1, 1, 10, 10, 10, 12, 9):
        reference.record([core(figure)])

    assert reference.limit("people: page") == pytest.approx(11.5)


def test_busy_machine_judges_nothing_that_is_timed_and_stretches_nothing():
    slow, large = core(2, part="people"), Finding("people", "bytes", 2, 1)

    assert [limits.code(found, busy=busy) for found, busy in (
        ([slow], []), ([slow], ["people"]), ([slow], ["admin"]), ([core(1)], []), ([slow, large], ["people"]),
    )] == [1, 3, 1, 0, 1]  # fmt: skip
    assert limits.conclusion([slow], busy=["people"]) == [
        "All 0 limits hold.",
        "Not judged: 1 figures of people, for the machine had other work. Run it again when it is calm.",
    ]


def burn(seconds):
    return subprocess.run(
        [sys.executable, "-c", f"import time\nwhile time.process_time() < {seconds}: pass"], check=True
    )


def in_a_thread():
    while time.thread_time() < 0.5:
        pass


def test_work_of_others_is_told_from_our_own(monkeypatch):
    """That of threads and processes that have ended is ours, too."""
    began = bench.own_core_time()
    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()
    burn(0.5)
    ours = bench.own_core_time() - began
    monkeypatch.setattr(bench, "tree", lambda _pid: [])  # as if it were somebody else's
    others = bench.Others()
    burn(0.5)
    seconds, share = others.so_far()

    assert ours >= 0.9
    assert seconds * share >= 0.4


def test_busy_machine_ends_with_a_code_of_its_own_before_anything_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(benchmarks.limits, "BUSY", -1)
    with pytest.raises(SystemExit) as end:
        benchmarks.refuse_if_busy(seconds=0)

    assert (end.value.code, "This machine is busy" in capsys.readouterr().out) == (3, True)


class Lazy(http.server.BaseHTTPRequestHandler):
    """Answers after 50 ms in which it does nothing, or at once."""

    def do_GET(self):
        if self.path == "/lazy":
            time.sleep(0.05)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments):
        pass


def test_wait_of_50_ms_is_seen_which_costs_no_core_time():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lazy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ours = bench.Server(SimpleNamespace(pid=os.getpid()), server.server_port, None)

    quick, lazy = (load.core_seconds(ours, path, requests=5) for path in ("/quick", "/lazy"))
    server.shutdown()
    server.server_close()

    assert lazy.waited - quick.waited > 0.02  # on a machine that has other work, too
    assert Finding("p", "waits", lazy.waited, people.WAITS).is_missed


def test_memory_of_processes_counts_what_they_share_once():
    code = "import os, time; block = bytearray(50_000_000); os.fork(); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        for _process in range(2):
            child.stdout.readline()
        held = memory.held_by(child.pid)
        for pid in bench.tree(child.pid)[::-1]:
            os.kill(pid, signal.SIGKILL)

    assert (len(held), 50e6 < sum(held) < 95e6) == (2, True)


def test_parts_are_named_and_can_be_measured():
    for name in benchmarks.PARTS:
        assert callable(importlib.import_module(f"tests.benchmarks.{name}").measure)


def test_unknown_part_is_refused_with_the_names_of_those_that_are_there():
    with pytest.raises(SystemExit, match="There is no benchmark speed; there are pages, "):
        benchmarks.main(["speed"])
