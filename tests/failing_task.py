"""A task that fails, for the test of what is known of failed tasks."""

from config.celery import app


@app.task(name="tests.fails_always")
def fail():
    raise ValueError
