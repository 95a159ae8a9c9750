"""Who speaks: the persons of a file against the speakers of the forum, by identity, else by name."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from events.exchange.known_names import Names
from events.exchange.readers.records import BIOGRAPHY_LIMIT, ReadSpeaker
from events.models import Forum, Organisation, Speaker
from events.shared.tables import stable_identities


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


class People:
    """The speakers of a forum, with the `changes` that a file brings, and the `new` ones. `names`: what affiliations mean."""

    def __init__(self, forum: Forum, *, names: Names) -> None:
        self.forum, self.names = forum, names
        self.by_guid: dict[object, Speaker] = {}
        self.by_name: dict[str, list[Speaker]] = {}
        self.new: list[Speaker] = []
        self.changes: list[Change] = []
        self._found: dict[str, Speaker] = {}
        self._claimed: set[int] = set()
        for speaker in Speaker.objects.filter(forum=forum).order_by("pk") if forum.pk else ():
            origin, own = speaker.origin_id, stable_identities.of_own_speaker(speaker.pk)
            self.by_guid[stable_identities.of_person(origin) if origin else own] = speaker
            for name in {speaker.name.casefold(), speaker.full_name.casefold()}:
                self.by_name.setdefault(name, []).append(speaker)

    def speaker(self, person: ReadSpeaker, *, speaking: Container[int]) -> Speaker:
        """The speaker that a person of the file is; the same each time, unsaved where there is none. Of several namesakes,
        a name alone means the one who is `speaking` in the session already (by key)."""
        namesakes = self.by_name.get(person.name.casefold(), [])
        if not person.origin and len(namesakes) > 1 and (found := [row for row in namesakes if row.pk in speaking]):
            return found[0]
        mark = person.origin or f"name:{person.name.casefold()}"
        if mark not in self._found:
            self._found[mark] = self._find(person, namesakes) or self._make(person)
        return self._found[mark]

    def _find(self, person: ReadSpeaker, namesakes: list[Speaker]) -> Speaker | None:
        known = self.by_guid.get(stable_identities.of_person(person.origin)) if person.origin else None
        free = [row for row in namesakes if not person.origin or row.pk not in self._claimed]
        found = known or next(iter(free), None)
        if found:
            self._claimed.add(found.pk)
            self._compare(found, person)
        return found

    def _make(self, person: ReadSpeaker) -> Speaker:
        told = {"name": person.name, "origin_id": person.origin, "biography": _biography(person)}
        made = Speaker(forum=self.forum, position=person.position, organisation=self._organisation(person), **told)
        self.new.append(made)
        return made

    def _organisation(self, person: ReadSpeaker) -> Organisation | None:
        rows, _left_out = self.names.linked("organisers", [person.affiliation] if person.affiliation else [])
        return next(iter(rows), None)

    def _compare(self, speaker: Speaker, person: ReadSpeaker) -> None:
        """Note down what differs. What the file does not say stays, and so does the form of address, and a
        position or organisation that is there."""
        if person.name.casefold() not in {speaker.name.casefold(), speaker.full_name.casefold()}:
            self._change(speaker, "name", person.name.removeprefix(f"{speaker.form_of_address} "))
        biography = _biography(person)
        if biography and biography != speaker.biography.strip():
            self._change(speaker, "biography", biography)
        if person.position and not speaker.position:
            self._change(speaker, "position", person.position)
        if not speaker.organisation_id and (organisation := self._organisation(person)):
            self._change(speaker, "organisation", organisation)
        own = stable_identities.of_own_speaker(speaker.pk)
        if person.origin and not speaker.origin_id and stable_identities.of_person(person.origin) != own:
            self._change(speaker, "origin_id", person.origin)

    def _change(self, speaker: Speaker, column: str, after: Any) -> None:
        self.changes.append(Change(speaker, column, getattr(speaker, column), after))
        setattr(speaker, column, after)


def _biography(person: ReadSpeaker) -> str:
    return person.biography.strip()[:BIOGRAPHY_LIMIT].rstrip()
