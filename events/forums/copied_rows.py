"""Which rows the next forum takes over from the one before, and how: as new rows, with their dates moved, and not public.

Each app says what is taken over (`events.shared.hooks.next_forum`). Of a row all that people may edit is taken; what the site writes
itself starts empty. A row that names another one names the copy of that; where that is not copied, neither is the row.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from events.forums import hooks
from events.forums.hooks import CopiedPart, CopiedRows
from events.forums.moved_dates import moved
from events.models import Call, Forum, MailText, PracticalPage, Question, Room, Track
from events.models.forum import forum_key, forum_paths

HIDDEN = "is_public"  # nothing of the next forum is public because the last one was

# What is said of people, of the year, or counted of what took place.
OF_THE_YEAR = frozenset(
    {
        *("slug", "theme", "is_sample", "broadcast_audience", "chair", "chair_title", "chair_message"),
        *("letter_signatory", "certificate_signatory", "certificate_signatory_title"),
        *("list_of_participants", "list_published"),
    }
)


@hooks.next_forum()
def parts_of_events() -> tuple[CopiedPart, ...]:
    """What this app has."""
    return (
        CopiedPart("rooms", 1, _("Rooms and tracks"), (CopiedRows(Track), CopiedRows(Room))),
        CopiedPart("call", 2, _("The call for proposals and its questions"), (CopiedRows(Call), CopiedRows(Question))),
        CopiedPart("pages", 7, _("Practical pages (not public at first)"), (CopiedRows(PracticalPage),)),
        CopiedPart("mails", 8, _("The texts of automatic mails"), (CopiedRows(MailText),)),
    )


def parts() -> list[CopiedPart]:
    """What can be taken over, of all apps."""
    found = (part for function in hooks.next_forum.of() for part in function())
    return sorted(found, key=lambda part: part.place)


def of_forum(rows: CopiedRows, forum: Forum) -> Iterable[Any]:
    """The rows of a forum that the next one takes over, the oldest first. One query."""
    (path,) = forum_paths(rows.model)
    named = [field.name for field in rows.model._meta.concrete_fields if field.is_relation]
    found = rows.model._default_manager.filter(rows.only, **{path: forum})
    return found.select_related(path, *named).order_by("pk")


class Copying:
    """Rows of a forum on their way into the next one, which is saved already and `weeks` later."""

    def __init__(self, forum: Forum, *, into: Forum, weeks: int) -> None:
        self.forum, self.weeks = forum, weeks
        self.old_year, self.new_year = str(forum.starts.year), str(into.starts.year)
        self._made: dict[type[Model], dict[int, Any]] = {Forum: {forum.pk: into}}

    def take(self, rows: CopiedRows) -> int:
        """Copy these rows; return how many. At most three queries, and one for each relation to many."""
        own = _naming_itself(rows.model)
        made: dict[int, Any] = {}
        old_rows = list(of_forum(rows, self.forum))
        for old in old_rows:
            values = values_of(old, weeks=self.weeks, without=own)
            if "name" in values:
                values["name"] = values["name"].replace(self.old_year, self.new_year)
            if self._lead_on(old, values):
                made[old.pk] = rows.model(**values)
        rows.model._default_manager.bulk_create(made.values())
        self._made[rows.model] = made
        old_rows = [old for old in old_rows if old.pk in made]
        self._join_own(rows.model, old_rows, own)
        for relation in rows.model._meta.many_to_many:
            self._join_many(relation, old_rows)
        return len(made)

    def _lead_on(self, old: Model, values: dict[str, Any]) -> bool:
        """Let the values of a row lead to the copies of what it names; False where one of these is not copied."""
        for field in old._meta.concrete_fields:
            if field.is_relation and values.get(field.name):
                values[field.name] = self._copy_of(values[field.name])
                if values[field.name] is None:
                    return False
        return True

    def _copy_of(self, named: Any) -> Any:
        """The copy of a row; the row itself where it belongs to the whole site; None where it is not copied."""
        if is_of_site(named):
            return named
        return self._made.get(type(named), {}).get(named.pk)

    def _join_own(self, model: type[Model], old_rows: Iterable[Any], names: Collection[str]) -> None:
        """Rows that name others of their own table."""
        joined = []
        for old in old_rows:
            for name in names:
                if key := getattr(old, model._meta.get_field(name).attname):  # type: ignore[union-attr]
                    row = self._made[model][old.pk]
                    setattr(row, name, self._made[model].get(key))
                    joined.append(row)
        if joined:
            model._default_manager.bulk_update(joined, names)

    def _join_many(self, relation: Any, old_rows: Iterable[Any]) -> None:
        """Relations to many: to the copies, and to what belongs to the whole site."""
        through, here = relation.remote_field.through, relation.m2m_field_name()
        there = relation.m2m_reverse_field_name()
        links = through._default_manager.filter(**{f"{here}__in": [old.pk for old in old_rows]}).select_related(there)
        joined = [
            through(**{here: self._made[relation.model][getattr(link, f"{here}_id")], there: copy})
            for link in links.order_by("pk")
            if (copy := self._copy_of(getattr(link, there)))
        ]
        through._default_manager.bulk_create(joined)


def is_of_site(row: Model) -> bool:
    """Whether a row belongs to the whole site: countries, organisations, Action Lines."""
    return not any(forum_key(row, path) for path in forum_paths(type(row)))


def values_of(old: Any, *, weeks: int, without: Collection[str] = ()) -> dict[str, Any]:
    """What a copy of a row begins with, by the names of its fields: dates moved, not public."""
    fields = [field for field in old._meta.concrete_fields if _is_taken(field) and field.name not in without]
    zone = _zone(old)
    return {field.name: _value(getattr(old, field.name), weeks=weeks, zone=zone) for field in fields}


def _is_taken(field: Any) -> bool:
    return field.editable and not field.primary_key and field.name != HIDDEN


def _value(value: Any, *, weeks: int, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return moved(value, weeks=weeks, zone=zone)
    return value + timedelta(weeks=weeks) if isinstance(value, date) else value


def _zone(row: Any) -> ZoneInfo:
    """The zone of a row's times: its own, that of what it belongs to, or of its forum."""
    zone: ZoneInfo | None = getattr(row, "zone", None)
    if zone is not None:
        return zone
    name, *_rest = forum_paths(type(row))[0].split("__")
    return _zone(getattr(row, name))


def _naming_itself(model: type[Model]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if field.is_relation and field.related_model is model]
