"""What sign-up and the privacy notice say of mails is true of the mails that there are."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from events import hooks
from events.mail import refused_kinds

pytestmark = pytest.mark.django_db
TOO_MUCH = re.compile(r"for nothing else|only to log you in|never write", re.IGNORECASE)


def words(client, address):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", client.get(address).content.decode()))


def test_sign_up_says_that_organisers_may_write_and_that_this_can_be_refused(client):
    kinds = {kind.key for function in hooks.mail_kinds.of() for kind in function()}
    assert {"mailing-news", "mailing-own"} <= kinds
    assert {"mailing-news", "mailing-own"} <= set(refused_kinds.refusable().values())

    said = words(client, "/accounts/signup/")

    assert "the organisers may send you news of it, which you can refuse" in said
    for template in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        assert not TOO_MUCH.search(template.read_text()), template


def test_privacy_notice_names_the_mails_how_to_refuse_them_and_who_sees_names(client):
    said = words(client, "/privacy/")

    assert "what the organisers send to the people of their forum" in said
    assert "which kinds of mails you do not want" in said
    assert "Where the focal point of your organisation decides, they see your name" in said
    assert "Whoever stands at a door sees your name" in said
