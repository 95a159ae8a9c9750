"""An example of each answer for the description, made from its fields: it cannot say what the answer does not have."""

import re
from typing import Any

from rest_framework import serializers as drf

from events.api import serializers
from events.shared.pages.absolute_urls import absolute

SLOT = re.compile(r"\{0((?:\.\w+)+)\}")
SLOTS = {".slug": "2020", ".forum.slug": "2020", ".code": "A1B2C3", ".file.url": "/media/paper.pdf"}
# What stands in a field of this name; else a value of its kind.
NAMED: dict[str, Any] = {
    "slug": "2020",
    "forum": "2020",
    "forums": [],
    "code": "A1B2C3",
    "title": "Fibre for the north",
    "description": "How villages share a cable.",
    "note": "First version",
    "position": "Director",
    "form_of_address": "Ms",
    "country": "ML",
    "acronym": "ITU",
    "time_zone": "Europe/Zurich",
    "place": "Geneva",
    "language": "fr",
    "action_lines": ["C2"],
    "sdgs": [9],
    "texts": [],
    "report": None,
    "photo": None,
    "session": "A1B2C3",
    "changes": [],
    "timetable": [],
    "languages": ["en"],
    "captioning": ["en"],
    "interpretation": [],
    "guid": "7b1cf5a2-2c1f-4d0f-9a51-9d0f6a4a6a1e",
}


CALLED: dict[type[serializers.Data], str] = {
    serializers.ForumData: "WSIS Forum 2020",
    serializers.OrganisationName: "International Telecommunication Union",
    serializers.TrackName: "Health",
    serializers.RoomName: "Room A",
    serializers.ThemeName: "Access",
    serializers.TypeName: "Workshop",
}


def example(of: drf.BaseSerializer[Any]) -> Any:
    """The example of a serializer: a dictionary, in a list for `many`."""
    if isinstance(of, drf.ListSerializer):
        return [example(of.child)]
    called = next((name for kind, name in CALLED.items() if isinstance(of, kind)), "Awa Diallo")
    return {name: called if name == "name" else _value(name, field) for name, field in of.fields.items()}


def _value(name: str, field: Any) -> Any:
    if isinstance(field, drf.BaseSerializer):
        return example(field)
    if name in NAMED:
        return NAMED[name]
    if isinstance(field, drf.ChoiceField):
        return next(iter(field.choices))
    for kind, value in KINDS.items():
        if isinstance(field, kind):
            return value
    return (
        absolute(SLOT.sub(lambda slot: SLOTS.get(slot[1], "1"), field.path))
        if isinstance(field, serializers.Address)
        else ""
    )


KINDS: dict[type[drf.Field[Any, Any, Any, Any]], Any] = {
    drf.BooleanField: False,
    drf.IntegerField: 1,
    drf.DateTimeField: "2020-07-22T12:00:00Z",
    drf.DateField: "2020-07-22",
    drf.ListField: [],
}
