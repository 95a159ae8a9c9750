"""The organisers' pages of people: Django's admin looks here, and each room registers its own."""

from registration.accreditation import admin as accreditation_admin  # noqa: F401
from registration.accreditation import invitations_admin  # noqa: F401
from registration.door import admin as door_admin  # noqa: F401
from registration.people.accounts.second_factor import admin as second_factor_admin  # noqa: F401
from registration.people.data_rights import admin as data_rights_admin  # noqa: F401
from registration.registering import admin as registering_admin  # noqa: F401
from registration.registering import kinds_admin  # noqa: F401
from registration.registering.own_questions import admin as own_questions_admin  # noqa: F401
from registration.sessions.agenda import admin as agenda_admin  # noqa: F401
from registration.sessions.attendance import admin as attendance_admin  # noqa: F401
from registration.sessions.attendance import stays_admin  # noqa: F401
from registration.sessions.certificates import admin as certificates_admin  # noqa: F401
from registration.sessions.seats import admin as seats_admin  # noqa: F401
from registration.statistics import admin as statistics_admin  # noqa: F401
