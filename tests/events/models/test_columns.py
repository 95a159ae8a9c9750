"""Titles and names are one line, whoever writes them: a line break in a mail would begin a paragraph of the writer's own."""

import pytest
from django.apps import apps
from django.db.models import FileField

from events.models import Proposal, Session, Speaker
from events.models.columns import UploadColumn, one_line
from tests.events.proposals.factories import ProposalFactory
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
def test_files_that_people_upload_are_read_before_they_are_stored():
    """The others are made by the site."""
    others = {
        str(field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, FileField) and not isinstance(field, UploadColumn)
    }

    assert others == {"prizes.Count.bundle", "prizes.OutcomeDocument.pdf", "prizes.OutcomeDocument.docx"}
