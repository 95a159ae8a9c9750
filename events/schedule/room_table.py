"""Rooms as a table. The name finds a room within the forum."""

from typing import Any

from events.models import Room
from events.shared.tables.cells import whole_number, yes
from events.shared.tables.resources import Row, TableResource, with_columns

ROOM_COLUMNS = ("forum", "name", "capacity", "is_virtual", "order")


@with_columns(*ROOM_COLUMNS)
class RoomResource(TableResource):
    """One row per room."""

    related = ("forum",)
    required_columns = ("name",)
    sample_columns = ("name", "capacity", "is_virtual")
    sample_rows = (("Popov Room", "180", "no"), ("Virtual room 1", "", "yes"))

    class Meta:
        model = Room
        fields = ROOM_COLUMNS
        import_id_fields = ("forum", "name")
        name = "rooms"

    def get_or_init_instance(self, instance_loader: Any, row: Row) -> tuple[Room, bool]:
        forum = self.forum_of(row)
        known = self.get_queryset().filter(forum=forum, name__iexact=row["name"]).first()
        return (known, False) if known else (Room(forum=forum, name=row["name"], is_virtual=False), True)

    def read_capacity(self, room: Room, text: str) -> None:
        room.capacity = whole_number(text)

    def read_is_virtual(self, room: Room, text: str) -> None:
        room.is_virtual = yes(text)

    def read_order(self, room: Room, text: str) -> None:
        room.order = whole_number(text, most=32_767) or 0

    def dehydrate_is_virtual(self, room: Room) -> str:
        return "yes" if room.is_virtual else "no"
