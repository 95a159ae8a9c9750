"""The forum and its programme. One module per subject; import the models from here."""

from events.models.forum import Audience, Forum, Partner, PublicRevision
from events.models.outbox import Message
from events.models.people import User
from events.models.programme import Appearance, Document, Outcome, Session, SessionText, Speaker
from events.models.reference import SDG, ActionLine, Country, MatrixLink, Organisation, Room, SessionType, Track

__all__ = [
    "SDG",
    "ActionLine",
    "Appearance",
    "Audience",
    "Country",
    "Document",
    "Forum",
    "MatrixLink",
    "Message",
    "Organisation",
    "Outcome",
    "Partner",
    "PublicRevision",
    "Room",
    "Session",
    "SessionText",
    "SessionType",
    "Speaker",
    "Track",
    "User",
]
