import pytest
from django.core.mail.message import sanitize_address

from events.shared.formatting import addresses, mail_boxes
from tests.refusals import refused

ONE_BOX = [
    "Awa@Example.org", '"awa"@example.org', '"a\\wa"@example.org', "awa@ｅxample.org", "awa@exa\u00admple.org", "awa@ⓔxample.org",
]  # fmt: skip


@pytest.mark.parametrize("form", ONE_BOX)
def test_forms_of_one_box_are_one_address(form):
    assert addresses.canonical(form) == "awa@example.org"
    assert mail_boxes.box_of(form) == "awa@example.org"


@pytest.mark.parametrize("form", ["awa@münchen.example", "awa@xn--mnchen-3ya.example"])
def test_a_domain_stands_as_mails_are_sent_to_it(form):
    assert addresses.canonical(form) == sanitize_address(form, "utf-8") == "awa@xn--mnchen-3ya.example"


@pytest.mark.parametrize(
    "form", ['"a b"@example.org', '"a\x07"@example.org', "\u017fam@example.org", "awa@[192.0.2.1]", "awa"]
)
def test_what_has_no_one_form_is_refused_and_stays_where_it_is_old(form):
    assert refused(addresses.canonical, form) == "invalid"
    assert addresses.same(form) == form
