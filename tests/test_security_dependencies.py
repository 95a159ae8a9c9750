"""docs/dependencies.md says of each direct dependency why it is there, who keeps it, and what would replace it."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| `([\w.-]+)` \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def names(requirements):
    return {re.match(r"[\w.-]+", line)[0] for line in requirements}


def test_every_direct_dependency_is_answered_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "docs" / "dependencies.md").read_text()
    site, tests = text.split("## What the site runs on")[1].split("## What only the tests need")

    rows = [ROW.findall(part) for part in (site, tests)]

    assert [{name for name, *_told in part} for part in rows] == [
        names(project["dependencies"]),
        names(project["optional-dependencies"]["test"]),
    ]
    assert [row for part in rows for row in part if not all(cell.strip(" –-") for cell in row)] == []


def test_every_pin_has_a_hash_and_a_version():
    for name in ("requirements.txt", "tests/requirements.txt"):
        pins = re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text())
        packages = [pin for pin in pins if re.match(r"[a-z0-9]", pin)]

        assert len(packages) > 50
        assert [p.split()[0] for p in packages if not re.match(r"[\w.-]+==\S+", p) or "--hash=sha256:" not in p] == []
        assert "://" not in "".join(packages)  # no address of its own: everything comes from the one index
