"""Whatever is asked of the API, it answers as its description says: never with a 5xx, never with a shape of its own.

schemathesis makes the questions out of the description: each parameter at its edges, values that fit and values that do
not, parameters that are unknown, other methods. The same questions in every run.
"""

import json

import jsonschema
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode

from config import finished_pages
from events.api.schema import description
from events.models import Organisation, Outcome, PracticalPage, Release, Room, SessionType, Speaker, Track
from tests.events.api.worlds import full_session, hide_secrets, release
from tests.factories import AppearanceFactory, OrganisationFactory, SpeakerFactory

SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(description())))
SITE = {}  # the front of the test that runs
SCHEMA.app = lambda environ, start: SITE["front"](environ, start)
# A NUL byte is refused with 400 everywhere (config.middleware), which JSON Schema cannot say.
SCHEMA.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE], allow_x00=False)


def make_the_examples():
    """The rows whose keys the description gives as examples."""
    session = full_session(code="A1B2C3")
    if not Organisation.objects.filter(pk=1).exists():
        session.organisers.add(OrganisationFactory(pk=1))
    if not Speaker.objects.filter(pk=1).exists():
        AppearanceFactory(session=session, speaker=SpeakerFactory(pk=1))
    if not Outcome.objects.filter(pk=1).exists():
        Outcome.objects.create(pk=1, forum=session.forum, kind="launch", title="Guide")
    if not PracticalPage.objects.filter(pk=1).exists():
        PracticalPage.objects.create(pk=1, forum=session.forum, slug="first", title="Venue", is_public=True)
    Room.objects.get_or_create(pk=1, defaults={"forum": session.forum, "name": "Room 1"})
    Track.objects.get_or_create(pk=1, defaults={"forum": session.forum, "name": "Track 1"})
    SessionType.objects.get_or_create(code="thematic_workshop", defaults={"name": "Thematic Workshop"})
    release(session, number=1)


@pytest.fixture
def programme(db, noon, monkeypatch):
    """Rows of every kind behind the real front; all questions of a test in its one transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    monkeypatch.setattr(finished_pages, "close_old_connections", lambda: None)
    session = full_session()
    hide_secrets(session)
    Release.objects.filter(forum=session.forum).update(number=2)
    make_the_examples()
    SITE["front"] = finished_pages.FinishedPages(WSGIHandler())
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@SCHEMA.parametrize()
@settings(
    max_examples=3,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_described(programme, case):
    response = case.call(headers={"Accept-Encoding": "identity"})
    case.validate_response(response)


def _nullable(schema):
    """A schema of OpenAPI 3.0 as JSON Schema says it: there null is a type."""
    if isinstance(schema, list):
        return [_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _nullable(one) for name, one in schema.items() if name != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if schema.get("nullable") is True else inner


def test_every_answer_has_an_example_of_its_shape():
    described = json.loads(json.dumps(description()))
    components = _nullable(described["components"])
    for path, methods in described["paths"].items():
        answer = methods["get"]["responses"]["200"]["content"]["application/json"]
        if path != "/api/v1/":
            (found,) = answer["examples"].values()
            schema = _nullable(answer["schema"]) | {"components": components}
            jsonschema.Draft202012Validator(schema).validate(found["value"])
