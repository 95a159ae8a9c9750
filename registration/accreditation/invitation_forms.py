"""The forms by which people are invited to register: one person, or a list."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Organisation
from events.shared.drafts import fields
from events.shared.formatting.names import term
from events.shared.tables.answers import OpenQuestion
from events.shared.tables.kept_files import KeptFileForm
from registration.accreditation import group_lists, invitations
from registration.models import Kind, RegistrationInvitation

CELLS = ("row", *group_lists.LABELS)


def packed(rows: Sequence[dict[str, str]]) -> str:
    """The rows of a list as a hidden field of the page holds them."""
    return json.dumps([[row.get(name, "") for name in CELLS] for row in rows], ensure_ascii=False)


def unpacked(text: str) -> list[dict[str, str]]:
    """The rows again; refuses (`broken`) what is none of ours."""
    try:
        rows = [dict(zip(CELLS, map(group_lists.cell, cells), strict=True)) for cells in json.loads(text)]
    except (ValueError, TypeError, AttributeError, RecursionError):
        rows = []
    if not rows or len(rows) > group_lists.MOST:
        raise ValidationError(_("The list is not here any more. Choose the file again"), code="broken")
    return rows


class _ToWhat(forms.Form):
    """In which kind, and for which organisation, where there is a choice: else it is the only one."""

    needed: frozenset[str] = frozenset({"kind", "organisation"})

    def __init__(self, *args: Any, kinds: Sequence[Kind], organisations: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.only: dict[str, Any] = {}
        self.known: dict[str, dict[str, Any]] = {}
        self._offer("kind", gettext_lazy("In what capacity?"), [(one, term(one)) for one in kinds])
        self._offer("organisation", gettext_lazy("Organisation"), [(one, one.name) for one in organisations])

    def _offer(self, name: str, label: Any, rows: Sequence[tuple[Any, str]]) -> None:
        if len(rows) < 2:
            self.only[name] = rows[0][0] if rows else None
            return
        self.known[name] = {str(one.pk): one for one, _words in rows}
        choices = [(str(one.pk), words) for one, words in rows]
        none = [] if name in self.needed else [("", _("As the list says"))]
        self.fields[name] = fields.choice(
            label, choices=[*none, *choices], is_needed=name in self.needed, is_list=bool(none) or len(rows) > 4
        )

    def clean(self) -> dict[str, Any]:
        data = {**self.only, **(super().clean() or {})}
        for name, known in self.known.items():
            data[name] = known.get(data.get(name) or "")
            if data[name] is None and name in self.needed and name not in self.errors:
                self.add_error(name, fields.CHOOSE)
        return data


class GuestForm(_ToWhat):
    name = fields.line(gettext_lazy("Name"), length=invitations.LONGEST_NAME, is_needed=True)
    email = fields.email(gettext_lazy("E-mail"), is_needed=True)

    @property
    def guest(self) -> RegistrationInvitation:
        """Who is to be invited; not saved."""
        return RegistrationInvitation(**self.cleaned_data | {"email": self.cleaned_data["email"].lower()})


class ListForm(_ToWhat, KeptFileForm):
    """A file; after it was looked at, its rows (`rows`), and how many of them can be invited (`seen`). Each row may say its own
    kind."""

    needed = frozenset({"organisation"})

    file = forms.FileField(
        label=gettext_lazy("File"),
        error_messages={"required": gettext_lazy("Choose a file")},
        help_text=gettext_lazy("CSV or XLSX, 5,000 rows at the most. The first row names the columns: name, email."),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt,.tsv"}),
    )
    rows = forms.CharField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, min_value=1, max_value=group_lists.MOST, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required &= not self.data.get("rows")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        has_errors = bool(self.errors)
        try:
            if data.get("rows"):
                data["people"] = unpacked(data["rows"])
            elif kept := self.take():
                data["people"], data["notes"] = group_lists.read(kept.data, answers=self.answers)
                self.forget()
        except OpenQuestion as question:
            self.question = None if has_errors else question
            self.keep()
            self.add_error("file", question.messages)
        except ValidationError as refusal:
            self.add_error("file", refusal.messages)
        return data
