"""Beat: wakes the sweeps when they are due. What the broker does not take is not sent again: the next one is soon due."""

from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry

from config.monitoring import pulse
from config.serving import heartbeat
from events.broker.wake_ups import wake


class WakingScheduler(PersistentScheduler):
    """Sends as all of the site sends: without waiting for a broker that is away, and told once."""

    producer = None
    _lives = False

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Look at the schedule; from the first look on, the process has a heartbeat. Returns the seconds until the next."""
        seconds: float = super().tick(*arguments, **options)
        if not self._lives:
            self._lives = True
            heartbeat.beat_from_a_thread("beat")
        return seconds

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Wake a sweep; never raises."""
        wake(entry.task, expires=entry.options["expires"])
        pulse.has_worked()
