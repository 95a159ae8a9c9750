"""The names of the groups that figures are counted by: countries, Action Lines, tracks and so on."""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import SDG, ActionLine, Country, Forum, Session, SessionType, Track
from events.models.reference import Gender, PrizeRegion, Region, StakeholderType
from events.shared.formatting.names import term
from registration.models import Attendance, Kind, Registration


class By(models.TextChoices):
    """What people and sessions can be grouped by. The values that a tally has too are those of `Tally.Dimension`."""

    COUNTRY = "country", gettext_lazy("Country")
    REGION = "region", gettext_lazy("Region")
    PRIZE_REGION = "prize_region", gettext_lazy("Region of the prizes")
    STAKEHOLDER_TYPE = "stakeholder_type", gettext_lazy("Stakeholder type")
    GENDER = "gender", gettext_lazy("Gender")
    KIND = "kind", gettext_lazy("Kind of registration")
    MODE = "mode", gettext_lazy("On site or remote")
    TRACK = "track", gettext_lazy("Track")
    SESSION_TYPE = "session_type", gettext_lazy("Type of session")
    ACTION_LINE = "action_line", gettext_lazy("Action Line")
    SDG = "sdg", gettext_lazy("SDG")
    WEEK = "week", gettext_lazy("Week")
    SESSION = "session", gettext_lazy("Session")
    SOURCE = "source", gettext_lazy("Source")


CHOICES: dict[str, type[models.TextChoices]] = {
    By.REGION: Region,
    By.PRIZE_REGION: PrizeRegion,
    By.STAKEHOLDER_TYPE: StakeholderType,
    By.MODE: Registration.Mode,
    By.SOURCE: Attendance.Source,
}


def names_of(by: str, *, forum: Forum) -> dict[str, str]:
    """The name of each group in the page's language, by its code ("": those without one), in the order in which people know them."""
    if by in CHOICES:
        return {choice.value: str(choice.label) for choice in CHOICES[by]}
    if by == By.GENDER:
        return {gender.value: str(gender.label) for gender in Gender} | {Gender.UNDISCLOSED.value: _("Not given")}
    if by == By.COUNTRY:
        return {country.code: term(country) for country in Country.objects.all()}
    if by == By.ACTION_LINE:
        lines = ActionLine.objects.order_by("order", "code")
        return {line.code: f"{line.label} {term(line.short_name)}" for line in lines} | {"": _("No Action Line")}
    if by == By.SDG:
        goals = SDG.objects.order_by("number")
        return {str(goal.number): f"{goal.number} {term(goal.title)}" for goal in goals} | {"": _("No goal")}
    if by == By.WEEK:
        return {str(week): _("Week %(number)s") % {"number": week} for week in range(1, forum.weeks + 1)}
    if by == By.TRACK:
        tracks = Track.objects.filter(forum=forum)
        return {str(track.pk): term(track) for track in tracks} | {"": _("No track")}
    if by == By.KIND:
        kinds = Kind.objects.filter(forum=forum).order_by("order", "pk")
        return {str(kind.pk): term(kind) for kind in kinds} | {"": _("No kind")}
    if by == By.SESSION_TYPE:
        return {str(kind.pk): term(kind) for kind in SessionType.objects.all()}
    return dict(Session.objects.filter(forum=forum).order_by("starts", "code").values_list("code", "title"))
