"""The organisers' pages of the prize: Django's admin looks here, and each room registers its own."""

from prizes import edition_admin  # noqa: F401
from prizes.fair_play import admin as fair_play_admin  # noqa: F401
from prizes.fair_play import counts_admin  # noqa: F401
from prizes.outcome_document import admin as outcome_document_admin  # noqa: F401
from prizes.results import admin as results_admin  # noqa: F401
from prizes.review import admin as review_admin  # noqa: F401
from prizes.review import nominations_admin  # noqa: F401
