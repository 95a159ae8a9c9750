"""What is asked before an erasure: whether each thing that is published stays."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.shared.held_rows import Published

KEEP, OUT = "keep", "out"


class ErasureForm(forms.Form):
    """A choice for each published thing, kept unless the person says otherwise."""

    def __init__(self, published: Sequence[Published], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.published = published
        for one in published:
            self.fields[one.key] = forms.ChoiceField(
                label=f"{one.title} · {one.where}",
                help_text=one.note,
                choices=[(KEEP, _("Keep it as it is")), (OUT, _("Take it out"))],
                widget=forms.RadioSelect,
                initial=KEEP,
                error_messages={"required": _("Choose “Keep it as it is” or “Take it out”")},
            )

    @property
    def taken_out(self) -> list[str]:
        return [one.key for one in self.published if self.cleaned_data[one.key] == OUT]
