"""Settings of a machine whose clock is CLOCK_OFF seconds off: the site's own, and a clock that is moved first."""

import os
import time

import time_machine

time_machine.travel(time.time() + float(os.environ["CLOCK_OFF"]), tick=True).start()

from config.settings import *  # noqa: E402, F403
