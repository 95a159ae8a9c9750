"""What other rooms say of their entries in the history, and of taking them back."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, TextChoices

from events.models import Forum, User
from events.shared.hooks import Hook


@dataclass(frozen=True)
class RowRule:
    """How an act is taken back in the rows of a model, where writing their old values is not all (events.shared.history.taking_back).

    `right`: who has it takes back; "": who may add and change such rows. `part_of`: the field that names the row under which
    the history tells of this one. `left`: columns that other rules write; they are neither compared nor put back.
    `put_back`: given the old values by key, the forum, by whom and when, it writes them and the history. `is_public`: which
    of the rows that an act made (their keys) the public knows by now; they stay, and `withdraw` takes them out of the
    draft.
    """

    right: str = ""
    part_of: str = ""
    left: frozenset[str] = frozenset()
    put_back: Callable[[Mapping[Any, Mapping[str, Any]], Forum, User | None, datetime], object] | None = None
    is_public: Callable[[Collection[Any]], Collection[Any]] | None = None
    withdraw: Callable[[Collection[Any], Forum, User | None, datetime], object] | None = None


# The verbs of an app, which the history may then hold (events.shared.history).
verbs = Hook[type[TextChoices]]()

# Key: a model ("events.placement"). How an act is taken back in its rows.
row_rules = Hook[Callable[[], RowRule]]()

# Key: an app ("prizes") or a model ("events.proposal"). Which entries of the history about its rows a person may read;
# where nothing hangs, those about the models whose rows the person may view.
readable_history = Hook[Callable[[User], Q]]()
