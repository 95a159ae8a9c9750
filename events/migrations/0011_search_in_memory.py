from django.db import migrations


class Migration(migrations.Migration):
    """The words of the search stand in memory now: nothing is kept that is not made from the sessions at any time."""

    dependencies = [("events", "0010_mails_say_what_they_are_about")]

    operations = [migrations.DeleteModel("SearchEntry"), migrations.DeleteModel("SearchIndex")]
