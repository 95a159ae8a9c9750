from django.db import migrations, models
from django.db.models import F, Q

VERDICTS = {
    "proposal-changes": "changes",
    "proposal-accepted": "accepted",
    "proposal-declined": "declined",
    "proposal-merged": "merged",
}


def separate(apps, schema_editor):
    """What the person who proposed does not know, as the draft of its mail still waits, becomes pending."""
    proposals, messages, remarks, hosts = (
        apps.get_model("events", name).objects.using(schema_editor.connection.alias)
        for name in ("Proposal", "Message", "Remark", "HostedSession")
    )
    for mail in messages.filter(kind="proposal-joined"):  # they speak of the merger from now on
        remark = remarks.filter(pk=mail.dedupe_key.split(":")[-1]).first()
        merged = proposals.filter(code=remark.text[:6]).first() if remark else None
        if merged is not None:
            mail.about = merged.pk
            mail.save(update_fields=["about"])
    for kind, state in VERDICTS.items():
        waiting = messages.filter(kind=kind, state="draft", user__isnull=False)
        for pk, user in set(waiting.values_list("about", "user")):
            proposal = proposals.filter(pk=pk, proposer=user, state=state).first()
            if proposal is None:
                continue
            people = {proposal.proposer_id, *proposal.editors.values_list("pk", flat=True)}
            if proposal.session_id:
                hosts.filter(session=proposal.session_id, user__in=people).delete()
            if state == "merged":
                joined = remarks.filter(proposal=proposal.merged_into_id, verb="join-editor").values("author")
                proposal.merged_into.editors.through.objects.using(schema_editor.connection.alias).filter(
                    proposal=proposal.merged_into_id, user__in=people
                ).exclude(user__in=joined).delete()
            proposal.state, proposal.pending_state = "submitted", state
            proposal.save(update_fields=["state", "pending_state"])


def join(apps, schema_editor):
    proposals = apps.get_model("events", "Proposal").objects.using(schema_editor.connection.alias)
    proposals.exclude(pending_state="").update(state=F("pending_state"))


class Migration(migrations.Migration):
    dependencies = [("events", "0012_history")]

    operations = [
        migrations.AddField(
            model_name="proposal",
            name="pending_state",
            field=models.CharField(
                blank=True,
                choices=[
                    ("draft", "Draft"),
                    ("submitted", "Submitted"),
                    ("changes", "Changes asked for"),
                    ("accepted", "Accepted"),
                    ("declined", "Declined"),
                    ("merged", "Merged into another"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="",
                editable=False,
                max_length=10,
                verbose_name="decided, not told yet",
            ),
            preserve_default=False,
        ),
        migrations.RunPython(separate, join),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=~Q(pending_state=F("state")), name="proposal_pending_is_new"
            ),
        ),
    ]
