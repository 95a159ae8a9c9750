"""The versions of the Outcome Document: asked for once, made by any worker, kept, and shown by organisers."""

import hashlib
import re
import zipfile
from functools import partial
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from docx import Document
from docx.oxml.ns import qn

from events.models import SessionReport
from events.shared.admin import publishing
from prizes.models import OutcomeDocument
from prizes.outcome_document import versions
from prizes.tasks import make_outcome_documents
from tests.factories import NOW, ActionLineFactory, ForumFactory, SessionFactory, UserFactory
from tests.races import together
from tests.refusals import refused

pytestmark = [pytest.mark.usefixtures("noon")]
State = OutcomeDocument.State
WORDS = "The last mile is the longest. "
SIGNS = ["#panic(1) *b* $x$ <a> @b", "كلمات in Latin", "信息网络", "\u202eturned\x07", "x" * 250, "W " * 120]


def ask(forum, language="en"):
    return versions.ask(forum, language=language, by=UserFactory(), now=NOW)


def make(forum, language="en"):
    row = ask(forum, language)
    versions.make_due(NOW)
    row.refresh_from_db()
    return row


def read(stored):
    with stored.open() as file:
        return file.read()


def test_both_files_are_made_and_kept_with_their_digests(db):
    row = make(ForumFactory())

    assert (row.state, row.progress, row.moment, row.number) == (State.DONE, versions.DRAWN, NOW, 1)
    pdf, docx = read(row.pdf), read(row.docx)
    assert (pdf[:5], docx[:2]) == (b"%PDF-", b"PK")
    digests = [hashlib.sha256(file).hexdigest() for file in (pdf, docx)]
    assert digests == [row.pdf_sha256, row.docx_sha256]


def test_pressed_twice_it_is_made_once_and_another_language_waits(db):
    forum = ForumFactory()

    first, second, other = ask(forum), ask(forum), ask(ForumFactory(slug="2021"), "fr")

    assert (first == second, other.number) == (True, 1)
    with pytest.raises(ValidationError) as refusal:
        ask(forum, "fr")
    assert refusal.value.code == "being-made"
    make_outcome_documents()
    assert [row.state for row in OutcomeDocument.objects.all()] == [State.DONE] * 2
    assert ask(forum, "fr").number == 2


def test_pressed_by_three_at_once_it_is_made_once(transactional_db):
    forum, people = ForumFactory(), [UserFactory() for _n in range(3)]

    rows = together(*(partial(versions.ask, forum, language="en", by=one, now=NOW) for one in people))

    assert len({row.pk for row in rows}) == OutcomeDocument.objects.count() == 1


def test_document_that_cannot_be_made_is_begun_again_by_the_next_attempt(db, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(versions, "WRITING", ["/bin/false"])
        row = make(ForumFactory())
    versions.make_due(NOW + OutcomeDocument.PAUSES[0])

    assert (row.state, row.progress, bool(row.pdf)) == (State.MAKING, versions.DRAWN, False)
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.DONE, 2)
    assert OutcomeDocument.LEASE.total_seconds() > 3 * versions.LONGEST + 60


def test_only_a_version_that_is_made_is_published(db):
    row, by = make(ForumFactory()), UserFactory()
    failed = OutcomeDocument.objects.create(
        forum=row.forum, number=9, language="en", state="failed", asked=NOW, asked_by=by
    )

    publishing.publish(row, by=by, now=NOW)

    assert list(versions.published(row.forum)) == [row]
    assert refused(publishing.publish, failed, by=by, now=NOW) == "stays-hidden"
    publishing.hide(row, by=by, now=NOW)
    assert list(versions.published(row.forum)) == []


# --- the files ------------------------------------------------------------------------------------
@pytest.fixture
def odd(db):
    """200 pages in a report, titles of one word and of many, other scripts, and what would be markup."""
    forum = ForumFactory(name="WSIS Forum 2020", theme=SIGNS[4])
    for title in SIGNS:
        SessionFactory(forum=forum, title=title[:250], description=f"{title}\n\n1. One\n2. Two\n\n> {title}")
    long = SessionFactory(forum=forum, title="Long")
    long.action_lines.set([ActionLineFactory(code="C2"), ActionLineFactory(code="C5")])
    text = "\n\n".join([WORDS * 20] * 1800)
    SessionReport.objects.create(session=long, state="approved", key_issues=text, way_forward="- a\n- b\n\n`x`")
    return forum


def test_odd_texts_are_drawn_in_a_tagged_file_with_bookmarks_and_a_language(odd):
    pdf = read(make(odd).pdf)

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 200
    marks = (b"/StructTreeRoot", b"/Outlines", b"/Lang(en)", b"pdfuaid", b"/TH")
    assert [mark for mark in marks if mark not in pdf] == []


def test_docx_has_headings_tables_with_heads_and_paragraphs_with_their_direction(odd):
    made = BytesIO(read(make(odd).docx))

    file = Document(made)

    headings = [line.text for line in file.paragraphs if line.style.name == "Heading 1"]
    assert headings[:3] == ["Contents", "The Forum in figures", "C2 Information and communication infrastructure"]
    turned = [
        line.text for line in file.paragraphs if line._p.pPr is not None and line._p.pPr.find(qn("w:bidi")) is not None
    ]
    assert {line.replace("\u200b", "").strip() for line in turned} == {SIGNS[1]}
    assert {bool(table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")) for table in file.tables} == {True}
    links = {link.get(qn("w:anchor")) for link in file.element.body.iter(qn("w:hyperlink"))} - {None}
    marks = {mark.get(qn("w:name")) for mark in file.element.body.iter(qn("w:bookmarkStart"))}
    assert (links - marks, len(marks) > 10) == (set(), True)
    fields = [field.text for field in file.element.body.iter(qn("w:instrText"))]
    assert fields[0] == 'TOC \\o "1-1" \\h'  # the contents are a field, and below it is the page of each chapter
    assert {field.split()[1] for field in fields[1:]} <= marks
    assert len(fields) - 1 == len(headings) - 1
    kinds = [one.get(qn("w:fldCharType")) for one in file.element.body.iter(qn("w:fldChar"))]
    assert (kinds.count("begin"), kinds.count("end"), kinds[:2], kinds[-1]) == (
        len(fields),
        len(fields),
        ["begin", "separate"],
        "end",
    )
    assert file.settings.element.find(qn("w:updateFields")).get(qn("w:val")) == "true"
    assert zipfile.ZipFile(made).testzip() is None


def test_arabic_document_is_turned_around(odd):
    row = make(odd, "ar")

    file = Document(BytesIO(read(row.docx)))

    assert file.element.body.sectPr.find(qn("w:bidi")) is not None
    assert {table._tbl.tblPr.find(qn("w:bidiVisual")) is not None for table in file.tables} == {True}
    assert b"/Lang(ar)" in read(row.pdf)
