"""The forms of the experts' desk: points for each criterion, the answer to a conflict, a recusal."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.shared.formatting.names import term
from prizes.models import Criterion
from prizes.models.review import MOST_POINTS
from prizes.review.reviews import MOST_CHARACTERS

TOO_LONG = gettext_lazy("This has %(show_value)s characters. Shorten it to %(limit_value)s")
MOST_COMMENT = 6000


def field_name(criterion: Criterion) -> str:
    return f"points-{criterion.number}"


class ReviewForm(forms.Form):
    """Points for the criteria, each by itself, and a comment. `finishing`: every criterion must have points.
    `is_read_by_nominators`: they may read the comment later, and the form says so."""

    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        help_text=gettext_lazy("For the organisers: what speaks for the project, what against it"),
        required=False,
        validators=[MaxLengthValidator(MOST_COMMENT, TOO_LONG)],
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )

    def __init__(
        self,
        *args: Any,
        criteria: Iterable[Criterion],
        finishing: bool = False,
        is_read_by_nominators: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = list(criteria)
        if is_read_by_nominators:
            self.fields["comment"].help_text = _(
                "For the organisers and, if the project is not nominated, for its nominator, without your name: what speaks "
                "for the project, what against it"
            )
        rows: dict[str, forms.Field] = {}
        for criterion in self.criteria:
            rows[field_name(criterion)] = forms.TypedChoiceField(
                label=term(criterion.name),
                help_text=term(criterion.description),
                choices=[(str(points), _anchored(criterion, points)) for points in range(MOST_POINTS + 1)],
                coerce=int,
                empty_value=None,
                required=finishing,
                widget=forms.RadioSelect,
                error_messages={
                    "required": _("Give points for “%(name)s”") % {"name": term(criterion.name)},
                    "invalid_choice": _("Points go from 0 to %(most)s") % {"most": MOST_POINTS},
                },
            )
        self.fields = rows | self.fields

    def points(self) -> dict[int, int]:
        """What was chosen and is right: number of the criterion to points."""
        chosen = {c.number: self.cleaned_data.get(field_name(c)) for c in self.criteria}
        return {number: value for number, value in chosen.items() if value is not None}

    def sent_comment(self) -> str | None:
        """The comment where the form sent one and it is right; None else."""
        return self.cleaned_data.get("comment") if "comment" in self.data else None


def _anchored(criterion: Criterion, points: int) -> str:
    """The label of a radio: the points, and what they mean where the criterion says so."""
    words = term(criterion.anchors.get(str(points), ""))
    return _("%(points)s: %(meaning)s") % {"points": points, "meaning": words} if words else str(points)


def _words(label: Any, hint: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        validators=[MaxLengthValidator(MOST_CHARACTERS, TOO_LONG)],
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        error_messages={"required": gettext_lazy("Say why, in a sentence or two")},
    )


class ConflictForm(forms.Form):
    has_conflict = forms.ChoiceField(
        label=gettext_lazy("Do you have a conflict of interest?"),
        choices=[
            ("yes", gettext_lazy("Yes. I step back from this review")),
            ("no", gettext_lazy("No. I can judge this nomination freely")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose “Yes” or “No”"),
            "invalid_choice": gettext_lazy("Choose “Yes” or “No”"),
        },
    )
    text = _words(gettext_lazy("Why?"), gettext_lazy("The organisers read it"))


class RecusalForm(forms.Form):
    text = _words(
        gettext_lazy("Why do you step back?"),
        gettext_lazy("The organisers read it. You cannot come back to this review"),
    )
