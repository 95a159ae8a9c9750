import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0034_erased_accounts'),
        ('registration', '0018_lost_devices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Kind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(help_text='For lists and files, such as delegate.', max_length=30, verbose_name='short name')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('names', models.JSONField(blank=True, default=dict, verbose_name='name in other languages')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='order')),
                ('colour', models.CharField(choices=[('blue', 'Blue'), ('green', 'Green'), ('orange', 'Orange'), ('red', 'Red'), ('purple', 'Purple'), ('grey', 'Grey')], default='blue', max_length=10, verbose_name='colour of the badge')),
                ('mode', models.CharField(blank=True, choices=[('remote', 'Online'), ('on_site', 'On site')], help_text='Empty: people choose.', max_length=10, verbose_name='attendance')),
                ('opens', models.DateTimeField(blank=True, help_text='Empty: when registration for the forum opens.', null=True, verbose_name='opens')),
                ('closes', models.DateTimeField(blank=True, help_text='Empty: when registration for the forum closes.', null=True, verbose_name='closes')),
                ('capacity', models.PositiveIntegerField(blank=True, help_text='Of people who take part. Empty: no limit.', null=True, verbose_name='places')),
                ('per_organisation', models.PositiveIntegerField(blank=True, help_text='Empty: no limit.', null=True, verbose_name='places for each organisation')),
                ('approval', models.CharField(choices=[('none', 'Nobody: who registers takes part'), ('secretariat', 'The secretariat'), ('focal_point', 'The organisation’s focal point, then the secretariat')], default='none', max_length=20, verbose_name='who approves')),
                ('needs_letter', models.BooleanField(default=False, verbose_name='asks for a letter or note verbale')),
                ('needs_photograph', models.BooleanField(default=False, verbose_name='asks for a photograph')),
                ('is_invited', models.BooleanField(default=False, verbose_name='by invitation only')),
            ],
            options={
                'verbose_name': 'kind of registration',
                'verbose_name_plural': 'kinds of registration',
                'ordering': ['order', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='registration',
            name='state',
            field=models.CharField(choices=[('focal_point', 'With the focal point'), ('secretariat', 'With the secretariat'), ('waiting', 'On the waiting list'), ('approved', 'Approved'), ('refused', 'Refused')], db_default='approved', default='approved', editable=False, max_length=20, verbose_name='state'),
        ),
        migrations.AddField(
            model_name='kind',
            name='forum',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='kinds', to='events.forum', verbose_name='forum'),
        ),
        migrations.AddField(
            model_name='kind',
            name='session_types',
            field=models.ManyToManyField(blank=True, help_text='By type. None chosen: all.', related_name='+', to='events.sessiontype', verbose_name='sessions that it may book'),
        ),
        migrations.AddField(
            model_name='registration',
            name='kind',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='registrations', to='registration.kind', verbose_name='kind'),
        ),
        migrations.AddConstraint(
            model_name='kind',
            constraint=models.UniqueConstraint(fields=('forum', 'slug'), name='kind_slug_once', violation_error_message='There is a kind of this short name already.'),
        ),
        migrations.AddConstraint(
            model_name='kind',
            constraint=models.CheckConstraint(condition=models.Q(('opens', None), ('closes', None), ('closes__gt', models.F('opens')), _connector='OR'), name='kind_closes_after_opening', violation_error_message='Registration closes before it opens.'),
        ),
    ]
