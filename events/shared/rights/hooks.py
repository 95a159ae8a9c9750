"""What other rooms say of rights, of staff and of rows that they show or hide."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from events.models import Membership, User
from events.shared.hooks import Hook

# role → model (small letters) → what its people may do with it
type Grants = Mapping[str, Mapping[str, Sequence[str]]]

type Extra = Mapping[str, str]

# Asked when staff search: the keys of the sessions that a query finds, whatever the public sees of them.
session_search = Hook[Callable[[str], Collection[int]]]()

# Asked before a row is shown to the public (True) or hidden, such as a forum: why it has to stay as it is; "" for nothing against it.
stays_as_it_is = Hook[Callable[[Any, bool, datetime], str]]()

# Called in the transaction in which somebody shows a row to the public (True) or hides it: the row, by whom and when.
shown_or_hidden = Hook[Callable[[Any, bool, User, datetime], None]]()

# Key: the label of an app. What each role of the staff may do with its models, and permissions of its own ("verb_model" →
# name), which the organisers get. Written down after each migration.
grants = Hook[Callable[[], tuple[Grants, Extra]]]()

# Called in the transaction in which somebody gives, agrees to or ends a role: the membership, the verb of the history (“”: it is
# proposed, and the membership not saved), by whom, why and when.
role_changed = Hook[Callable[[Membership, str, User, str, datetime], None]]()

# Called in the transaction in which the account of a member of the staff is closed or opened again: the account, by whom and
# when.
staff_account_closed = Hook[Callable[[User, User, datetime], None]]()
