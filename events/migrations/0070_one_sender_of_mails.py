"""Mails that are perhaps delivered: those that would be repeated are queued, all others have failed, and wait for organisers on the same
page as before. One on which a worker of the version before is at work is left to it. That version may still write the state while this
one takes over: such mails stand on that page too. The next version can remove the state, the columns `doubts` and `crashes`, and the
table of the paces of domains."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

BATCH = 2000


def settle(apps, schema_editor):
    mails = apps.get_model("events", "Message").objects.using(schema_editor.connection.alias)
    is_free = Q(leased_until=None) | Q(leased_until__lte=Now())
    keys = list(mails.filter(is_free, state="perhaps").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        rows = mails.filter(is_free, pk__in=keys[start : start + BATCH], state="perhaps")
        rows.filter(doubts__lt=2).update(state="queued", leased_until=None)
        rows.update(state="failed", leased_until=None)


class Migration(migrations.Migration):
    atomic = False
    deploy_note = (
        "It moves the mails that are perhaps delivered, mostly some dozens, 2,000 at a time; it can be run again. The columns and the "
        "table stay, with their defaults, for the version before."
    )

    dependencies = [("events", "0069_no_repeats_of_mails")]

    operations = [
        migrations.RunPython(settle, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            "message",
            "reason",
            models.CharField(
                blank=True,
                choices=[
                    ("no-mailbox", "There is no such mailbox"),
                    ("no-domain", "The domain is not known or takes no mail"),
                    ("bad-address", "The address is written wrongly"),
                    ("closed", "The mailbox is closed"),
                    ("full", "The mailbox is full"),
                    ("too-large", "The mail is too large"),
                    ("greylisted", "The server wants us to come again later"),
                    ("unwanted", "Refused by a rule of the server (spam, unknown sender)"),
                    ("sender", "Our sender is not proven (SPF, DKIM, DMARC)"),
                    ("log-in", "The mail server does not accept our log-in"),
                    ("busy", "The mail server is busy or out of order"),
                    ("unreached", "The mail server is not reached"),
                    ("broken-off", "The mail server broke off: perhaps it has the mail"),
                    ("unanswered", "The mail server had the mail and did not answer"),
                    ("later", "Refused for now"),
                    ("refused", "Refused"),
                    ("not-built", "The mail cannot be put together"),
                    ("crashed", "The program that sends mails broke down over it each time"),
                    ("restored", "It may have been sent before the site was restored"),
                    ("suppressed", "The address is suppressed: it took no mail before, or its owner complained"),
                    ("refuses", "The person refused mails of this kind"),
                    ("erased", "The account is closed or erased"),
                    ("left", "The person withdrew, or is in none of the chosen groups any more"),
                    ("outdated", "What it speaks of is over, or has changed"),
                ],
                db_default="",
                default="",
                max_length=20,
                verbose_name="reason",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("message", "doubts"),
                migrations.RemoveField("message", "crashes"),
                migrations.DeleteModel("DomainPace"),
            ]
        ),
    ]
