"""Sessions and speakers as tables (CSV, XLSX)."""

from events.resources.bases import Finder, ProgrammeResource, columns
from events.resources.sessions import SessionResource
from events.resources.speakers import SpeakerResource

__all__ = ["Finder", "ProgrammeResource", "SessionResource", "SpeakerResource", "columns"]
