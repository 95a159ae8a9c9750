"""A pytest plugin for `tests.benchmarks.mutants`, loaded before the settings. MUTANTS_TASK names a file that says what
to do: write down which test reaches which line, or run tests with a fault in a module.
"""

import importlib.util
import json
import os
import resource
import sys
from collections import defaultdict
from importlib.abc import MetaPathFinder
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings

ROOT = Path.cwd()
TASK = json.loads(Path(os.environ["MUTANTS_TASK"]).read_text())
TOOL = 4  # one of the numbers of sys.monitoring that nobody has reserved


class Faulty(MetaPathFinder):
    """Finds one module, with the fault in it."""

    def __init__(self, path, number):
        self.name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.path, self.number = ROOT / path, number
        if self.name in sys.modules:
            sys.exit(f"{self.name} is loaded already.")

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self.name:
            return None
        found = self

        class Loader(SourceFileLoader):
            def get_code(self, fullname):
                from tests.benchmarks.mutants.faults import mutate

                return compile(mutate(found.path.read_text(), found.number)[0], str(found.path), "exec")

        folders = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        loader = Loader(fullname, str(self.path))
        return importlib.util.spec_from_file_location(
            fullname, self.path, loader=loader, submodule_search_locations=folders
        )


class Runner:
    """Runs the wanted tests in the wanted order; writes down those that failed and the seconds of CPU."""

    def __init__(self):
        self.failed = []

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self, items):
        place = {test: index for index, test in enumerate(TASK["tests"])}
        items[:] = sorted((i for i in items if i.nodeid in place), key=lambda item: place[item.nodeid])
        return (yield)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_sessionfinish(self):
        answer = {"failed": self.failed, "seconds": _cpu()}
        Path(TASK["answer"]).write_text(json.dumps(answer))


class Recorder:
    """Writes down for each test its seconds of CPU and the lines that it reaches in the wanted files.

    Tests that an earlier run wrote down are passed by.
    """

    def __init__(self):
        self.folder = Path(TASK["map"])
        told = [json.loads(file.read_text()) for file in self.folder.glob("*.json")]
        self.known = {test for one in told for test, _cost, _size in one["tests"]}
        self.files = {str(ROOT / path): path for path in TASK["files"]}
        self.tests, self.lines, self.reached, self.shared = [], defaultdict(list), set(), 0.0
        monitoring = sys.monitoring
        monitoring.use_tool_id(TOOL, "mutants")
        monitoring.register_callback(TOOL, monitoring.events.LINE, self._line)
        monitoring.set_events(TOOL, monitoring.events.LINE)

    def _line(self, code, line):
        if path := self.files.get(code.co_filename):
            self.reached.add((path, line))
        return sys.monitoring.DISABLE

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        """What is made once for all tests is reached by no single one of them."""
        before, begun = set(self.reached) if fixturedef.scope == "session" else None, _cpu()
        try:
            return (yield)
        finally:
            if before is not None:
                self._write(self.reached - before, test=-1)
                self.reached, self.shared = before, self.shared + _cpu() - begun
                sys.monitoring.restart_events()

    def pytest_collection_modifyitems(self, items):
        items[:] = [item for item in items if item.nodeid not in self.known]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        self.reached, self.shared, begun = set(), 0.0, _cpu()
        sys.monitoring.restart_events()
        item.config.hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, nextitem=nextitem)
        item.config.hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        reached, self.reached, seconds = self.reached, set(), _cpu() - begun - self.shared
        if all(report.passed for report in reports):
            self._write(reached, test=len(self.tests))
            self.tests.append([item.nodeid, round(seconds, 3), len(reached)])
        if len(self.tests) % 300 == 0:
            self.pytest_sessionfinish()
        return True

    def _write(self, reached, *, test):
        for path, line in reached:
            self.lines[f"{path}:{line}"].append(test)

    def pytest_sessionfinish(self):
        if self.tests:
            file = self.folder / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{os.getpid()}.json"
            new = file.with_suffix(".new")
            new.write_text(json.dumps({"tests": self.tests, "lines": self.lines}))
            new.replace(file)


def _cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def pytest_configure(config):
    config.pluginmanager.register(Recorder() if "map" in TASK else Runner())
    if "map" not in TASK:  # after the suite has chosen its profile: the same examples each time
        settings.register_profile("mutants", settings(), deadline=None, derandomize=True, database=None)
        settings.load_profile("mutants")


if "map" not in TASK:
    if TASK.get("cpu"):
        resource.setrlimit(resource.RLIMIT_CPU, (TASK["cpu"], TASK["cpu"] + 5))
    if TASK.get("fault"):
        sys.meta_path.insert(0, Faulty(**TASK["fault"]))
