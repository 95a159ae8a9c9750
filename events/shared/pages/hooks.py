"""What other rooms show in a preview."""

from collections.abc import Callable
from datetime import datetime

from events.models import Forum, User
from events.shared.hooks import Hook

# Called inside the transaction of a preview, which is rolled back (events.shared.pages.preview): given the forum, who looks, and the time,
# makes public what this person may see of it.
previewed = Hook[Callable[[Forum, User, datetime], None]]()
