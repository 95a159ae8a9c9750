"""What other rooms do when an account changes its address."""

from collections.abc import Callable
from datetime import datetime

from events.models import User
from events.shared.hooks import Hook

# Called before somebody confirms another address: the account and when. Refuses while what has to remember the old one cannot.
may_change_address = Hook[Callable[[User, datetime], None]]()
# Called once somebody has confirmed another address: the account, the confirmed address of before, the new one, and when.
address_changed = Hook[Callable[[User, str, str, datetime], None]]()
