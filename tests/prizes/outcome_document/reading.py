"""The Outcome Document as its files are made of it."""

import json


def parts_of(document):
    """Each part, in its order."""
    return [part for section in document.sections for part in json.loads(section)]
