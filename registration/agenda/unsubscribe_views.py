"""The unsubscribe address of the mails (RFC 8058): a GET only shows, a POST acts, without log-in or cookie."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from registration.agenda import unsubscribing


# Mail programs post here without any cookie; the signed token is what proves the right to.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stop the reminders of one registration, or send them again (`wanted=yes`)."""
    registration = unsubscribing.registration_of(token)
    if registration is None:
        raise Http404
    if request.method == "POST":
        wanted = request.POST.get("wanted") == "yes"
        unsubscribing.set_reminders(registration, wanted=wanted, now=timezone.now())
        if "List-Unsubscribe" in request.POST:  # a mail program: it follows no redirect
            return HttpResponse("", content_type="text/plain")
        return HttpResponseRedirect(request.path, status=303)
    return render(request, "registration/agenda/unsubscribe.html", {"registration": registration})
