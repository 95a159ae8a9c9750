from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("events", "0028_pdf_files")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="crashes",
            field=models.SmallIntegerField(
                db_default=0, default=0, help_text="How many workers ended while they had it.", verbose_name="crashes"
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="reason",
            field=models.CharField(blank=True, choices=[('no-mailbox', 'There is no such mailbox'), ('no-domain', 'The domain is not known or takes no mail'), ('bad-address', 'The address is written wrongly'), ('closed', 'The mailbox is closed'), ('full', 'The mailbox is full'), ('too-large', 'The mail is too large'), ('greylisted', 'The server wants us to come again later'), ('unwanted', 'Refused by a rule of the server (spam, unknown sender)'), ('sender', 'Our sender is not proven (SPF, DKIM, DMARC)'), ('log-in', 'The mail server does not accept our log-in'), ('busy', 'The mail server is busy or out of order'), ('unreached', 'The mail server is not reached'), ('broken-off', 'The mail server broke off before it had the mail'), ('unanswered', 'The mail server had the mail and did not answer'), ('later', 'Refused for now'), ('refused', 'Refused'), ('not-built', 'The mail cannot be put together'), ('crashed', 'The program that sends mails broke down over it three times'), ('restored', 'It may have been sent before the site was restored')], db_default="", default="", max_length=20, verbose_name="reason"),
        ),
    ]
