from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0041_session_reports'),
    ]

    operations = [
        migrations.AddField(
            model_name='forum',
            name='open_stays_count',
            field=models.BooleanField(db_default=False, default=False, help_text='For the minutes that people were in sessions. Unticked: whoever followed the join link, and was not seen leaving, attended for a time that is not known.', verbose_name='who was not seen leaving stayed to the end'),
        ),
    ]
