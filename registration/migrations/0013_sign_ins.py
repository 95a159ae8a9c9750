import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registration", "0012_one_index_of_bookings_by_session"),
        ("sessions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("session", models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="sign_in", serialize=False, to="sessions.session")),
                ("began", models.DateTimeField(verbose_name="since")),
                ("browser", models.CharField(blank=True, max_length=40, verbose_name="browser")),
                ("system", models.CharField(blank=True, max_length=40, verbose_name="system")),
                ("network", models.CharField(blank=True, max_length=50, verbose_name="network")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="sign_ins", to=settings.AUTH_USER_MODEL, verbose_name="account")),
            ],
            options={"ordering": ["-began"]},
        ),
    ]
