"""A pytest plugin of `make test`: long tests begin first, and the end of a run says which tests and files took longest."""

import os
from collections import Counter
from itertools import islice

import pytest

# What takes more than some five seconds on a machine at rest. A process that began one of these last would keep the others
# waiting. (The order of all others is drawn at random.)
LONG = (
    "tests/browser/test_admin_pages_axe.py",
    "tests/journeys/",
    "tests/prizes/test_sample.py::test_reader_of_everything",
    "tests/rights/test_table.py::test_each_cell",
    "tests/services/test_fault_table.py",
    "tests/test_two_people.py::test_two_people",
)
SHOWN, FROM = 10, 60.0  # how many are shown, where all took more seconds than this
seconds: Counter[str] = Counter()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = dealt(items, processes, is_long=lambda item: item.nodeid.startswith(LONG))


def dealt(items, processes, *, is_long):
    """The items in an order in which each process, which gets an equal run of them (worksteal), begins with its share of those that
    are long."""
    long = [item for item in items if is_long(item)]
    others = iter([item for item in items if not is_long(item)])
    found = []
    for place in range(processes):
        end = (place + 1) * len(items) // processes
        found += long[place::processes]
        found += islice(others, max(0, end - len(found)))
    return [*found, *others]


def pytest_runtest_logreport(report):
    seconds[report.nodeid] += report.duration


def pytest_terminal_summary(terminalreporter):
    if seconds.total() < FROM:
        return
    files = Counter()
    for name, took in seconds.items():
        files[name.partition("::")[0]] += took
    for title, found in (("tests", seconds), ("files", files)):
        terminalreporter.section(f"slowest {title}")
        for name, took in found.most_common(SHOWN):
            terminalreporter.write_line(f"{took:6.1f} s  {name}")
