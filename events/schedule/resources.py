"""Sessions and speakers as tables (CSV, XLSX)."""

from events.schedule.session_table import SessionResource
from events.schedule.speaker_table import SpeakerResource
from events.tables.columns import Finder, ProgrammeResource, columns

__all__ = ["Finder", "ProgrammeResource", "SessionResource", "SpeakerResource", "columns"]
