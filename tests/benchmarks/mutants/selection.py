"""Which tests are asked about a fault: those that reach its line, the ones that care most about its module first."""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

SECONDS = 20
TESTS = 40


def files_of(patterns):
    """The modules that fit the patterns ("-" in front: not these), as paths from the root."""
    root = Path.cwd()
    found = set()
    for pattern in patterns:
        paths = {str(path.relative_to(root)) for path in root.glob(pattern.removeprefix("-"))}
        if not paths and pattern[0] != "-":
            sys.exit(f"No module fits {pattern}.")
        found = found - paths if pattern.startswith("-") else found | paths
    return sorted(path for path in found if path.endswith(".py"))


class Reach:
    """What the run of the whole suite wrote down: the tests of each line, and what each test costs in seconds of CPU."""

    def __init__(self, folder, root):
        self.root, self.cost, self.size = root, {}, {}
        self.lines = defaultdict(lambda: defaultdict(set))
        for file in sorted(folder.glob("*.json")):
            told = json.loads(file.read_text())
            names = [name for name, _cost, _size in told["tests"]]
            for name, cost, size in told["tests"]:
                self.cost[name], self.size[name] = cost, size
            for place, tests in told["lines"].items():
                path, _colon, line = place.rpartition(":")
                self.lines[path][int(line)] |= {names[test] if test >= 0 else None for test in tests}
        self.files = sorted({name.split("::")[0] for name in self.cost})

    @property
    def widest(self):
        """The test that reaches most lines: it needs the database."""
        return max(self.size, key=self.size.get)

    def tests(self, path, fault, text):
        """The tests for a fault, fastest first.

        What runs when the module is loaded, or once for all tests, belongs to the tests of the lines that use its
        name, and to those whose file has the words of the changed part (`text`).
        """
        reached = self._on(path, fault.lines) or self._on(path, fault.header)
        if not fault.is_in_function or None in reached:
            reached |= self._users(path, fault) or {test for line in self.lines[path].values() for test in line}
            ranked = self._ranked(reached - {None}, path, seconds=SECONDS / 2)
            ranked |= self._ranked(self._with_words(text) - ranked, path, seconds=SECONDS / 2)
        else:
            ranked = self._ranked(reached, path, seconds=SECONDS)
        return sorted(ranked, key=self.cost.get)

    def _on(self, path, lines):
        return set().union(*(self.lines[path].get(line, ()) for line in lines))

    def _users(self, path, fault):
        """The tests that reach a line with the name that the statement defines."""
        targets = getattr(fault.statement, "targets", [getattr(fault.statement, "target", fault.statement)])
        names = [getattr(target, "id", getattr(target, "name", None)) for target in targets]
        word = re.compile(rf"\b({'|'.join(name for name in names if name) or '(?!)'})\b")
        found = set()
        for file, lines in self.lines.items():
            source = (self.root / file).read_text().splitlines()
            found |= set().union(*(tests for line, tests in lines.items() if word.search(source[line - 1])))
        return found

    def _with_words(self, text):
        words = _words(text)
        score = {
            file: len(words & set(re.findall(r"\w{4,}", (self.root / file).read_text().lower()))) for file in self.files
        }
        best = sorted(self.files, key=lambda file: -score[file])[:6]
        return {test for test in self.cost if test.split("::")[0] in best}

    def _ranked(self, tests, path, *, seconds):
        """Up to `seconds` of tests (one at least): a case of each function before its second, most of its own lines first."""
        own = defaultdict(int)
        for reached in self.lines[path].values():
            for test in reached & tests:
                own[test] += 1
        cases = defaultdict(int)
        order = []
        for test in sorted(tests, key=lambda test: (-own[test] / max(1, self.size[test]), self.cost[test], test)):
            function = test.partition("[")[0]
            order.append((cases[function], len(order), test))
            cases[function] += 1
        chosen, spent = set(), 0.0
        for _case, _rank, test in sorted(order):
            if not chosen or (spent + self.cost[test] <= seconds and len(chosen) < TESTS):
                chosen.add(test)
                spent += self.cost[test]
        return chosen


def _words(text):
    return set(re.findall(r"\w{4,}", text.lower()))
