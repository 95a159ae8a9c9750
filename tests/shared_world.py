"""A world that is made once for all tests of a module, each of which takes back what it writes."""

from copy import deepcopy

import time_machine
from django.db import connection
from django.test import override_settings

from tests.factories import NOW


class SharedWorld:
    """What `make` returns at noon, its rows written in the transaction around the module, its files in `folder`."""

    def __init__(self, make, *, folder):
        self.folder = folder
        with time_machine.travel(NOW, tick=False), override_settings(MEDIA_ROOT=folder):
            self._made = make()
        connection.check_constraints()  # once, and not again after each test

    def copy(self):
        """The objects of the world, for one test."""
        return deepcopy(self._made)
