"""Lists of people to be invited: a table, read and looked at row by row, before anybody is invited."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models.columns import one_line
from events.shared.formatting.names import term
from events.shared.formatting.plain_text import line
from events.shared.tables import headers, spreadsheet_reader
from events.shared.tables.answers import Answers
from events.shared.tables.cells import fold, whole_name
from events.shared.tables.headers import SheetRow
from events.shared.tables.spreadsheet_writer import xlsx_bytes
from registration.accreditation import invitations
from registration.accreditation.invitations import InvitationProblem, Looked, Sender
from registration.models import Kind, RegistrationInvitation

LABELS = {"name": [gettext_lazy("name")], "email": [gettext_lazy("e-mail")], "kind": [gettext_lazy("kind")]}
PARTS = {"first_name": [gettext_lazy("First name")], "last_name": [gettext_lazy("Last name")]}  # of a name
NEEDED = ("name", "email")
MOST = spreadsheet_reader.MAX_ROWS
SHOWN = 200  # problems on the page
LONGEST_CELL = 260  # characters of one that are read: with more it is wrong anyway


def cell(text: str) -> str:
    """A cell as the page may hold it, and the database: in one line, without control characters, and not too long."""
    return line(text, most=LONGEST_CELL)


class People(NamedTuple):
    """The rows of a list, each by column, with its number as `row`; `notes`: what of the file is not read, in sentences."""

    rows: list[dict[str, str]]
    notes: list[str]


def read(data: bytes, *, answers: Answers) -> People:
    """The rows of a table, or of each sheet of a workbook that has names and addresses. `answers`: in which code page it is, and
    what its columns are. Those that nobody knows are left out, as long as no other is missing or in doubt.

    Refuses what `spreadsheet_reader.read`, `headers.check_known` and `Sheets.rows` refuse.
    """
    found = headers.read(data, known=headers.known_headers(LABELS | PARTS), answers=answers, missing=_missing)
    labels = {name: words[0] for name, words in (LABELS | PARTS).items()}
    if found.missing or any(one.is_open and (one.column or one.is_doubtful) for one in found.headers):
        headers.check_known(found.headers, columns=list(labels.items()), missing=found.missing)
    rows = [_row(row) for row in found.rows()]
    left = ", ".join(f"“{one.text}” ({', '.join(one.examples)})" for one in found.headers if one.is_left_out)
    told = [_("Columns that are left out: %(names)s") % {"names": left}] if left else []
    return People(rows, [*found.sheet_notes(labels), *told])


def _missing(columns: Collection[str]) -> list[str]:
    """Which of the columns that a list needs are not among some."""
    there = {"name" if column in PARTS else column for column in columns}
    return [name for name in NEEDED if name not in there]


def _row(row: SheetRow) -> dict[str, str]:
    texts = {name: cell(text) for name, text in row.cells.items()}
    name = whole_name(texts.get("name", ""), first=texts.get("first_name", ""), last=texts.get("last_name", ""))
    return {column: text for column, text in texts.items() if column in LABELS} | {"name": name, "row": row.place}


def look(rows: Sequence[dict[str, str]], *, sender: Sender, now: datetime) -> Looked:
    """Who of a list can be invited, and why the others cannot (`invitations.look`, and `kind-unknown`), in its order."""
    known = {label: kind for kind in sender.kinds for label in (fold(kind.name), fold(kind.slug), fold(term(kind)))}
    guests, unknown = [], []
    for cells in rows:
        row, text = cells["row"], cells.get("kind", "")
        kind = known.get(fold(text)) if text else sender.kind
        if text and kind is None:
            words = _("“%(text)s” is not a kind in which you can invite") % {"text": line(text, most=80)}
            unknown.append(InvitationProblem(row, "kind", "kind-unknown", words))
            continue
        name, email = one_line(cells["name"]), one_line(cells["email"]).lower()
        guest = RegistrationInvitation(name=name, email=email, kind=kind, organisation=sender.organisation)
        guest.row_number = row
        guests.append(guest)
    found = invitations.look(guests, sender=sender, now=now)
    order = {cells["row"]: place for place, cells in enumerate(rows)}
    return Looked(found.right, sorted([*found.wrong, *unknown], key=lambda one: order[one.row]))


def invite(rows: Sequence[dict[str, str]], *, sender: Sender, seen: int, now: datetime) -> int:
    """Invite those of a list who can be, all of them or nobody; return how many. Refuses `moved-meanwhile` where these are not so
    many as were `seen`, `nobody`, and as `invitations.invite`."""
    right = look(rows, sender=sender, now=now).right
    if not right:
        raise ValidationError(_("Nobody of this list can be invited"), code="nobody")
    if len(right) != seen:
        words = _("Something changed in this moment. Look at the list again")
        raise ValidationError(words, code="moved-meanwhile")
    return len(invitations.invite(right, sender=sender, now=now))


class Preview(NamedTuple):
    """What a list would do: how many people can be invited, the first `names` of them, and why others cannot; `rows` to be sent
    again, `hidden` problems are too many for the page."""

    right: int
    names: Sequence[str]
    wrong: Sequence[InvitationProblem]
    hidden: int
    rows: Sequence[dict[str, str]]


def preview(rows: Sequence[dict[str, str]], *, sender: Sender, now: datetime) -> Preview:
    """What a list would do. What is wrong in the list itself comes first: a lack of places may be said of thousands of rows."""
    found = look(rows, sender=sender, now=now)
    wrong = sorted(found.wrong, key=lambda one: one.code == "quota-full")
    names = [guest.name for guest in found.right[: headers.EXAMPLES]]
    return Preview(len(found.right), names, wrong[:SHOWN], max(len(wrong) - SHOWN, 0), rows)


def template(kinds: Sequence[Kind]) -> bytes:
    """A workbook to be filled in, with a row that shows how."""
    kind = kinds[0].slug if kinds else ""
    header = ["name", "email", *(["kind"] if kinds else [])]
    return xlsx_bytes(header, rows=[["Awa Diallo", "awa.diallo@example.org", *([kind] if kinds else [])]])
