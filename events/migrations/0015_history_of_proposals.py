import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ROWS = 1000
# What was said of “it” says now of what.
RENAMED = {
    verb: f"{verb}-proposal"
    for verb in ("begin", "submit", "withdraw", "score", "accept", "decline", "reopen", "merge")
}


def take_over(apps, schema_editor):
    """What was done with proposals moves into the one history; what was said stays with the proposal."""
    using = schema_editor.connection.alias
    entry, old = apps.get_model("events", "HistoryEntry"), apps.get_model("events", "Remark")
    done = old.objects.using(using).exclude(verb="")
    columns = ("proposal", "proposal__forum", "proposal__code", "author", "at", "verb", "text")
    found = []
    for proposal, forum, code, author, at, verb, text in done.order_by("pk").values_list(*columns).iterator(ROWS):
        found.append(
            entry(
                forum_id=forum,
                actor_id=author,
                at=at,
                verb=RENAMED.get(verb, verb),
                model="events.proposal",
                key=str(proposal),
                subject=code,
                reason=text,
            )
        )
        if len(found) == ROWS:
            entry.objects.using(using).bulk_create(found)
            found = []
    entry.objects.using(using).bulk_create(found)
    done.delete()


class Migration(migrations.Migration):
    dependencies = [("events", "0014_invited_co_editors"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.RemoveField(model_name="remark", name="verb"),
        migrations.RenameModel(old_name="Remark", new_name="ProposalComment"),
        migrations.AlterModelOptions(
            name="proposalcomment",
            options={
                "ordering": ["at", "pk"],
                "verbose_name": "comment on a proposal",
                "verbose_name_plural": "comments on proposals",
            },
        ),
        migrations.AlterField(
            model_name="proposalcomment",
            name="proposal",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="comments",
                to="events.proposal",
                verbose_name="proposal",
            ),
        ),
        migrations.AlterField(
            model_name="proposalcomment",
            name="text",
            field=models.TextField(validators=[django.core.validators.MaxLengthValidator(4000)], verbose_name="text"),
        ),
    ]
