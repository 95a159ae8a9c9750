"""Sample letters and photographs, made up."""

from collections.abc import Sequence
from datetime import datetime

from django.core.files.base import ContentFile

from events.models import Forum
from events.sample import drawings
from registration.accreditation.documents import documents
from registration.models import Registration, RegistrationFile

PEOPLE = 24
PAGE = (
    b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>\nendobj\n"
    b"4 0 obj\n<</Length 73>>stream\nBT /F 18 Tf 70 740 Td (A made-up letter: sample data of this site.) Tj ET\nendstream\nendobj\n"
    b"5 0 obj\n<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>\nendobj\n"
)


def letter() -> bytes:
    """A PDF of one page that says that it is made up."""
    places = [PAGE.index(b"%d 0 obj" % number) for number in range(1, 6)]
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(PAGE)
    return PAGE + b"xref\n0 6\n0000000000 65535 f \n" + table + end


def make(forum: Forum, registrations: Sequence[Registration], *, now: datetime) -> None:
    """Give people of kinds that ask for documents a letter and a photograph, those first who wait for a decision; and
    files to those who are asked for one by a question. Atomicity is the caller's."""
    undecided = Registration.objects.standing().filter(forum=forum).exclude(state=Registration.State.APPROVED)
    people = [*undecided.select_related("kind", "user"), *registrations]
    asked = [row for row in people if documents.asked(row.kind)][:PEOPLE]
    questions = list(forum.registration_questions.filter(type="file").prefetch_related("kinds"))
    for number, row in enumerate(asked):
        for name in documents.asked(row.kind):
            is_face = name == documents.PHOTOGRAPH
            _give(row, name, drawings.portrait(number).read() if is_face else letter(), now=now)
        for question in questions:
            if row.kind in question.kinds.all():
                row.answers[question.name] = _give(row, question.name, letter(), now=now).title
        row.save(update_fields=["answers"])


def _give(row: Registration, name: str, content: bytes, *, now: datetime) -> RegistrationFile:
    title = "photograph.jpg" if name == documents.PHOTOGRAPH else "letter.pdf"
    return documents.keep(row.forum, user=row.user, name=name, file=ContentFile(content, name=title), now=now)
