import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("events", "0034_erased_accounts"),
        ("registration", "0016_known_organisations"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked", models.DateTimeField(verbose_name="asked for")),
                ("made", models.DateTimeField(null=True, verbose_name="made")),
                ("expires", models.DateTimeField(null=True, verbose_name="gone from")),
                ("content", models.JSONField(default=dict)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="data_copies",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "ordering": ["-asked", "-pk"],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("made__isnull", True)), fields=["asked"], name="data_copy_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("made__isnull", True)), fields=("user",), name="data_copy_waits_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked", models.DateTimeField(verbose_name="asked for")),
                ("due", models.DateTimeField(verbose_name="due")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("stopped", "Stopped by the person"),
                            ("erased", "Erased, files are being deleted"),
                            ("done", "Done"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("taken_out", models.JSONField(default=list)),
                ("erased", models.DateTimeField(null=True, verbose_name="erased")),
                ("files", models.JSONField(default=list)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "ordering": ["-asked", "-pk"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["state", "due"], name="erasure_by_state")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")), fields=("user",), name="erasure_waits_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RetentionPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="what")),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                        verbose_name="days after the forum",
                    ),
                ),
                (
                    "forum",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="retention_periods",
                        to="events.forum",
                        verbose_name="forum",
                    ),
                ),
            ],
            options={
                "verbose_name": "retention period",
                "verbose_name_plural": "retention periods",
                "ordering": ["forum", "kind"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("forum", "kind"),
                        name="retention_period_once",
                        violation_error_message="The forum has a period for this already.",
                    )
                ],
            },
        ),
    ]
