"""Codes of authenticator apps. Each counts once; a device whose clock is wrong is told so instead of “wrong code”."""

import base64
import hmac
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

STEP = 30  # seconds for which an app shows a code
TOLERATED = 1  # steps before and after this one
RECOGNISED = 4  # steps in which a code is known as that of a wrong clock: it opens nothing


def step_at(now: datetime) -> int:
    """The number of the stretch of 30 seconds that a moment lies in."""
    return int(now.timestamp()) // STEP


def code_of(secret: str, *, step: int) -> str:
    """The six digits that an app with this secret (in base32) shows for a step: HOTP, RFC 4226, section 5.3."""
    digest = hmac.digest(base64.b32decode(secret, casefold=True), step.to_bytes(8), "sha1")
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def find_step(secret: str, code: str, *, now: datetime) -> int | None:
    """The step for which an app with this secret shows a code: this one, or one up to RECOGNISED before or after it."""
    current, typed = step_at(now), "".join(filter(str.isalnum, code))
    for step in sorted(range(current - RECOGNISED, current + RECOGNISED + 1), key=lambda one: abs(one - current)):
        if constant_time_compare(typed, code_of(secret, step=step)):
            return step
    return None


def check(secret: str, code: str, *, now: datetime) -> int:
    """The step of a code that is right now. Refuses `incorrect_code`, and `wrong-clock` where it is right at another time."""
    step = find_step(secret, code, now=now)
    if step is None:
        raise ValidationError(_("The code is not right. Enter the one that your app shows now"), code="incorrect_code")
    if abs(step - step_at(now)) > TOLERATED:
        message = _(
            "The clock of your device is wrong by about %(seconds)s seconds. Let it set the time by itself, then enter "
            "the next code"
        )
        seconds = abs(step - step_at(now)) * STEP
        raise ValidationError(message, code="wrong-clock", params={"seconds": seconds})
    return step


@transaction.atomic
def use(authenticator: Authenticator, code: str, *, now: datetime) -> None:
    """Take a code of the app that belongs to an account. Refuses as `check` does, and `used-code`: neither the same code
    nor an older one opens anything again."""
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    step = check(decrypt(row.data["secret"]), code, now=now)
    if step <= row.data.get("last_step", 0):
        raise ValidationError(_("This code was used already. Wait for the next one"), code="used-code")
    row.data["last_step"] = step
    row.save(update_fields=["data"])
