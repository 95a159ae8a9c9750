"""Who speaks: the persons of a file against the speakers of the forum, by identity, else by name."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from events.exchange.known_names import Names
from events.exchange.readers.records import BIOGRAPHY_LIMIT, ReadSpeaker
from events.exchange.readers.speaker_names import bare
from events.models import Forum, Organisation, Speaker
from events.shared.formatting.plain_text import line
from events.shared.tables import stable_identities
from events.shared.tables.answers import LEAVE, LONGEST, MAKE


@dataclass(frozen=True, slots=True)
class Change:
    """What a file changes of a speaker who is there: everybody sees it at once."""

    speaker: Speaker
    column: str
    before: Any
    after: Any

    @property
    def name(self) -> str:
        return self.speaker.full_name

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        """What changes, before and after, as of a session (plan.Item)."""
        label = Speaker._meta.get_field(self.column).verbose_name  # type: ignore[union-attr]
        return [(str(label), str(self.before or "–"), str(self.after))]


class KnownSpeakers:
    """The speakers of a forum, with the `changes` that a file brings, and the `new` ones. `names`: what affiliations mean."""

    def __init__(self, forum: Forum, *, names: Names) -> None:
        self.forum, self.names = forum, names
        self.by_guid: dict[object, Speaker] = {}
        self.by_name: dict[str, list[Speaker]] = {}
        self.new: list[Speaker] = []
        self.changes: list[Change] = []
        # By the identity in the file, and by the question that somebody has answered with “Make it”.
        self._found: dict[str, Speaker] = {}
        self._claimed: set[int] = set()
        there = Speaker.objects.filter(forum=forum).select_related("organisation").order_by("pk") if forum.pk else ()
        for speaker in there:
            origin, own = speaker.origin_id, stable_identities.of_own_speaker(speaker.pk)
            self.by_guid[stable_identities.of_person(origin) if origin else own] = speaker
            for name in {bare(speaker.name), bare(speaker.full_name)}:
                self.by_name.setdefault(name, []).append(speaker)

    def speaker(self, person: ReadSpeaker, *, speaking: Container[int]) -> Speaker | None:
        """The speaker that a person of the file is; the same each time, unsaved where there is none. Of several namesakes,
        a name alone means the one who is `speaking` in the session already (by key). Somebody is asked about other namesakes, and
        about one of another organisation: None while there is no answer, and where they are left out."""
        if person.origin in self._found:
            return self._found[person.origin]
        known = self.by_guid.get(stable_identities.of_person(person.origin)) if person.origin else None
        found = known or self._namesake(person, speaking=speaking)
        if found:
            self._claimed.add(id(found))
            self._compare(found, person)
            self._found |= {person.origin: found} if person.origin else {}
        return found

    def _namesake(self, person: ReadSpeaker, *, speaking: Container[int]) -> Speaker | None:
        there = self.by_name.get(bare(person.name), [])
        free = [row for row in there if not (person.origin and id(row) in self._claimed)]
        bodies = self.names.find.all(person.affiliation, Organisation) if person.affiliation else []
        same = [row for row in free if (row.organisation in bodies if person.affiliation else row.pk in speaking)]
        if same and (len(same) == 1 or not person.affiliation):
            return same[0]
        if len(free) == 1 and not (person.affiliation and free[0].organisation):
            return free[0]
        return self._asked(person, same or free) if free else self._make(person)

    def _asked(self, person: ReadSpeaker, rows: list[Speaker]) -> Speaker | None:
        """Which of some namesakes a person is, as somebody says."""
        text = _words(person.name, person.affiliation)
        by_key = {_key(row): row for row in rows}
        offered = [(key, _words(row.full_name, row.organisation)) for key, row in by_key.items()]
        own = [(MAKE, _("Make it")), (LEAVE, _("Leave it out"))]
        key = f"speaker:{line(text, most=LONGEST).casefold()}"
        given = self.names.questions.choose(text, key=key, of=_("speaker"), offered=[*offered, *own])
        if given == MAKE and key not in self._found:
            self._found[key] = self._make(person)
        return self._found[key] if given == MAKE else by_key.get(given)

    def _make(self, person: ReadSpeaker) -> Speaker:
        told = {"name": person.name, "origin_id": person.origin, "biography": _biography(person)}
        made = Speaker(forum=self.forum, position=person.position, organisation=self._organisation(person), **told)
        self.new.append(made)
        self.by_name.setdefault(bare(made.name), []).append(made)
        return made

    def _organisation(self, person: ReadSpeaker) -> Organisation | None:
        return self.names.organisation(person.affiliation) if person.affiliation else None

    def _compare(self, speaker: Speaker, person: ReadSpeaker) -> None:
        """Note down what differs. What the file does not say stays, and so does the form of address, and a
        position or organisation that is there."""
        if person.origin and person.name.casefold() not in {speaker.name.casefold(), speaker.full_name.casefold()}:
            self._change(speaker, "name", person.name.removeprefix(f"{speaker.form_of_address} "))
        biography = _biography(person)
        if biography and biography != speaker.biography.strip():
            self._change(speaker, "biography", biography)
        if person.position and not speaker.position:
            self._change(speaker, "position", person.position)
        if not speaker.organisation and (organisation := self._organisation(person)):
            self._change(speaker, "organisation", organisation)
        own = stable_identities.of_own_speaker(speaker.pk)
        if person.origin and not speaker.origin_id and stable_identities.of_person(person.origin) != own:
            self._change(speaker, "origin_id", person.origin)

    def _change(self, speaker: Speaker, column: str, after: Any) -> None:
        if speaker.pk:
            self.changes.append(Change(speaker, column, getattr(speaker, column), after))
        setattr(speaker, column, after)


def _words(name: str, organisation: object) -> str:
    return f"{name} ({organisation})" if organisation else name


def _key(row: Speaker) -> str:
    return str(row.pk or f"new:{_words(row.name, row.organisation).casefold()}")


def _biography(person: ReadSpeaker) -> str:
    return person.biography.strip()[:BIOGRAPHY_LIMIT].rstrip()
