"""The forms of organisers: times as the clock on the wall shows them in the zone that the row lives in, ends after their starts,
and addresses that are proposed from names."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Forum, User
from events.models.forum import forum_key, forum_paths
from events.models.time_zones import to_moment, zone_names
from events.shared.formatting.numbers import whole_number
from events.shared.formatting.zone_search import find_zone

UTC = ZoneInfo("UTC")
YEARS = range(1990, 2101)


def validate_year(day: date) -> None:
    """Refuse (`year-out-of-range`) a day of a year that no forum is in."""
    if day.year not in YEARS:
        raise ValidationError(_("Enter a year between 1990 and 2100"), code="year-out-of-range")


class DayField(forms.DateField):
    """A day, in a field of the browser's own."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    default_validators = [validate_year]


class WallClockWidget(forms.SplitDateTimeWidget):
    """Two native fields, a date and a time; no script."""

    template_name = "admin/wallclock.html"
    use_fieldset = False

    def __init__(self, attrs=None):
        date = {"type": "date", "aria-label": gettext_lazy("Date")}
        time = {"type": "time", "aria-label": gettext_lazy("Time")}
        super().__init__(attrs, "%Y-%m-%d", "%H:%M", date, time)  # type: ignore[arg-type]  # texts are lazy

    def id_for_label(self, id_):
        return f"{id_}_0"


class WallClockField(forms.SplitDateTimeField):
    """A naive local time. The form knows the zone and makes the moment (`WallClockForm`)."""

    widget = WallClockWidget

    def compress(self, data_list):
        if not data_list:
            return None
        if data_list[0] in self.empty_values:
            raise ValidationError(self.error_messages["invalid_date"], code="invalid_date")
        if data_list[1] in self.empty_values:
            raise ValidationError(self.error_messages["invalid_time"], code="invalid_time")
        validate_year(data_list[0])
        return datetime.combine(*data_list)


SPANS = (("starts", "ends"), ("opens", "closes"), ("registration_opens", "registration_closes"), ("began", "ended"))


class WallClockForm(forms.ModelForm):
    """Shows every moment in the row's zone and reads it in the same, and says which zone that is.

    On a page of the organisers (`SiteAdmin.get_form`) it knows `by`, who fills it in; `page_forum`, that of the page; `new_in`, the
    forum in which a new row is proposed; and `proposed`: address → the fields from which it is made where nobody enters one."""

    by: User
    page_forum: Forum | None = None
    new_in: Forum | None = None
    proposed: Mapping[str, Sequence[str]] = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        if self.page_forum and "forum" in self.fields and not (self.is_bound or self.instance.pk):
            self.initial["forum"] = self.new_in and self.new_in.pk  # the address names it by its slug
        for name in self.proposed.keys() & self.fields.keys():
            self.fields[name].required = False
        shown = self.shown_zone()
        for name in self.wall_clock_names():
            moment = self.initial.get(name)
            if isinstance(moment, datetime) and moment.tzinfo:
                self.initial[name] = moment.astimezone(shown).replace(tzinfo=None)
            field = self.fields[name]
            hint = _("Local time in the zone %(zone)s.") % {"zone": shown.key}
            field.help_text = f"{field.help_text} {hint}".strip()

    def wall_clock_names(self) -> list[str]:
        return [name for name, field in self.fields.items() if isinstance(field, WallClockField)]

    def forum(self) -> Forum | None:
        """The forum that the row belongs to, or will, as far as it is known."""
        if self.instance.pk:
            keys = {forum_key(self.instance, path) for path in forum_paths(type(self.instance))}
            return Forum.objects.filter(pk__in=[key for key in keys if key]).first() if keys else None
        field = self.fields.get("forum")
        if not isinstance(field, forms.ModelChoiceField) or field.queryset is None:
            return None
        sent = self.data.get(self.add_prefix("forum"), "") if self.is_bound else self.initial.get("forum", "")
        return field.queryset.filter(pk=whole_number(str(getattr(sent, "pk", sent)))).first()

    def shown_zone(self) -> ZoneInfo:
        """The zone in which the page shows times: that of the row's forum as it is stored."""
        forum = self.forum() if self.wall_clock_names() else None
        return forum.zone if forum else UTC

    def chosen_zone(self) -> ZoneInfo:
        """The zone in which the person entered times: that of the row as it will be."""
        return self.shown_zone()

    def clean(self):
        data = super().clean()
        data = self.cleaned_data if data is None else data
        for name in self.wall_clock_names():
            local = data.get(name)
            if local is None:
                continue
            try:
                data[name] = to_moment(local, zone=self.chosen_zone())
            except ValidationError as refusal:
                self.add_error(name, refusal)
        self._check_spans(data)
        self._propose(data)
        return data

    def _check_spans(self, data):
        """Refuse (`ends-before-start`) an end that is not after its start, or a last day before the first."""
        for start, end in SPANS:
            first, last = data.get(start), data.get(end)
            if not (end in self.fields and first and last):
                continue
            if isinstance(last, datetime) and last <= first:
                words = _("The end is not after the start. Choose a later end")
            elif last < first:
                words = _("The last day is before the first day.")
            else:
                continue
            self.add_error(end, ValidationError(words, code="ends-before-start"))

    def _propose(self, data):
        """Make an address that was left empty from the name."""
        for name, sources in self.proposed.items():
            if name in self.fields and name not in self.errors and not data.get(name):
                proposed = slugify(" ".join(str(data.get(source) or "") for source in sources))
                data[name] = proposed[: self.fields[name].max_length].strip("-")  # type: ignore[attr-defined]
                if not data[name]:
                    words = _("Enter an address: none can be made from this name")
                    self.add_error(name, ValidationError(words, code="no-address"))


class AddressField(forms.SlugField):
    """The part of an address that a row is found by."""

    default_validators = [
        RegexValidator(
            r"^[-a-zA-Z0-9_]+\Z", gettext_lazy("Use letters from a to z without accents, digits and hyphens")
        )
    ]


class ZoneInput(forms.TextInput):
    """A field that suggests zones; what is typed may be a city or a country too."""

    template_name = "admin/zone.html"

    def get_context(self, name, value, attrs):
        return {**super().get_context(name, value, attrs), "zones": zone_names()}


class ZoneField(forms.CharField):
    """The time zone that a city, a country, an abbreviation or an IANA name means (`events.shared.formatting.zone_search`)."""

    def __init__(self, **options):
        widget = ZoneInput(attrs={"list": "zones", "autocomplete": "off", "dir": "ltr"})
        super().__init__(**{"max_length": 64, "widget": widget, **options})

    def to_python(self, value):
        text = super().to_python(value)
        return find_zone(text) if text else text
