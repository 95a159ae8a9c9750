"""Copies of data are jobs of the one queue. Copies that are made already are marked so by the first worker that looks."""

from importlib import import_module

from django.db import migrations

one_queue = import_module("events.migrations.0068_one_queue")


class Migration(migrations.Migration):
    dependencies = [("registration", "0047_no_codes_on_screens"), ("events", "0068_one_queue")]

    operations = [
        *one_queue.new("datacopy"),
        migrations.AddField("datacopy", "state", one_queue.state()),
        migrations.AddField("datacopy", "attempts", one_queue.attempts()),
    ]
