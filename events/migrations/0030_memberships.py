import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0029_mails_that_end_workers")]

    operations = [
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("supervisors", "Supervisor"),
                            ("organisers", "Organiser"),
                            ("programme", "Programme team"),
                            ("proposal reviewers", "Reviewer of proposals"),
                            ("registration desk", "Registration desk"),
                            ("prize officers", "Prize officer"),
                            ("experts", "Expert of the prize"),
                        ],
                        max_length=30,
                        verbose_name="role",
                    ),
                ),
                ("given_at", models.DateTimeField(verbose_name="given")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="why")),
                ("agreed_at", models.DateTimeField(blank=True, null=True, verbose_name="agreed to")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
                (
                    "agreed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="agreed to by",
                    ),
                ),
                (
                    "forum",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="events.forum",
                        verbose_name="forum",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="given by",
                    ),
                ),
            ],
            options={
                "verbose_name": "role of an account",
                "verbose_name_plural": "roles of accounts",
                "ordering": ["pk"],
                "default_permissions": ("view", "give"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "role", "forum"),
                        name="membership_once",
                        violation_error_message="This account has this role there already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("forum", None)),
                        fields=("account", "role"),
                        name="membership_everywhere_once",
                        violation_error_message="This account has this role in all forums already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("given_by", None), models.Q(("given_by", models.F("account")), _negated=True), _connector="OR"),
                            models.Q(("agreed_by", None), models.Q(("agreed_by", models.F("account")), _negated=True), _connector="OR"),
                        ),
                        name="membership_not_to_oneself",
                        violation_error_message="Nobody gives a role to themselves.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("agreed_by", None),
                            ("given_by", None),
                            models.Q(("agreed_by", models.F("given_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="membership_agreed_by_another",
                        violation_error_message="Somebody else has to agree.",
                    ),
                ],
            },
        ),
    ]
