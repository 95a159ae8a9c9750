"""What takes two people: acts that one proposes and another agrees to, and waivers of supervisors."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def account(name, **options):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        verbose_name=name,
        **options,
    )


def edition(related_name):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to="prizes.edition",
        verbose_name="edition",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("prizes", "0008_erased_voters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="edition",
            options={
                "ordering": ["-forum__starts"],
                "permissions": [
                    ("publish_edition", "Can publish the nominees"),
                    ("count_edition", "Can count the votes"),
                    ("close_edition", "Can close an edition for good"),
                    ("move_end_edition", "Can move the end of a running vote"),
                    ("log_edition", "Can read the log of the prize"),
                ],
                "verbose_name": "prize edition",
                "verbose_name_plural": "prize editions",
            },
        ),
        migrations.CreateModel(
            name="ActByTwo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("move-end", "Move the end of the vote"), ("close", "Close the edition")],
                        max_length=10,
                        verbose_name="what",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("proposed", "Proposed"), ("done", "Done"), ("dropped", "Dropped")],
                        default="proposed",
                        editable=False,
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("old_end", models.DateTimeField(blank=True, null=True, verbose_name="end of the vote so far")),
                ("new_end", models.DateTimeField(blank=True, null=True, verbose_name="new end of the vote")),
                (
                    "reason",
                    models.TextField(
                        validators=[django.core.validators.MaxLengthValidator(4000)], verbose_name="reason"
                    ),
                ),
                ("proposed", models.DateTimeField(verbose_name="proposed")),
                ("decided", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("decided_by", account("decided by", blank=True, null=True)),
                ("edition", edition("acts_by_two")),
                ("proposed_by", account("proposed by")),
            ],
            options={
                "verbose_name": "act by two",
                "verbose_name_plural": "acts by two",
                "ordering": ["-proposed", "-pk"],
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "proposed")),
                        fields=("edition", "kind"),
                        name="act_by_two_waits_once",
                        violation_error_message="This is proposed already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("decided__isnull", False),
                                models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="act_by_two_people",
                        violation_error_message="A second organiser has to agree.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "move-end"), _negated=True),
                            models.Q(("new_end__isnull", False), ("old_end__isnull", False)),
                            _connector="OR",
                        ),
                        name="act_by_two_knows_the_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Waiver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.TextField(
                        validators=[django.core.validators.MaxLengthValidator(2000)],
                        verbose_name="reason, as the public reads it",
                    ),
                ),
                ("given", models.DateTimeField(verbose_name="given")),
                ("edition", edition("waivers")),
                ("first", account("one person")),
                ("given_by", account("given by")),
                ("second", account("other person")),
            ],
            options={
                "verbose_name": "waiver",
                "verbose_name_plural": "waivers",
                "ordering": ["-given", "-pk"],
                "default_permissions": ("view", "add"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("first__lt", models.F("second")),
                            models.Q(("given_by", models.F("first")), _negated=True),
                            models.Q(("given_by", models.F("second")), _negated=True),
                        ),
                        name="waiver_by_a_third",
                        violation_error_message="A third person has to give it.",
                    )
                ],
            },
        ),
    ]
