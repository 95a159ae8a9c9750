"""How far an Outcome Document is stands in the cache. Its column stays, with a default, for the version before, which still writes it; the
next version can remove it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("prizes", "0013_words_of_people")]

    deploy_note = "A default for new rows of documents: no row is read or written for it."

    operations = [
        migrations.AlterField("outcomedocument", "progress", models.PositiveSmallIntegerField(default=0, db_default=0)),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("outcomedocument", "progress")]),
    ]
