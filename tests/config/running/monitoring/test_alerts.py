"""The sample of alert rules names what /metrics shows, and what the drill speaks of."""

import re

import pytest
import yaml
from django.conf import settings
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config.running.monitoring import last_runs, metrics, parts
from events.models.columns import Concern

DOCS = settings.BASE_DIR / "docs"
RULES = [
    rule for group in yaml.safe_load((DOCS / "deploy" / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in RULES}


@pytest.fixture
def samples(client, db, now):
    """What /metrics shows of a site on which everything has happened once."""
    metrics.observe_request("finished", 500, 0.1)
    metrics.count_choice()
    for name in ("events.tasks.deliver_due", "beat", "backup"):
        for has_failed in (True, False):
            last_runs.note(name, now=now, has_failed=has_failed)
    text = client.get("/metrics").content.decode()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


@pytest.fixture
def now():
    return timezone.now()


def test_every_metric_and_label_of_a_rule_is_there(samples):
    labels = {}
    for sample in samples:
        labels.setdefault(sample.name, set()).update(sample.labels)
    named = {name for expr in EXPRESSIONS.values() for name in re.findall(r"\bwsis_\w+", expr)}
    asked = {
        (name, label)
        for expr in EXPRESSIONS.values()
        for name, inside in re.findall(r"\b(wsis_\w+)\{([^}]*)\}", expr)
        for label in re.findall(r"(\w+)(?:=~|!~|!=|=)", inside)
    }

    assert named - set(labels) == set()
    assert {(name, label) for name, label in asked if label not in labels[name]} == set()
    assert len(named) >= 7


def named(label, sign):
    return {value for expr in EXPRESSIONS.values() for value in re.findall(rf'\b{label}{sign}"([^"]+)"', expr)}


def test_every_value_of_a_label_exists(samples, now):
    every = {state.part for state in parts.all_states(now)}
    of_parts = named("part", "=~?")
    views = {pattern.name for pattern in get_resolver().url_patterns if isinstance(pattern, URLPattern)}

    assert {value for value in of_parts if not any(re.fullmatch(value, part) for part in every)} == set()
    assert named("concern", "=") <= set(Concern.values)
    assert named("task", "=") == {"backup"}
    assert {kind for one in named("kind", "!~") for kind in one.split("|")} <= views | {"finished", "static"}
    # What the site needs, and what can be late, has a rule; clock, jobs and backup have a metric of their own.
    own = {"clock", "jobs", "backup"}
    assert {part for part in every - own if not any(re.fullmatch(value, part) for value in of_parts)} == set()
