"""Files that come in and PDF files are jobs of the one queue. Columns that only the version before knows stay in the tables, with
defaults, because it still writes them for a while; the next version can remove them. Rows that wait go on."""

from django.db import migrations, models
from django.db.models.functions import Now

STATES = [("making", "Being made"), ("done", "Made"), ("refused", "Refused"), ("failed", "Failed")]


def state():
    return models.CharField(
        choices=STATES, db_default="making", default="making", editable=False, max_length=10, verbose_name="state"
    )


def attempts():
    return models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, verbose_name="attempts")


def new(model):
    """The columns of a job that a model has not had."""
    return [
        migrations.AddField(
            model, "due", models.DateTimeField(db_default=Now(), editable=False, verbose_name="due")
        ),
        migrations.AddField(
            model,
            "leased_until",
            models.DateTimeField(editable=False, null=True, verbose_name="held by a worker until"),
        ),
        migrations.AddField(
            model,
            "error",
            models.TextField(blank=True, db_default="", default="", editable=False, verbose_name="error"),
        ),
    ]


def gone(model, *names):
    return migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField(model, name) for name in names]
    )


class Migration(migrations.Migration):
    dependencies = [("events", "0067_rows_that_failed")]

    deploy_note = (
        "Two tables of some hundred rows that are gone within a day: new columns with constants, defaults for new rows, and "
        "refused files are called so."
    )

    operations = [
        *new("fileimport"),
        migrations.AlterField("fileimport", "state", state()),
        migrations.AlterField("fileimport", "attempts", attempts()),
        migrations.AlterField("fileimport", "refusal", models.TextField(blank=True, db_default="")),
        *new("pdffile"),
        migrations.AddField("pdffile", "state", state()),
        migrations.AddField("pdffile", "attempts", attempts()),
        migrations.AlterField("pdffile", "asked", models.DateTimeField(verbose_name="asked for")),
        migrations.AlterField("pdffile", "tries", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.RunSQL(
            "UPDATE events_fileimport SET state = 'refused', error = refusal WHERE state = 'failed' AND refusal <> ''",
            migrations.RunSQL.noop,
        ),
        gone("fileimport", "refusal", "taken"),
        gone("pdffile", "tries", "taken"),
    ]
