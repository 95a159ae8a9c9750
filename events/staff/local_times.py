"""Dates and times as the clock on the wall shows them, in the zone that the row lives in."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models.time_zones import to_moment, validate_zone

UTC = ZoneInfo("UTC")
YEARS = range(1990, 2101)


def validate_year(day: date) -> None:
    """Refuse (`year-out-of-range`) a day of a year that no forum is in."""
    if day.year not in YEARS:
        raise ValidationError(_("Enter a year between 1990 and 2100"), code="year-out-of-range")


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


class WallClockForm(forms.ModelForm):
    """Shows every moment in the row's zone and reads it in the same, and says which zone that is."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
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

    def shown_zone(self) -> ZoneInfo:
        """The zone in which the page shows times: that of the row as it is stored."""
        return UTC

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
        return data


def zone_of_choice(name: object, *, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone of a name that a person typed; `otherwise` where there is no such zone (its own field says so)."""
    try:
        validate_zone(str(name))
    except ValidationError:
        return otherwise
    return ZoneInfo(str(name))
