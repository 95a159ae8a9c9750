"""What holds for the project as a whole: its migrations, settings, imports, documents and files."""

import ast
import functools
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command

from tests import data_model

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "events", "registration", "prizes")
LINES = 400
MODULES = 15
BODY = 40


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def faults(paths, pattern):
    """Lines of the files in which the pattern is found, as "file:line: text"."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_no_migration_is_missing(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_deployment_check_is_clean(tmp_path):
    # What a browser fixture of the same process has set would be a warning of its own.
    ours = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    production = ours | {
        "BASE_URL": "https://forum.example.org",
        "ALLOWED_HOSTS": "forum.example.org",
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": "a-long-key-of-no-use-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF",
        "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
    }

    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=production,
        capture_output=True,
        text=True,
    )

    assert (checked.returncode, checked.stderr) == (0, ""), checked.stderr


def test_every_setting_is_documented():
    settings = (ROOT / "config" / "settings.py").read_text()
    names = set(re.findall(r"env(?:\.\w+)?\(\s*\"([A-Z_]+)\"", settings))

    missing = names - set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "operations.md").read_text()))

    assert missing == set()


@functools.cache
def modules():
    """The modules of the site, without migrations and without the files that only make a folder a package."""
    code = [path for app in APPS for path in tracked(f"{app}/*.py")]
    return [path for path in code if "migrations" not in path.parts and path.name != "__init__.py"]


def test_no_folder_is_crowded_and_none_holds_one_module_alone():
    theirs = {"commands", "templatetags", "en", "fr", "ar"}  # Django looks for these folders
    beside = Counter(path.parent for path in modules() if path.parent.name not in theirs)

    assert {str(folder.relative_to(ROOT)): n for folder, n in beside.items() if not 2 <= n <= MODULES} == {}


def test_every_room_has_its_floor_in_the_import_contracts():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = {
        app: set(re.findall(r"[\w.]+", " ".join(c["layers"]))) for c in contracts for app in c.get("containers", [])
    }
    rooms = {
        (path.parts[0], path.parts[1], ".".join(path.parts[1:3]))
        for path in (path.relative_to(ROOT).with_suffix("") for path in modules())
        if path.parts[0] in floors
    }

    assert [f"{app}.{part}" for app, room, part in sorted(rooms) if not {room, part} & floors[app]] == []


def is_edge(module):
    """Whether a module takes requests or wake-ups: addresses, views, admin, tasks. A rule never imports one."""
    name = module.rpartition(".")[2]
    return bool(re.fullmatch(r"urls|tasks|(\w+_)?(views|admin)|admin_(pages|actions)", name))


@functools.cache
def names_of_modules():
    return {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in modules()}


def imported(path):
    """The modules of the site that a module imports."""
    named = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ImportFrom) and n.module]
    return {name for n in named for name in (n.module, *(f"{n.module}.{a.name}" for a in n.names))} & names_of_modules()


def test_rules_import_no_edge():
    roots = {"apps", "admin", "urls", "tasks"}
    rules = [path for path in modules() if not is_edge(path.stem) and path.stem not in roots]

    found = {str(path.relative_to(ROOT)): {m for m in imported(path) if is_edge(m)} for path in rules}

    assert {path: edges for path, edges in found.items() if edges} == {}


def test_tests_mirror_the_rooms():
    folders = {path.parent for app in APPS for path in tracked(f"tests/{app}/*.py")}

    assert [str(f) for f in folders if not (ROOT / f.relative_to(ROOT / "tests")).is_dir()] == []


def test_documents_link_to_files_that_exist():
    broken = [
        f"{path.relative_to(ROOT)}: {link}"
        for path in tracked("*.md")
        for link in re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", path.read_text())
        if not (path.parent / link).exists()
    ]

    assert broken == []


def test_documents_name_files_that_exist():
    documents = [ROOT / "docs" / name for name in ("where-do-i-change.md", "architecture.md")] + [
        ROOT / "CONTRIBUTING.md"
    ]
    pattern = rf"`((?:{'|'.join(APPS)}|templates|docs|tests)/[\w/.-]+)`"
    named = {name for path in documents for name in re.findall(pattern, path.read_text())}

    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
    assert len(named) > 25


def test_drawing_of_the_data_model_is_fresh():
    assert data_model.FILE.read_text() == data_model.drawing(), f"Run {data_model.__doc__}"


def test_templates_hold_no_inline_style_or_script():
    # Mails are no pages: mail programs read only inline styles, and no script at all.
    pages = [path for path in tracked("templates/*.html", "templates/*.txt") if "mail" not in path.parts]

    inline = faults(pages, r"\sstyle=|<style|\son[a-z]+=\"|javascript:|<script(?![^>]*\ssrc=)[^>]*>")

    assert inline == []


@pytest.mark.parametrize(
    "command",
    [
        "ruff check .",
        "ruff format --check .",
        "djangofmt --check templates",
        "oxfmt --check config/static",
        "lint-imports --no-cache",
    ],
)
def test_linters_find_nothing(command):
    program, *arguments = command.split()
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_lines_of_templates_are_not_long():
    assert faults(tracked("templates/*.html", "templates/*.txt"), r"^.{161,}") == []


def test_no_file_names_a_workplace():
    words = "|".join(["/" + "work/", "/" + "opt/wheels", "index" + "-url", "artifact" + "ory", "/" + "root/"])
    text = [p for p in tracked() if p.suffix in {".py", ".md", ".html", ".txt", ".toml", ".json", ".po", ".css", ""}]

    assert faults(text, words) == []


def test_modules_are_not_long():
    code = [path for app in APPS for path in tracked(f"{app}/*.py") if "migrations" not in path.parts]

    long = {str(p.relative_to(ROOT)): n for p in code if (n := len(p.read_text().splitlines())) > LINES}

    assert long == {}


def test_functions_are_not_long():
    code = [path for app in APPS for path in tracked(f"{app}/*.py") if "migrations" not in path.parts]

    long = {name: n for path in code for name, n in bodies(path).items() if n > BODY}

    assert long == {}


def bodies(path):
    """Function → lines of its body: what stands below the signature and its docstring, without blank lines."""
    lines, found = path.read_text().splitlines(), {}
    for node in ast.walk(ast.parse("\n".join(lines))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) else node.body
        theirs = lines[body[0].lineno - 1 : node.end_lineno] if body else []
        found[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = sum(bool(line.strip()) for line in theirs)
    return found
