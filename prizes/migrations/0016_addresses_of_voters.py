from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("prizes", "0015_names_of_tables")]

    operations = [
        # The table keeps its name, which old code knows.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("ErasedVoter", "VoterAddress"),
                migrations.AlterModelTable("voteraddress", "prizes_erasedvoter"),
            ],
        ),
        migrations.AlterModelOptions(
            name="voteraddress",
            options={
                "default_permissions": (),
                "verbose_name": "address of a voter",
                "verbose_name_plural": "addresses of voters",
            },
        ),
        migrations.AlterModelOptions(
            name="ballot",
            options={
                "default_permissions": ("view",),
                "ordering": ["-pk"],
                "permissions": [
                    ("inspect_ballot", "Can read the integrity report"),
                    ("export_ballot", "Can export ballots"),
                ],
                "verbose_name": "ballot",
                "verbose_name_plural": "ballots",
            },
        ),
        migrations.AlterField(
            model_name="trace",
            name="kind",
            field=models.CharField(
                choices=[
                    ("address", "Address"),
                    ("network", "Network"),
                    ("box", "Mail box"),
                    ("domain", "Mail service"),
                    ("organisation", "Organisation"),
                ],
                max_length=12,
            ),
        ),
    ]
