"""Every verb of every rule writes the history: what changes rows and stays silent is named here, with its reason."""

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from events import hooks
from events.history import verbs

ROOT = Path(verbs.__file__).parents[2]
APPS = ("events", "registration", "prizes")
WRITERS = {"record", "record_many", "entry"}


@cache
def parsed(module):
    found = find_spec(module)
    return ast.parse(Path(found.origin).read_text()) if found and found.origin else ast.parse("")


@cache
def imported(module):
    """The names that a module imports from ours: name → the module, or the module and the function, that it means."""
    found = {}
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in APPS:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = (ROOT / (whole.replace(".", "/") + ".py")).exists()
                found[alias.asname or alias.name] = (whole, None) if is_module else (node.module, alias.name)
    return found


@cache
def functions(module):
    return {node.name: node for node in ast.walk(parsed(module)) if isinstance(node, ast.FunctionDef)}


@cache
def writes(module, name):
    """Whether a function writes an entry, itself or through a function of ours that it calls."""
    return _writes(module, name, seen=set())


def _writes(module, name, *, seen):
    if (module, name) in seen or name not in functions(module):
        return False
    seen.add((module, name))
    for call in (node.func for node in ast.walk(functions(module)[name]) if isinstance(node, ast.Call)):
        if isinstance(call, ast.Attribute) and call.attr in WRITERS and isinstance(call.value, ast.Name):
            return True
        if isinstance(call, ast.Name):
            target = imported(module).get(call.id, (module, call.id))
        elif isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name) and call.value.id in imported(module):
            target = (imported(module)[call.value.id][0], call.attr)
        elif isinstance(call, ast.Attribute) and isinstance(call.value, ast.Call):
            target = (module, call.attr)  # Store(…).write()
        else:
            continue
        if target[1] and _writes(*target, seen=seen):
            return True
    return False


def test_each_verb_has_one_meaning():
    found = [verb for choices in hooks.verbs.of() for verb in choices.values]

    assert len(found) == len(set(found)) > 50
