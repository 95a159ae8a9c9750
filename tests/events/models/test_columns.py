"""Titles and names are one line, whoever writes them: a line break in a mail would begin a paragraph of the writer's own."""

import pytest
from django import forms
from django.apps import apps
from django.db.models import FileField

from events.models import Proposal, Question, Session, SessionReport, Speaker
from events.models.columns import LineField, UploadColumn, one_line
from events.outcomes.report.report_draft import ReportDraft
from events.proposals.form.questions import ProposalDraft
from events.proposals.hosting import views
from events.shared.drafts.drafts import StepForm
from tests.events.proposals.factories import CallFactory, ProposalFactory, fill
from tests.factories import OrganisationFactory, SessionFactory

BAD = " Fibre\r\n\r\nYour\u2028account\u2029is\x85blocked\x0b\x00."
GOOD = "Fibre Your account is blocked \x00."
PASTED = BAD.replace("\x00", "")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (BAD, GOOD),
        ("", ""),
        ("\n", ""),
        ("Qui\u00a0? 你好\u3000吗", "Qui\u00a0? 你好\u3000吗"),
        ("a\x1b[31m", "a [31m"),
    ],
)
def test_one_line(text, kept):
    assert one_line(text) == kept


# --- the columns ------------------------------------------------------------------------------------
def test_columns_that_others_enter_and_mails_show():
    found = {
        f"{model._meta.object_name}.{field.name}"
        for model in apps.get_app_config("events").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, LineField)
    }

    assert found == {
        *("Document.title", "Outcome.title", "Proposal.title", "Session.title"),
        *("Invitation.name", "Organisation.acronym", "Organisation.name", "Speaker.name", "User.name"),
        *("OrganisationName.name", "User.organisation", "User.title"),
        *("Commitment.indicator", "Commitment.target", "MailText.subject", "PracticalPage.title", "Theme.name"),
        *("Forum.chair_title", "Forum.certificate_signatory", "Forum.certificate_signatory_title"),
        *("Invitation.organisation_name", "Proposal.organisation_name", "Invitation.position", "Speaker.position"),
    }


@pytest.mark.django_db
def test_no_way_of_writing_goes_past_them():
    row = SessionFactory(title=PASTED)
    made = Session.objects.bulk_create([Session(forum=row.forum, type=row.type, title=PASTED)])[0]
    Speaker.objects.create(forum=row.forum, name=PASTED)
    OrganisationFactory(name=PASTED)
    Proposal.objects.filter(pk=ProposalFactory().pk).update(title=PASTED)
    cleaned = Session(title=PASTED)
    cleaned.clean_fields(exclude={field.name for field in Session._meta.fields} - {"title"})

    assert {row.title, made.title, cleaned.title} == {one_line(PASTED)}
    for model, name in ((Session, "title"), (Speaker, "name"), (Proposal, "title")):
        assert set(model.objects.values_list(name, flat=True)) == {one_line(PASTED)}
    assert Session.objects.filter(title=PASTED).count() == 2


# --- the forms --------------------------------------------------------------------------------------
def all_forms():
    call = CallFactory()
    proposal = fill(ProposalFactory(forum=call.forum, state="draft"))
    Question.objects.create(call=call, text="Why?", kind="line")
    draft = ProposalDraft(proposal, call=call)
    for step in draft.steps:
        yield step.key, StepForm(draft, step)
    report = ReportDraft(SessionReport(session=SessionFactory()))
    for step in report.steps:
        yield step.key, StepForm(report, step)
    for kind in (*(part.form for part in views.PARTS.values()), views.AnswerForm):
        yield kind.__name__, kind()


@pytest.mark.django_db
def test_every_field_of_one_line():
    fields = {
        (page, name): field
        for page, form in all_forms()
        for name, field in form.fields.items()
        if isinstance(field, forms.CharField)
        and type(field.widget) is forms.TextInput
        and not isinstance(field, forms.EmailField)
    }

    assert {field.clean(PASTED) for field in fields.values()} == {one_line(PASTED)}
    assert {page for page, _name in fields} == {
        "who", "what", "speakers", "wishes", "TextForm", "PanellistForm", "DocumentForm", "outcomes", "AnswerForm",
    }  # fmt: skip


def test_files_that_people_upload_are_read_before_they_are_stored():
    """The others are made by the site."""
    others = {
        str(field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, FileField) and not isinstance(field, UploadColumn)
    }

    assert others == {"prizes.Count.bundle", "prizes.OutcomeDocument.pdf", "prizes.OutcomeDocument.docx"}
