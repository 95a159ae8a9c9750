"""Reports of meetings come by the page only. The tables of those that came from the folder or by scripts stay for the version before,
which still writes them; the next version can drop them. Only their references go, so that forums, sessions and accounts can."""

from django.conf import settings
from django.db import migrations, models


def forget_failures(apps, schema_editor):
    """Nobody tries these again, so nothing else would take them off the Overview."""
    rows = apps.get_model("events", "FailedRow").objects.using(schema_editor.connection.alias)
    rows.filter(sweep="reports").delete()


class Migration(migrations.Migration):
    dependencies = [("events", "0065_names_of_tables"), ("registration", "0045_published_figures")]
    deploy_note = "Two tables of some thousand rows at the most lose their references, and what failed in the folder is forgotten."

    operations = [
        migrations.AlterField(
            "meetingreport", "forum", models.ForeignKey("events.forum", models.CASCADE, db_constraint=False)
        ),
        migrations.AlterField(
            "meetingreport",
            "session",
            models.ForeignKey("events.session", models.CASCADE, null=True, db_constraint=False),
        ),
        migrations.AlterField(
            "reportpass", "forum", models.ForeignKey("events.forum", models.CASCADE, db_constraint=False)
        ),
        migrations.AlterField(
            "reportpass",
            "made_by",
            models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, db_constraint=False),
        ),
        migrations.RunPython(forget_failures, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel("MeetingReport"), migrations.DeleteModel("ReportPass")]
        ),
    ]
