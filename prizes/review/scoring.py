"""The score of a nomination: pure arithmetic on points and weights, exact until it is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt

type Weight = Decimal | int | Fraction


@dataclass(frozen=True)
class Scored:
    """What the finished reviews of a nomination say together, all on the scale of the points."""

    mean: Fraction  # of the experts' marks
    deviation: float  # standard deviation of the marks; 0 for one expert
    lowest: Fraction
    highest: Fraction
    reviews: int


def mark[K](points: Mapping[K, int], *, weights: Mapping[K, Weight]) -> Fraction | None:
    """One expert's mark: the mean of the points, weighted by their criteria. None without a point that has a weight.

    Criteria without a weight (not of the edition) are left out, and criteria without points weigh nothing.
    """
    counted = [(value, Fraction(weights[key])) for key, value in points.items() if key in weights]
    total = sum((weight for _value, weight in counted), Fraction(0))
    if total <= 0:
        return None
    return sum((value * weight for value, weight in counted), Fraction(0)) / total


def score[K](reviews: Iterable[Mapping[K, int]], *, weights: Mapping[K, Weight]) -> Scored | None:
    """The mean of the experts' marks with its spread; each expert counts once. None where nobody has finished.

    `reviews`: the points of each expert whose review counts (finished, not recused), criterion to points.
    """
    marks = [found for points in reviews if (found := mark(points, weights=weights)) is not None]
    if not marks:
        return None
    mean = sum(marks, Fraction(0)) / len(marks)
    variance = sum(((found - mean) ** 2 for found in marks), Fraction(0)) / len(marks)
    return Scored(mean=mean, deviation=sqrt(variance), lowest=min(marks), highest=max(marks), reviews=len(marks))
