from django.db import migrations, models

import events.models.people


class Migration(migrations.Migration):

    dependencies = [
        ('registration', '0043_new_tickets'),
    ]

    operations = [
        migrations.AddField(
            model_name='registration',
            name='latin_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=150, validators=[events.models.people.validate_latin], verbose_name='name in Latin letters'),
        ),
    ]
