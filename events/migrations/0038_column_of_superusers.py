"""Code knows the column of superusers no more. It stays, with a default, for the version before, which still reads and writes
it; the next version can remove it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0037_no_superusers")]

    deploy_note = "A default for new rows of accounts: no row is read or written for it."

    operations = [
        migrations.AlterField("user", "is_superuser", models.BooleanField(default=False, db_default=False)),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("user", "is_superuser")]),
    ]
