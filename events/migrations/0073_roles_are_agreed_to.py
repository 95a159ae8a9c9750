"""A membership counts from the moment in which it is made: no role that takes two supervisors stands there before both agree."""

from django.db import migrations, models

BY_TWO = ["supervisors", "prize officers", "experts"]


class Migration(migrations.Migration):
    dependencies = [("events", "0072_waiting_roles_are_approvals")]
    deploy_note = (
        "A table of some hundred rows. While both versions run, the one before cannot give a role that waits for a second "
        "supervisor: the database refuses it, for the new version would let it count."
    )

    operations = [
        migrations.AddConstraint(
            "membership",
            models.CheckConstraint(
                condition=~models.Q(role__in=BY_TWO) | models.Q(agreed_at__isnull=False),
                name="membership_is_agreed_to",
                violation_error_message="A second supervisor has to agree.",
            ),
        ),
    ]
