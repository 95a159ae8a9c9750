"""Settings of a site without its locks: the control of the table of faults. Its constraints are taken away in the database."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.services.whole_site.without_locks.WithoutLocks"]
