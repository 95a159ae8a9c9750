"""A pytest plugin of `make test`: long tests begin first."""

import os
from itertools import islice

import pytest

# What takes more than some five seconds on a machine at rest. A process that began one of these last would keep the others
# waiting. (The order of all others is drawn at random.)
LONG = (
    "tests/browser/test_admin_pages_axe.py",
    "tests/browser/test_delegate.py",
    "tests/events/api/test_schema.py",
    "tests/journeys/",
    "tests/registration/people/accounts/log_ins/test_owner_under_attack.py::test_thousands",
    "tests/registration/statistics/test_public_day.py",
    "tests/rights/test_table.py::test_each_",
    "tests/services/test_fault_table.py",
    "tests/test_two_people.py::test_two_people",
)
# Tests of one world that takes long to make: in one process, else others make it too.
OF_ONE_WORLD = ("tests/config/test_sample.py", "tests/services/test_migrations.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = dealt(items, processes, long=[*_worlds(items), *([one] for one in items if one.nodeid.startswith(LONG))])


def _worlds(items):
    """The tests of each world, together."""
    found = [[item for item in items if item.nodeid.startswith(name)] for name in OF_ONE_WORLD]
    return [those for those in found if those]


def dealt(items, processes, *, long):
    """The items in an order in which each process, which gets an equal run of them (worksteal), begins with its share of those that
    are long (lists of what stays together)."""
    are_long = {item for those in long for item in those}
    others = iter([item for item in items if item not in are_long])
    found = []
    for place in range(processes):
        end = (place + 1) * len(items) // processes
        found += [item for those in long[place::processes] for item in those]
        found += islice(others, max(0, end - len(found)))
    return [*found, *others]
