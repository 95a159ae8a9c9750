"""A door at which people check themselves in by a code; a pass that may register people, and how often it was searched with."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registration', '0028_invitations_to_register'),
    ]

    operations = [
        migrations.AddField(
            model_name='door',
            name='has_code',
            field=models.BooleanField(db_default=False, default=False, help_text='By a code on a screen in the room, which changes every 30 seconds. Nobody looks at who enters it.', verbose_name='people check themselves in'),
        ),
        migrations.AddField(
            model_name='doorpass',
            name='may_register',
            field=models.BooleanField(db_default=False, default=False, help_text='Registers on the spot whoever comes without a ticket, and lets them in.', verbose_name='may register people'),
        ),
        migrations.AddField(
            model_name='doorpass',
            name='searches',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='searches by name'),
        ),
    ]
