from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("config", "0001_heartbeat")]
    deploy_note = "Processes of the version before write heartbeats for the seconds until they end; without their table they log it, and go on."

    operations = [
        migrations.CreateModel(
            name="LastRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("done", models.DateTimeField(null=True)),
                ("failed", models.DateTimeField(null=True)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.DeleteModel(name="Heartbeat"),
    ]
