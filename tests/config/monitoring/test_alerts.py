"""The sample of alert rules names what /metrics shows, and what the drill speaks of."""

import re

import pytest
import yaml
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from config.monitoring import metrics, parts
from events.models import Message
from tests.factories import MessageFactory

DOCS = settings.BASE_DIR / "docs"
RULES = [
    rule for group in yaml.safe_load((DOCS / "deploy" / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in RULES}


@pytest.fixture
def samples(client, transactional_db, settings, tmp_path, monkeypatch):
    """What /metrics shows of a site on which everything has happened once."""
    settings.DATA_DIR = tmp_path
    counted = metrics.Counted()
    monkeypatch.setattr(metrics, "_numbers", counted)
    monkeypatch.setattr("config.monitoring.exposition._known._asked_at", float("-inf"))
    metrics.observe_request("finished", 500, 0.1)
    metrics.observe_task("events.tasks.deliver_due", "failed", 0.1)
    metrics.count_choice()
    MessageFactory(state="failed")
    parts.heartbeats.write("worker", node="one", queues=["bulk"])
    text = client.get("/metrics").content.decode()
    counted.close()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


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


def test_every_value_of_a_label_exists():
    every = {"web", "database", "broker", *parts.known_by_database()}
    named = {value for expr in EXPRESSIONS.values() for value in re.findall(r'part=~?"([^"]+)"', expr)}
    states = {value for expr in EXPRESSIONS.values() for value in re.findall(r'state="([^"]+)"', expr)}

    assert {value for value in named if not any(re.fullmatch(value, part) for part in every)} == set()
    assert states <= set(Message.State.values)
    # What the site needs, and what can be late, has a rule; the clock has a metric of its own.
    assert {part for part in every - {"clock"} if not any(re.fullmatch(value, part) for value in named)} == set()


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_rule_is_whole_and_its_heading_stands_in_the_drill(rule):
    assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"].endswith((".", "rights."))
    assert [rule["expr"].count(one) for one in "({["] == [rule["expr"].count(one) for one in ")}]"]
    for heading in re.findall(r"“([^”]+)”", rule["annotations"].get("runbook", "")):
        assert f"## … {heading}\n" in (DOCS / "drill.md").read_text()
