from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0045_plain_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='placement',
            name='minutes',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='minutes'),
        ),
    ]
