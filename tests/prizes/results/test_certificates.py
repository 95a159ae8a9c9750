import re
from datetime import timedelta

import pytest
import typst

from events.shared.pdf.certificates import content, source
from events.shared.pdf.pdf_files import draw
from events.shared.pdf.text import BREAK
from prizes.models import Certificate, Nomination
from prizes.results import certificates
from tests.factories import NOW
from tests.prizes.counted import announced, counted, crown
from tests.prizes.factories import nominees_of

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)


@pytest.fixture
def edition():
    edition = counted()
    crown(edition)
    return edition


@pytest.fixture
def champion(edition):
    return nominees_of(edition, 1)[0]


def test_certificates_are_issued_once_and_only_after_the_embargo(edition, champion):
    announced(edition, "champions", at=LATER)
    assert certificates.issue(edition, now=LATER - timedelta(seconds=1)) == 0
    assert certificates.of(champion, now=NOW) == []

    assert certificates.issue_due(LATER) == 2
    assert certificates.issue_due(LATER) == 0

    assert set(Certificate.objects.values_list("nomination", "kind")) == {
        (nominees_of(edition, number)[0].pk, "champions") for number in (1, 2)
    }


def test_find_knows_no_certificate_before_its_time_nor_of_who_lost_the_honour(edition, champion):
    winner = Certificate.objects.create(nomination=champion, kind="winners", issued=NOW)
    announced(edition, "champions")
    assert certificates.find(winner.code, now=NOW) is None

    announced(edition, "winners")
    assert certificates.find(winner.code, now=NOW) == winner

    Nomination.objects.filter(pk=champion.pk).update(state="withdrawn")
    assert certificates.find(winner.code, now=NOW) is None


# --- the page --------------------------------------------------------------------------------------
def certificate_of(nomination, *, kind="champions", **values):
    Nomination.objects.filter(pk=nomination.pk).update(**values)
    nomination.refresh_from_db()
    return Certificate.objects.create(nomination=nomination, kind=kind, issued=NOW)


def pages(pdf):
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


PAYLOADS = [
    '#panic("stopped")',
    '#import "@preview/cetz:0.2.0"',
    '#read("/etc/passwd")',
    '#include "/etc/passwd"',
    "#sys.inputs.data",
    "#(while true {})",
    "$ x^2 $ `raw` ```typ #panic() ```",
    '"}] #panic() //',
    "/* unclosed",
    "= Heading <label> @label",
    "\\u{41} \\ \\n ~ -- --- ...",
    "<script>alert(1)</script>",
    "{{ 7*7 }} {% load x %} %(name)s ${7*7}",
    "(stopped) Tj ET endstream endobj",
]


def test_what_people_wrote_is_never_run(champion):
    certificate = certificate_of(champion)
    with pytest.raises(typst.TypstError, match="stopped"):  # the control: as Typst source it stops the compiler
        typst.compile(PAYLOADS[0].encode())
    for payload in PAYLOADS:
        champion.title, champion.entity_name = payload, payload * 3
        pdf = draw(source(certificates.page(certificate)))
        assert (pdf[:5], pages(pdf)) == (b"%PDF-", 1)
        assert content(certificates.page(certificate))["name"]["text"].replace(BREAK, "") == payload


def test_page_is_the_same_each_time_and_says_what_is_certified(edition, champion):
    announced(edition, "champions", "winners")
    certificate = certificate_of(champion, kind="winners", title="Open Regulator", country=None, stakeholder_type="")

    said = content(certificates.page(certificate))

    assert said["name"]["text"] == "Open Regulator"
    assert (said["kind"], said["date"]) == ("Winner", "Geneva, 22 July 2020")
    assert sum(cell["is_here"] for cell in said["map"]) == 1
    assert said["link"].endswith(f"/verify/{certificate.code}/")
    pdf = draw(source(certificates.page(certificate)))
    assert pdf == draw(source(certificates.page(certificate)))
    assert b"/MarkInfo" in pdf or b"/StructTreeRoot" in pdf
    assert b"pdfuaid" in pdf


def test_certificate_of_sample_data_says_so_and_is_dated_by_the_announcement_else_the_issue(edition, champion, client):
    certificate = certificate_of(champion, is_sample=True)
    assert certificates.announced(certificate) == NOW

    announced(edition, "champions", approved=NOW - timedelta(days=1))
    assert certificates.announced(certificate) == NOW - timedelta(days=1)
    assert content(certificates.page(certificate))["sample"] == "Certificate of a made-up project: sample data"
    assert "This project is sample data" in client.get(f"/verify/{certificate.code}/").content.decode()
