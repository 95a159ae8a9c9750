"""Outcome Documents and new counts are jobs of the one queue. What only the version before knows stays in the tables; the next
version can remove it. Rows that wait go on."""

from importlib import import_module

from django.db import migrations, models

one_queue = import_module("events.migrations.0068_one_queue")


class Migration(migrations.Migration):
    dependencies = [("prizes", "0016_addresses_of_voters"), ("events", "0068_one_queue")]

    deploy_note = "Two tables of some dozen rows: new columns with constants, and defaults for new rows."

    operations = [
        *one_queue.new("outcomedocument"),
        migrations.AlterField("outcomedocument", "state", one_queue.state()),
        migrations.AlterField("outcomedocument", "attempts", one_queue.attempts()),
        one_queue.gone("outcomedocument", "taken"),
        one_queue.new("recount")[0],
        migrations.AlterField("recount", "attempts", one_queue.attempts()),
        migrations.AlterField(
            "recount",
            "leased_until",
            models.DateTimeField(editable=False, null=True, verbose_name="held by a worker until"),
        ),
        migrations.AlterField(
            "recount",
            "error",
            models.TextField(blank=True, db_default="", default="", editable=False, verbose_name="error"),
        ),
    ]
