"""The organisers' pages: Django's admin looks here, and each room registers its own."""

from events import forum_admin  # noqa: F401
from events.mailings import admin as mailings_admin  # noqa: F401
from events.news import admin as news_admin  # noqa: F401
from events.outcomes import admin as outcomes_admin  # noqa: F401
from events.outcomes.commitments import admin as commitments_admin  # noqa: F401
from events.practical import admin as practical_admin  # noqa: F401
from events.programme import admin as programme_admin  # noqa: F401
from events.proposals import admin as proposals_admin  # noqa: F401
from events.proposals.hosting import admin as hosting_admin  # noqa: F401
from events.reference import admin as reference_admin  # noqa: F401
from events.schedule import admin as schedule_admin  # noqa: F401
from events.schedule.releases import admin as releases_admin  # noqa: F401
from events.shared.admin import admin as staff_admin  # noqa: F401
from events.shared.admin import history_admin  # noqa: F401
from events.shared.mail import admin as mail_admin  # noqa: F401
from events.shared.mail.bounces import suppressed_admin  # noqa: F401
from events.shared.mail.texts import texts_admin  # noqa: F401
from events.shared.rights import memberships_admin  # noqa: F401
from events.shared.rights.two_people import approvals_admin  # noqa: F401
