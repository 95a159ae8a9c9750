import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registration', '0030_files_of_registrations'),
    ]

    operations = [
        migrations.AddField(
            model_name='kind',
            name='offer_minutes',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='For the first on the waiting list, who has to take it. Then the next one gets it. 0: they have it at once.', verbose_name='a free place is kept, minutes'),
        ),
        migrations.AddField(
            model_name='waiting',
            name='rank',
            field=models.SmallIntegerField(db_default=0, default=0, verbose_name='order'),
        ),
        migrations.AlterField(
            model_name='waiting',
            name='session',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='waitings', to='events.session', verbose_name='session'),
        ),
        migrations.AddConstraint(
            model_name='waiting',
            constraint=models.UniqueConstraint(condition=models.Q(('session', None)), fields=('registration',), name='waiting_once_for_kind', violation_error_message='This person is on the waiting list already.'),
        ),
    ]
