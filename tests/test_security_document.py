"""docs/security.md: every test that it names is there, every figure is the code's, every list is whole."""

import importlib
import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.urls import URLPattern, get_resolver

ROOT = Path(__file__).resolve().parent.parent
APPS = ("events", "registration", "prizes")
NEEDED = 180  # rows that a test shows
LEVELS = {"1": 70, "2": 183}  # requirements of ASVS 5.0.0


@pytest.fixture(scope="module")
def text():
    return (ROOT / "docs" / "security.md").read_text()


def part(text, title):
    """The text below a heading, to the next one."""
    return re.split(r"^#+ ", text.split(f"\n## {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def table(text, title):
    lines = [line for line in part(text, title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def all_tests():
    listed = subprocess.check_output(["git", "ls-files", "tests/*.py"], cwd=ROOT, text=True).split()
    named = re.compile(r"^def (test_\w+)\(", re.MULTILINE)
    return {f"{name}::{test}" for name in listed for test in named.findall((ROOT / name).read_text())}


def test_every_test_that_is_named_exists(text):
    named = set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", text))

    assert named - all_tests() == set()
    assert len(named) > 100


REQUIREMENT = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([123]) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def test_every_requirement_has_a_row_and_enough_are_shown(text):
    rows = REQUIREMENT.findall(text)
    left_out = {
        level: re.findall(r"\d+\.\d+\.\d+", line) for level, line in re.findall(r"^- Level ([12]): (.+)$", text, re.M)
    }
    ids = [name for name, *_row in rows] + [name for names in left_out.values() for name in names]

    assert len(ids) == len(set(ids))
    for level, number in LEVELS.items():
        assert sum(of == level for _id, of, *_row in rows) + len(left_out[level]) == number
    shown = [name for name, _level, _words, by in rows if "::" in by]
    rest = [by for _id, _level, _words, by in rows if "::" not in by]
    assert [by for by in rest if not by.startswith("not shown")] == []
    assert len(shown) >= NEEDED
    basic = {name for name, level, *_row in rows if level in LEVELS}
    assert f"{len(basic)} apply, {len(basic & {*shown})} are shown" in text


# --- figures ---------------------------------------------------------------------------------------
def limit_of(where):
    """What the code says: a setting, a constant of a module, or how long a column may be."""
    if found := re.fullmatch(r"settings\.(\w+)(?:\[\"(\w+)\"\])?", where):
        value = getattr(settings, found[1])
        return str(value[found[2]] if found[2] else value)
    if found := re.fullmatch(r"(\w+\.[A-Z]\w+)\.(\w+)", where):
        field = apps.get_model(found[1])._meta.get_field(found[2])
        limits = [one.limit_value for one in field.validators if isinstance(one, MaxLengthValidator)]
        return str(min(limits))
    module, _dot, name = where.rpartition(".")
    value = getattr(importlib.import_module(module), name)
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)


def test_limits_of_the_document_are_those_of_the_code(text):
    rows = table(text, "Limits")

    assert {where: value for _what, value, where in rows} == {
        where: limit_of(where.strip("`")) for *_told, where in rows
    }
    assert len(rows) > 30


def test_rules_of_what_must_agree_are_those_of_the_database(text):
    named = re.findall(r"`(\w+)`", part(text, "What must agree"))
    there = {one.name for model in apps.get_models() for one in model._meta.constraints}

    assert set(named) - there == set()
    assert len(named) > 8


# --- lists -----------------------------------------------------------------------------------------
def addresses(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}"
        else:
            yield from addresses(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)


def test_ways_in_are_those_of_the_document(text):
    """Every page of accounts is named: as a way in, or as none."""
    told = set(re.findall(r"`((?:account|mfa|usersessions|admin:log)\w+)`", part(text, "Ways in")))
    there = {name for name in addresses() if re.match("account_|mfa_|usersessions_|admin:log", name)}

    assert told == there


def test_every_model_has_its_level_of_protection(text):
    rows = {level: set(re.findall(r"`(\w+\.\w+)`", models)) for level, models, *_rest in table(text, "Data")}
    models = {
        f"{model._meta.app_label}.{model.__name__}": model
        for app in APPS
        for model in apps.get_app_config(app).get_models()
    }

    named = [name for group in rows.values() for name in group]
    assert len(named) == len(set(named))
    assert set(named) - models.keys() == set()
    assert list(rows) == ["public", "secret", "personal"]
    assert rows["personal"] == set()  # whatever is not named above
    people = {
        f"{name}.{field.name}"
        for name in rows["public"]
        for field in models[name]._meta.fields
        if field.name in {"email", "address", "birth", "phone"}
        or (field.is_relation and field.related_model.__name__ == "User")
    }
    assert people <= {"events.Release.by"}


def test_keys_and_algorithms_are_those_of_the_document(text):
    """Every module that signs, seals or hashes with a key stands in the table."""
    told = {where.strip("`"): algorithm for _what, algorithm, where, *_rest in table(text, "Keys")}
    listed = subprocess.check_output(
        ["git", "ls-files", *(f"{app}/*.py" for app in ("config", *APPS))], cwd=ROOT, text=True
    )
    sources = {name: (ROOT / name).read_text() for name in listed.split() if "/migrations/" not in name}
    keyed = re.compile(
        r"hmac\.(?:new|digest)\(|salted_hmac\(|ChaCha20Poly1305\(|encrypt_file\(|Ed25519PrivateKey\.|signing\.(?:dumps|loads|Signer|TimestampSigner)\("
    )

    found = {name for name, source in sources.items() if keyed.search(source)}

    assert found == {name for name in told if name.endswith(".py")}
