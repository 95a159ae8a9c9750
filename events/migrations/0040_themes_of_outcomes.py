from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0039_letters_of_invitation'),
    ]

    operations = [
        migrations.CreateModel(
            name='Theme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='order')),
            ],
            options={
                'verbose_name': 'theme',
                'verbose_name_plural': 'themes',
                'ordering': ['order', 'name'],
            },
        ),
        migrations.AddField(
            model_name='outcome',
            name='action_lines',
            field=models.ManyToManyField(blank=True, related_name='outcomes', to='events.actionline', verbose_name='Action Lines'),
        ),
        migrations.AddField(
            model_name='outcome',
            name='date',
            field=models.DateField(blank=True, help_text='The day on which it was announced, launched, agreed or published.', null=True, verbose_name='date'),
        ),
        migrations.AddField(
            model_name='outcome',
            name='sdgs',
            field=models.ManyToManyField(blank=True, related_name='outcomes', to='events.sdg', verbose_name='SDGs'),
        ),
        migrations.AddField(
            model_name='outcome',
            name='themes',
            field=models.ManyToManyField(blank=True, related_name='outcomes', to='events.theme', verbose_name='themes'),
        ),
    ]
