"""What the sources never do, whatever somebody sends: each check is shown to find a line that does it."""

import ast
import functools
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "events", "registration", "prizes")
# Statements that are put together, and of what: names of ours, never what somebody sent.
PUT_TOGETHER = {
    "config/backup/after_restore.py": "tables of the data model",
    "config/backup/sqlite.py": "tables of the data model",
    "config/deploys/gentle_migrations.py": "hands on what Django wrote; a number",
    "config/monitoring/parts.py": "a number and a function of ours",
    "events/mail/outbox.py": "a table of ours",
    "events/staff/lists/list_dates.py": "hands on what Django wrote; a number",
    "prizes/chain/closing_time.py": "one of two functions",
    "prizes/count/counting_sql.py": "columns of ours",
    "prizes/fair_play/close_edition.py": "columns of ours",
    "registration/attendance/tally.py": "a table and columns of ours",
    "registration/statistics/cross_tables.py": "columns of ours",
}
DANGEROUS = {
    *("eval", "exec", "__import__", "os.system", "os.popen", "pickle.loads", "pickle.load", "marshal.loads"),
    *("yaml.load", "shelve.open", "Template", "engines.from_string", "Engine.from_string"),
}
WEAK = {"md5", "sha1", "sha_1", "new", "des", "arc4", "ecb"}
# Who speaks to other machines: mail to the one server of the settings.
CLIENTS = {
    "smtplib": {
        "events/mail/sender.py",
        "events/mail/refusals.py",
        "config/monitoring/scrubbing.py",
    },
    "urllib.request": set(),
    "http.client": set(),
    "requests": set(),
    "httpx": set(),
    "urllib3": set(),
    "ftplib": set(),
    "xmlrpc": set(),
}


def modules():
    listed = subprocess.check_output(["git", "ls-files", "--", *(f"{app}/*.py" for app in APPS)], cwd=ROOT, text=True)
    return {name: (ROOT / name).read_text() for name in listed.split() if "/migrations/" not in name}


def dotted(node):
    """The name of what is called, `a.b.c` at the most."""
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def calls(source):
    return [(dotted(node.func), node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


@functools.cache
def imports(source):
    """The names that a source imports; each source is read once for all tests here."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


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


def runs_code(source):
    shell = [name for name, node in calls(source) if any(k.arg == "shell" for k in node.keywords)]
    return [name for name, _node in calls(source) if name in DANGEROUS] + shell


def puts_statements_together(source):
    asked = {"execute", "executemany", "raw", "extra", "RawSQL"}
    found = [node for name, node in calls(source) if name.rpartition(".")[2] in asked and node.args]
    return [ast.unparse(node) for node in found if not is_fixed(node.args[0])]


def weak_hashes(source):
    named = [name for name, _node in calls(source) if name.startswith("hashlib.") and name[8:] in WEAK]
    keyed = [name for name, node in calls(source) if name.endswith("salted_hmac") and "sha" not in ast.unparse(node)]
    return named + keyed + re.findall(r"[\"'](?:md5|sha1|sha-1)[\"']", source)


def loose_patterns(source):
    verbs = {
        f"re.{verb}" for verb in ("compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer")
    }
    paths = (".iterfind", ".findtext")  # into a document of XML
    found = [node.args[0] for name, node in calls(source) if node.args and (name in verbs or name.endswith(paths))]
    return [ast.unparse(one) for one in found if not is_fixed(one) and "re.escape" not in ast.unparse(one)]


def test_no_code_is_made_of_what_is_sent():
    assert {name: found for name, source in modules().items() if (found := runs_code(source))} == {}
    for line in ("eval(x)", "os.system(x)", "pickle.loads(x)", "subprocess.run(x, shell=True)", "Template(x)"):
        assert runs_code(line) != [], line


def test_statements_take_what_is_sent_as_parameters():
    found = {name for name, source in modules().items() if puts_statements_together(source)}

    assert found - PUT_TOGETHER.keys() == set()
    for line in ('c.execute(f"SELECT {x}")', 'rows.raw("SELECT " + x)', 'RawSQL("a = %s" % x, [])', "c.execute(sql)"):
        assert puts_statements_together(line) != [], line
    assert puts_statements_together('c.execute("SELECT %s", [x])') == []


def test_hashes_are_of_the_sha_2_family():
    apps_only = {
        "registration/accounts/second_factor/app_codes.py"
    }  # HMAC-SHA-1, which is all that authenticator apps know (RFC 4226)
    assert {name for name, source in modules().items() if weak_hashes(source)} == apps_only
    for line in ("hashlib.md5(x)", "hashlib.new(x)", 'salted_hmac("a", b)', 'f(x, "sha1")'):
        assert weak_hashes(line) != [], line


def test_secrets_come_from_the_generator_for_secrets():
    """`random` draws samples, and the assignments of experts, whose seed is published."""
    found = {name for name, source in modules().items() if {"random", "random.Random"} & imports(source)}

    assert {name for name in found if "sample" not in name} == {"prizes/review/draw.py"}


def test_encryption_is_that_of_one_library_and_authenticates():
    used = {name for source in modules().values() for name in imports(source) if name.startswith("cryptography.")}

    recipes = {"cryptography.hazmat.primitives.ciphers.aead", "cryptography.fernet", "cryptography.exceptions"}
    recipes |= {"cryptography.hazmat.primitives.asymmetric.ed25519"}  # of tickets
    assert {name for name in used if not name.startswith(tuple(recipes))} == set()


def test_site_speaks_to_no_address_that_people_gave():
    sources = modules()
    found = {client: {n for n, s in sources.items() if client in imports(s)} for client in CLIENTS}

    assert found == CLIENTS


def test_patterns_are_written_in_the_source():
    found = {name: loose for name, source in modules().items() if (loose := loose_patterns(source))}

    assert found.keys() == {
        "config/middleware.py",  # paths of its own table
        "events/forums/left_over.py",  # years, and an address, escaped
        "events/redaction.py",  # names and addresses, each escaped
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
