"""Only public names of other packages: one that begins with an underscore, or lies in `internal`, may go in any version."""

import ast
import importlib
import inspect
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("config", "events", "registration", "prizes", "tests")
# Documented all the same: by Django for models and managers, by Python for named tuples.
DOCUMENTED = {"_meta", "_default_manager", "_base_manager", "_asdict", "_replace"}
# At most five that no public name does.
NEEDED = {
    "_check_import_id_fields": "django-import-export names columns that are missing in words of its own; ours were said before",
    "_changelist_filters": "Django's admin names the list that a page came from so; what leads to a page names it too",
    "_formats": "tablib cannot be told to leave a format out, and would load openpyxl into every process",
    "_password_reset_key": "allauth keeps a secret under it in the session, which is sealed there",
    "_raw_delete": "rows go together that name each other; Django's delete() would ask for each, and refuse",
}


def sources():
    listed = subprocess.check_output(
        ["git", "ls-files", "--", *(f"{app}/*.py" for app in OURS[:-1])], cwd=ROOT, text=True
    )
    return {name: (ROOT / name).read_text() for name in listed.split()}


def is_private(name):
    return name.startswith("_") and not name.startswith("__") and name != "_"


def own_names(trees):
    """What our classes have, and what is written into objects: not functions of modules."""
    found = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.ClassDef):
            found |= {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
            found |= {name.id for one in node.body for name in ast.walk(one) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setattr":
            found.add(getattr(node.args[1], "value", ""))
    return found


def imported(node):
    """What an import of another package names, part by part."""
    if isinstance(node, ast.Import):
        paths = [alias.name for alias in node.names]
    else:
        paths = [f"{node.module}.{alias.name}" for alias in node.names] if node.level == 0 else []
    return [path for path in paths if path.partition(".")[0] not in OURS]


def foreign_names(sources):
    """The private names of other packages in sources: attributes, imports, and texts that name an attribute."""
    trees = {name: ast.parse(text) for name, text in sources.items()}
    own, found = own_names(trees.values()), set()
    for name, tree in trees.items():
        parts_of_texts = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and is_private(node.attr):
                found.add((name, node.attr))
            elif isinstance(node, ast.Import | ast.ImportFrom):
                steps = [step for path in imported(node) for step in path.split(".")]
                found |= {(name, step) for step in steps if is_private(step) or step == "internal"}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts_of_texts:
                found |= {(name, node.value)} if re.fullmatch(r"_[a-z]+(_[a-z]+)+", node.value) else set()
    return {(name, word) for name, word in found if word not in own | DOCUMENTED}


def overridden(classes):
    """The private names of bases of other packages that classes of ours define anew."""
    return {
        (one.__qualname__, name)
        for one in classes
        for tree in ast.walk(ast.parse(inspect.cleandoc("\n" + inspect.getsource(one))))
        if isinstance(tree, ast.FunctionDef) and is_private(name := tree.name)
        for base in one.__mro__[1:]
        if base.__module__.partition(".")[0] not in OURS and name in vars(base)
    }


def own_classes():
    for name in sources():
        if "/migrations/0" not in name:
            module = importlib.import_module(name.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
            yield from (
                one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == module.__name__
            )


def test_private_names_of_other_packages_are_those_of_the_list():
    found = foreign_names(sources()) | overridden(own_classes())

    assert sorted(one for one in found if one[1] not in NEEDED) == []
    assert {word for _name, word in found} == {*NEEDED}  # what is not needed any more goes from it
    assert len(NEEDED) <= 5


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("site._registry.items()", "_registry"),
        ("from allauth.account.internal.flows.login import record_authentication", "internal"),
        ("from allauth.account import internal", "internal"),
        ("from tablib.formats._xlsx import XLSXFormat", "_xlsx"),
        ("import psycopg._connection_base", "_connection_base"),
        ("user = getattr(request, '_cached_user', None)", "_cached_user"),
        ("def _registry(): pass\nsite._registry", "_registry"),  # a function of that name makes it none of ours
    ],
)
def test_private_name_is_found(line, found):
    assert foreign_names({"one.py": line}) == {("one.py", found)}


@pytest.mark.parametrize(
    "line", ["row._meta.label", "one._replace(a=1)", "from events.x import _y", "name = f'{a}_by_b'"]
)
def test_what_is_documented_or_our_own_is_none(line):
    assert foreign_names({"one.py": line}) == set()


class Overriding(ast.NodeVisitor):
    pass


class Reads(inspect.Signature):
    def _bind(self):
        pass


def test_overridden_private_method_is_found():
    assert overridden([Overriding, Reads]) == {("Reads", "_bind")}
