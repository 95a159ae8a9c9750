"""The sample forums: WSIS Forum 2020 and a current edition that runs now (`manage.py load_sample`).

Everything is drawn from one seeded generator, so that the same command makes the same forum. The named sessions,
organisations and outcomes of 2020 are facts (`events/data/wsis-forum-2020.json`); the rest is invented.
"""

import random

SEED = 2020


def draw(purpose: str) -> random.Random:
    """Return a generator of its own for a purpose: a change in one part leaves the others as they were."""
    return random.Random(f"{SEED} {purpose}")  # noqa: S311 – sample data, not secrets
