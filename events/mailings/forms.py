"""The form in which organisers write a mailing."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from events.mailings import placeholders
from events.models import Mailing
from events.shared.admin.local_times import WallClockField, WallClockForm

SUBJECT, TEXT = 150, 10_000  # characters


class ComposeForm(WallClockForm):
    """Subject and text in each language have fields of their own; the row keeps them together."""

    starts = WallClockField(label=_("Not before"), required=False, help_text=_("Empty: at once."))

    class Meta:
        model = Mailing
        fields = ["kind", "starts", "per_minute"]
        widgets = {"kind": forms.RadioSelect}
        help_texts = {
            "kind": _("People may refuse each of them on their account page."),
            "per_minute": _("Empty: as fast as the mail server takes them."),
        }

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for code, language in settings.LANGUAGES:
            said = self.instance.texts.get(code) or {}
            attrs = {"lang": code, "dir": "auto"}
            named = {"language": language}
            self.fields[f"subject_{code}"] = forms.CharField(
                label=_("Subject"),
                max_length=SUBJECT,
                required=False,
                initial=said.get("subject", ""),
                widget=forms.TextInput(attrs=attrs | {"aria-label": _("Subject in %(language)s") % named}),
            )
            self.fields[f"text_{code}"] = forms.CharField(
                label=_("Text"),
                max_length=TEXT,
                required=False,
                initial=said.get("text", ""),
                widget=forms.Textarea(attrs=attrs | {"rows": 10, "aria-label": _("Text in %(language)s") % named}),
            )

    def shown_zone(self):
        return self.instance.forum.zone

    def clean(self) -> dict[str, Any]:
        """Refuses `half-written` languages, and at its field what `placeholders.check` refuses."""
        data: dict[str, Any] = super().clean()
        texts = {}
        for code, _language in settings.LANGUAGES:
            subject, text = data.get(f"subject_{code}", ""), data.get(f"text_{code}", "")
            if bool(subject) != bool(text):
                words = _("Write both subject and text in this language, or neither")
                missing = f"text_{code}" if subject else f"subject_{code}"
                self.add_error(missing, ValidationError(words, code="half-written"))
            elif text:
                texts[code] = {"subject": subject, "text": text}
        self.check_words(placeholders.WORDS)
        self.instance.texts = texts
        return data

    def check_words(self, given: Any) -> None:
        """Say at each field which placeholders not everybody in these groups has."""
        for name in self.text_fields():
            try:
                placeholders.check(self.cleaned_data.get(name, ""), given=given)
            except ValidationError as refusal:
                self.add_error(name, refusal)

    @staticmethod
    def text_fields() -> list[str]:
        """The names of the fields of subjects and texts."""
        return [f"{part}_{code}" for code, _language in settings.LANGUAGES for part in ("subject", "text")]

    def languages(self) -> list[dict[str, Any]]:
        """For the page: the fields of each language, and whether it is written."""
        return [
            {
                "code": code,
                "name": name,
                "subject": self[f"subject_{code}"],
                "text": self[f"text_{code}"],
                "is_written": bool(self[f"text_{code}"].value()),
                "is_wrong": bool(self[f"subject_{code}"].errors or self[f"text_{code}"].errors),
            }
            for code, name in settings.LANGUAGES
        ]
