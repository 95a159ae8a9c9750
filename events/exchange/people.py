"""Who speaks: the persons of a file against the speakers of the forum, by identity, else by name."""

from collections.abc import Iterable

from events.exchange import identity
from events.exchange.records import Person
from events.models import Forum, Speaker


class People:
    """Each person has a key: `pk:7` for a speaker that is there, `new:…` for one to be made."""

    def __init__(self, forum: Forum) -> None:
        self.speakers: dict[str, Speaker] = {}
        self.by_guid: dict[object, str] = {}
        self.by_name: dict[str, list[str]] = {}
        self.new: dict[str, Person] = {}
        self.updates: dict[str, Speaker] = {}
        self._keys: dict[str, str] = {}
        self._claimed: set[str] = set()
        for speaker in Speaker.objects.filter(forum=forum).order_by("pk") if forum.pk else ():
            key = f"pk:{speaker.pk}"
            self.speakers[key] = speaker
            origin = speaker.origin_id
            self.by_guid[identity.of_person(origin) if origin else identity.of_own_speaker(speaker.pk)] = key
            for name in dict.fromkeys((speaker.name.casefold(), speaker.full_name.casefold())):
                self.by_name.setdefault(name, []).append(key)

    def key_of(self, person: Person) -> str:
        """The key of a person of the file; the same each time."""
        mark = person.origin or f"name:{person.name.casefold()}"
        if mark not in self._keys:
            key = self._found(person) or f"new:{mark}"
            self._keys[mark] = key
            self._claimed.add(key)
            if key.startswith("new:"):
                self.new[key] = person
        return self._keys[mark]

    def _found(self, person: Person) -> str | None:
        name = person.name.casefold()
        if person.origin and (key := self.by_guid.get(identity.of_person(person.origin))):
            speaker = self.speakers[key]
            if name not in {speaker.name.casefold(), speaker.full_name.casefold()}:
                speaker.name, speaker.form_of_address = person.name, ""
                self.updates[key] = speaker
            return key
        namesakes = self.by_name.get(name, [])
        free = namesakes if not person.origin else [key for key in namesakes if key not in self._claimed]
        if not free:
            return None
        speaker = self.speakers[free[0]]
        if person.origin and not speaker.origin_id:
            speaker.origin_id = person.origin
            self.updates[free[0]] = speaker
        return free[0]

    def names(self, cast: Iterable[tuple[str, str]]) -> str:
        """The names of people in a row, for the preview."""
        return ", ".join(self.new[key].name if key in self.new else self.speakers[key].full_name for key, _role in cast)
