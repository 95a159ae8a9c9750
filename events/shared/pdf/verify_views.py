"""The one page that says whether something with a code is genuine: certificates, letters. Each app answers for its own codes
(`hooks.issued`)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from events.shared.formatting import codes
from events.shared.pages.public import public_page
from events.shared.pdf import hooks

FRESH = 30  # seconds for which a page is kept: an invalid document is shown as such after this time at the latest


@public_page(seconds=FRESH, is_never_late=True)
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """What was issued with a code, however it was typed; 404 with a page that says so where nothing was, or nothing yet."""
    typed, now = codes.normal(code), timezone.now()
    found = next((issued for find in hooks.issued.of() if (issued := find(typed, now))), None)
    if found is None:
        return render(request, "events/pdf/unknown_code.html", status=404)
    if typed != code:  # one address each, so that spellings make no pages
        return redirect("events:verify", typed)
    return render(request, found.template, dict(found.context))
