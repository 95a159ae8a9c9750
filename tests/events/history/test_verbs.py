"""Every verb of every rule writes the history: what changes rows and stays silent is named here, with its reason."""

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from events import hooks
from events.history import verbs
from prizes.editions.verbs import PrizeVerb
from prizes.review import assignments

ROOT = Path(verbs.__file__).parents[2]
APPS = ("events", "registration", "prizes")
NO_RULES = {"migrations", "models", "sample", "management", "views", "admin", "tasks", "api", "history"}
WRITERS = {"record", "record_many", "entry"}

# Verbs that write no entry: module and function, each with the reason.
SILENT = {
    "events.proposals.submission.save": "a draft that saves itself while it is written; submitting it is written",
    "events.outcomes.report.session_reports.save": "a draft that saves itself while it is written; submitting it is written",
    "events.proposals.decisions.comment": "said, not done: a comment",
    "events.staff.admin_bases.delete_queryset": "the page that deletes writes it",
    "events.exchange.import_jobs.ask": "asked for, not done: the worker that brings the file in writes it",
    "prizes.chain.chain.open_chain": "the chain is the log of the vote",
    "prizes.chain.chain.seal": "the chain is the log of the vote",
    "prizes.scheduler.seal_hour": "the chain is the log of the vote",
    "prizes.count.counting.write_results": "a part of `count`, which writes it",
    "prizes.nominations.submission.save": "a draft that saves itself while it is written; submitting it is written",
    "prizes.results.certificates.issue": "follows from an announcement, which is written",
    "prizes.review.criteria.ensure": "the usual criteria, there when somebody first looks",
    "registration.registering.invited.accept": "the draft of a registration; registering is written",
    "registration.accounts.second_factor.app_codes.use": "a part of logging in, which is written",
    "registration.data_rights.erased_list.ask_again": "after a restore; the erasure that follows is written",
    "registration.statistics.timezone_counts.recount": "figures, counted anew from rows whose changes are written",
    "registration.attendance.publishing.publish": "figures, moved by themselves from rows whose changes are written",
    "prizes.vote.cast_vote.begin": "who votes leaves no entry (docs/decisions/0008)",
}


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


def rules():
    """Module and name of each public function that changes rows as one transaction."""
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            if any(part in NO_RULES or part.endswith(("_views", "_admin", "admin_pages")) for part in parts):
                continue
            module = ".".join(parts)
            for name, node in functions(module).items():
                marks = {ast.unparse(mark) for mark in node.decorator_list}
                if "transaction.atomic" in marks and not name.startswith("_"):
                    yield module, name


def test_every_verb_of_every_rule_writes_the_history():
    silent = {f"{module}.{name}" for module, name in rules() if not writes(module, name)}

    assert silent == set(SILENT)


def test_the_search_would_see_a_rule_that_is_silent():
    assert writes("events.schedule.moves", "cancel")
    assert not writes("events.schedule.moves", "check_version")
    assert ("prizes.review.criteria", "save") in set(rules())


def test_each_verb_has_one_meaning():
    found = [verb for choices in hooks.verbs.of() for verb in choices.values]

    assert len(found) == len(set(found)) > 50


def test_every_declared_verb_is_written_somewhere():
    sources = "".join(
        file.read_text() for app in APPS for file in (ROOT / app).rglob("*.py") if file.name != "verbs.py"
    )
    spread = {PrizeVerb(f"assign-{method}") for method in (assignments.EVENLY, assignments.AT_RANDOM)}

    found = {verb for choices in hooks.verbs.of() for verb in choices if f"{choices.__name__}.{verb.name}" in sources}

    assert {verb for choices in hooks.verbs.of() for verb in choices} - found - spread == set()
