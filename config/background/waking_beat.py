"""Beat: wakes the sweeps when they are due. What the broker does not take is not sent again: the next one is soon due."""

from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry

from config.monitoring import pulse
from events.broker.wake_ups import wake


class WakingScheduler(PersistentScheduler):
    """Sends as all of the site sends: without waiting for a broker that is away, and told once."""

    producer = None

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Wake a sweep; never raises."""
        wake(entry.task, expires=entry.options["expires"])
        pulse.has_worked()
