"""What the sources never do, whatever somebody sends, beyond what ruff finds (its rules S, and what pyproject.toml bans)."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "events", "registration", "prizes")


def modules():
    listed = subprocess.check_output(["git", "ls-files", "--", *(f"{app}/*.py" for app in APPS)], cwd=ROOT, text=True)
    return {name: (ROOT / name).read_text() for name in listed.split() if "/migrations/" not in name}


def dotted(node):
    """The name of what is called, `a.b.c` at the most."""
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def calls(source):
    return [(dotted(node.func), node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


def is_fixed(node):
    """Whether an expression is written in the source: a text, or a constant by its name."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.BinOp):
        return is_fixed(node.left) and is_fixed(node.right)
    if isinstance(node, ast.JoinedStr):
        return all(isinstance(part, ast.Constant) or is_fixed(part.value) for part in node.values)
    if isinstance(node, ast.Subscript):
        return is_fixed(node.value)
    return dotted(node).rpartition(".")[2].isupper()


def loose_patterns(source):
    verbs = {
        f"re.{verb}" for verb in ("compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer")
    }
    paths = (".iterfind", ".findtext")  # into a document of XML
    found = [node.args[0] for name, node in calls(source) if node.args and (name in verbs or name.endswith(paths))]
    return [ast.unparse(one) for one in found if not is_fixed(one) and "re.escape" not in ast.unparse(one)]


def test_patterns_are_written_in_the_source():
    found = {name: loose for name, source in modules().items() if (loose := loose_patterns(source))}

    assert found.keys() == {
        "events/forums/left_over.py",  # years, and an address, escaped
        "events/shared/redaction.py",  # names and addresses, each escaped
        "events/shared/tables/cells.py",  # a sign of ours
        "events/programme/filter_fields.py",  # a field's own, as the form declares it
        "prizes/review/anonymise.py",  # words, each escaped
    }
    assert loose_patterns("re.search(query, text)") == ["query"]


# --- scripts ---------------------------------------------------------------------------------------
NEVER = re.compile(
    r"\beval\(|new Function|document\.write|insertAdjacentHTML|outerHTML|postMessage|\"message\"|__proto__"
)
MARKUP = re.compile(r"\.innerHTML\s*=\s*(.+)")
STORED = re.compile(r"(?:local|session)Storage(?:\.(?:[gs]etItem|removeItem)\(\"(\w+)\"|\.(\w+))")


@pytest.fixture
def scripts():
    return {path.name: path.read_text() for path in (ROOT / "config" / "static").glob("*.js")}


def test_scripts_write_text_as_text(scripts):
    """Markup comes from our own site's answers alone, where a template has escaped it."""
    assert {name: NEVER.findall(text) for name, text in scripts.items() if NEVER.search(text)} == {}
    markup = {name: [line.split(";")[0] for line in MARKUP.findall(text)] for name, text in scripts.items()}
    assert {name: lines for name, lines in markup.items() if lines} == {
        "board.js": ["html"],
        "drafts.js": ["found.others"],
        "hours.js": ["found.html"],
    }
    assert NEVER.search('window.addEventListener("message", f)')


def test_browser_keeps_a_zone_and_a_choice_that_waits_for_the_log_in(scripts):
    kept = {(name, key) for name, text in scripts.items() for keys in STORED.findall(text) for key in keys if key}

    assert {(name, key) for name, key in kept if key not in {"getItem", "setItem", "removeItem"}} == {
        ("site.js", "zone"),
        ("ballot.js", "choice"),
    }
    assert "sessionStorage.removeItem" in scripts["ballot.js"]
