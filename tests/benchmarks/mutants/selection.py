"""Which tests are asked about a fault: those that reach its line, the ones that care most about its module first."""

import ast
import json
import re
import sys
from collections import Counter, defaultdict
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

    def tests(self, path, fault):
        """The tests for a fault, fastest first.

        What runs when the module is loaded, or once for all tests, belongs to the tests of the lines that use its
        name, and to the files that have most of the rare words of the module: a table of rights is tested from afar.
        """
        reached = self._on(path, fault.lines) or self._on(path, fault.header)
        if fault.is_in_function and None not in reached:
            ranked = self._ranked(reached, path, seconds=SECONDS)
        else:
            reached |= self._users(path, fault) or {test for line in self.lines[path].values() for test in line}
            ranked = self._ranked(reached - {None}, path, seconds=SECONDS / 2)
            for file in self._kindred(path):
                ranked |= self._ranked(self._of(file) - ranked, path, seconds=SECONDS / 2, most=10 * TESTS)
        return sorted(ranked, key=self.cost.get)

    def _on(self, path, lines):
        return set().union(*(self.lines[path].get(line, ()) for line in lines))

    def _users(self, path, fault):
        """The tests that reach a line with the name that the statement defines, or a line of the function itself."""
        statement = fault.statement
        if isinstance(statement, ast.FunctionDef):
            return self._on(path, range(statement.body[0].lineno, statement.end_lineno + 1))
        if isinstance(statement, ast.TypeAlias):
            statement = statement.name
        targets = getattr(statement, "targets", [getattr(statement, "target", statement)])
        names = [getattr(target, "id", getattr(target, "name", None)) for target in targets]
        word = re.compile(rf"\b({'|'.join(name for name in names if name) or '(?!)'})\b")
        found = set()
        for file, lines in self.lines.items():
            source = (self.root / file).read_text().splitlines()
            found |= set().union(*(tests for line, tests in lines.items() if word.search(source[line - 1])))
        return found

    def _kindred(self, path):
        """The two files of tests that share most words with the module, a rare word counting more."""
        words = {file: _words((self.root / file).read_text()) for file in self.files}
        known = Counter(word for some in words.values() for word in some)
        own = _words((self.root / path).read_text())
        score = {file: sum(1 / known[word] for word in own & some) for file, some in words.items()}
        return sorted(self.files, key=lambda file: -score[file])[:2]

    def _of(self, file):
        return {test for test in self.cost if test.split("::")[0] == file}

    def _ranked(self, tests, path, *, seconds, most=TESTS):
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
            if not chosen or (spent + self.cost[test] <= seconds and len(chosen) < most):
                chosen.add(test)
                spent += self.cost[test]
        return chosen


def _words(text):
    return set(re.findall(r"\w{4,}", text.lower()))
