import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    deploy_note = (
        "A forum has some hundred speakers and invitations: their new, empty columns are checked and indexed in moments. "
        "Old code knows nothing of them and leaves them empty."
    )

    dependencies = [("events", "0032_accounts_know_more")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="is_checked",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="An organiser has looked at it. Until then nobody is offered it who types a name like it.",
                verbose_name="checked",
            ),
        ),
        migrations.CreateModel(
            name="OrganisationName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="other_names",
                        to="events.organisation",
                        verbose_name="organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "other name",
                "verbose_name_plural": "other names",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        Lower("name"),
                        name="organisation_other_name_once",
                        violation_error_message="This is another name of an organisation already.",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="speaker",
            name="account",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="speakers",
                to=settings.AUTH_USER_MODEL,
                verbose_name="account",
            ),
        ),
        migrations.AddField(
            model_name="speaker",
            name="email",
            field=models.EmailField(
                blank=True,
                db_default="",
                help_text="Not public: for the link with which they connect their account, and for our mails to them.",
                max_length=254,
                verbose_name="e-mail",
            ),
        ),
        migrations.AddConstraint(
            model_name="speaker",
            constraint=models.UniqueConstraint(
                fields=("forum", "account"),
                name="speaker_account_once",
                violation_error_message="This account is another speaker of the forum.",
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="account",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="speaker_invitations",
                to=settings.AUTH_USER_MODEL,
                verbose_name="account",
            ),
        ),
    ]
