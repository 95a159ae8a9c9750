"""No door shows a code any more. The column stays, with its default, for the version before, which reads it; the next version can
remove it. Scans and attendances by such codes stay."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("registration", "0046_no_reports_by_themselves")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("door", "has_code")]),
    ]
