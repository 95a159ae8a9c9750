"""What takes two people has one table, whatever it is about."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0070_one_sender_of_mails'),
    ]

    operations = [
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=30, verbose_name='what')),
                ('subject', models.BigIntegerField(verbose_name='key')),
                ('values', models.JSONField(blank=True, default=dict, verbose_name='what is proposed')),
                ('reason', models.TextField(validators=[django.core.validators.MaxLengthValidator(4000)], verbose_name='reason')),
                ('state', models.CharField(choices=[('proposed', 'Waits for a second person'), ('agreed', 'Agreed'), ('dropped', 'Dropped')], default='proposed', editable=False, max_length=10, verbose_name='state')),
                ('proposed', models.DateTimeField(verbose_name='proposed')),
                ('decided', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('forum', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='events.forum', verbose_name='forum')),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
            ],
            options={
                'verbose_name': 'act by two',
                'verbose_name_plural': 'acts by two',
                'ordering': ['-proposed', '-pk'],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['kind', 'subject'], name='approval_of_a_row')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('kind', 'subject', 'forum'), name='approval_waits_once'), models.UniqueConstraint(condition=models.Q(('forum__isnull', True), ('state', 'proposed')), fields=('kind', 'subject'), name='approval_everywhere_waits_once'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'agreed'), _negated=True), models.Q(('decided__isnull', False), ('decided_by__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='approval_by_two', violation_error_message='A second person has to agree.'), models.CheckConstraint(condition=models.Q(('account', None), models.Q(models.Q(('proposed_by', models.F('account')), _negated=True), models.Q(models.Q(('state', 'agreed'), _negated=True), models.Q(('decided_by', models.F('account')), _negated=True), _connector='OR')), _connector='OR'), name='approval_not_for_oneself', violation_error_message='Nobody does this for their own account.')],
            },
        ),
    ]
