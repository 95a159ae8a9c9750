"""Who speaks: the persons of a file against the speakers of the forum, by identity, else by name."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from events.exchange.readers.records import Person
from events.models import Forum, Speaker
from events.tables import stable_identities

BIOGRAPHY_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class Change:
    """What a file changes of a speaker who is there: everybody sees it at once."""

    speaker: Speaker
    column: str
    before: str
    after: str

    @property
    def name(self) -> str:
        return self.speaker.full_name

    @property
    def label(self) -> str:
        return str(Speaker._meta.get_field(self.column).verbose_name)  # type: ignore[union-attr]

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        """What changes, before and after, as of a session (plan.Item)."""
        return [(self.label, self.before or "–", self.after)]


class People:
    """Each person has a key: `pk:7` for a speaker that is there, `new:…` for one to be made."""

    def __init__(self, forum: Forum) -> None:
        self.speakers: dict[str, Speaker] = {}
        self.by_guid: dict[object, str] = {}
        self.by_name: dict[str, list[str]] = {}
        self.new: dict[str, Person] = {}
        self.changes: list[Change] = []
        self._keys: dict[str, str] = {}
        self._claimed: set[str] = set()
        for speaker in Speaker.objects.filter(forum=forum).order_by("pk") if forum.pk else ():
            key = f"pk:{speaker.pk}"
            self.speakers[key] = speaker
            origin = speaker.origin_id
            self.by_guid[
                stable_identities.of_person(origin) if origin else stable_identities.of_own_speaker(speaker.pk)
            ] = key
            for name in dict.fromkeys((speaker.name.casefold(), speaker.full_name.casefold())):
                self.by_name.setdefault(name, []).append(key)

    def key_of(self, person: Person, *, known: Container[str]) -> str:
        """The key of a person of the file; the same each time. Of several namesakes, a name alone means the one who is
        `known`: who speaks in the session already."""
        namesakes = self.by_name.get(person.name.casefold(), [])
        if not person.origin and len(namesakes) > 1 and (found := [key for key in namesakes if key in known]):
            return found[0]
        mark = person.origin or f"name:{person.name.casefold()}"
        if mark not in self._keys:
            person.biography = person.biography.strip()[:BIOGRAPHY_LIMIT].rstrip()
            key = self._found(person) or f"new:{mark}"
            self._keys[mark] = key
            self._claimed.add(key)
            if key.startswith("new:"):
                self.new[key] = person
            else:
                self._compare(self.speakers[key], person)
        return self._keys[mark]

    def _found(self, person: Person) -> str | None:
        if person.origin and (key := self.by_guid.get(stable_identities.of_person(person.origin))):
            return key
        namesakes = self.by_name.get(person.name.casefold(), [])
        free = namesakes if not person.origin else [key for key in namesakes if key not in self._claimed]
        return free[0] if free else None

    def _compare(self, speaker: Speaker, person: Person) -> None:
        """Note down what differs. What the file does not say stays, and so does the form of address."""
        if person.name.casefold() not in {speaker.name.casefold(), speaker.full_name.casefold()}:
            self._change(speaker, "name", person.name.removeprefix(f"{speaker.form_of_address} "))
        if person.biography and person.biography != speaker.biography.strip():
            self._change(speaker, "biography", person.biography)
        own = stable_identities.of_own_speaker(speaker.pk)
        if person.origin and not speaker.origin_id and stable_identities.of_person(person.origin) != own:
            self._change(speaker, "origin_id", person.origin)

    def _change(self, speaker: Speaker, column: str, after: str) -> None:
        self.changes.append(Change(speaker, column, getattr(speaker, column), after))
        setattr(speaker, column, after)

    def names(self, cast: Iterable[tuple[str, str]]) -> str:
        """The names of people in a row, for the preview."""
        return ", ".join(self.new[key].name if key in self.new else self.speakers[key].full_name for key, _role in cast)
