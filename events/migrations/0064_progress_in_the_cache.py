"""How far an import is stands in the cache. Its column stays, with a default, for the version before, which still writes it; the
next version can remove it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0063_fileimport")]

    deploy_note = "A default for new rows of imports: no row is read or written for it."

    operations = [
        migrations.AlterField("fileimport", "progress", models.PositiveSmallIntegerField(default=0, db_default=0)),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("fileimport", "progress")]),
    ]
