"""The files of registrations, for the person and those who decide; and one's own letter of invitation."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.models import Viewing
from events.shared.history import viewings
from events.shared.mail.rendering import speaking
from events.shared.pages import second_step
from events.shared.pages.file_views import stored_file_response
from events.shared.pages.personal import person as visitor
from events.shared.pages.personal import personal
from events.shared.pdf.responses import pdf_response
from registration.accreditation.documents import documents, letters
from registration.models import RegistrationFile
from registration.people.accounts.access import find_own


@personal  # type: ignore[arg-type]  # a download
@require_safe
def file(request: HttpRequest, forum: str, person: int, name: str) -> FileResponse:
    """A file that somebody (`person`: the key of the account) gave: photographs are shown, others saved. 404 for everybody but
    those of `documents.may_read`, as if there was none. That others looked is written down."""
    user = visitor(request)
    rows = RegistrationFile.objects.filter(forum__slug=forum, user=person, name=name)
    row = rows.select_related("forum").first()
    if row is None or not documents.may_read(row, user=user):
        raise Http404
    if user.pk != row.user_id and second_step.is_missing(request):
        raise second_step.SecondStepFirst
    viewings.record(
        by=user,
        kind=Viewing.Kind.PAGE,
        model=RegistrationFile._meta.label_lower,
        people=[row.user_id],
        forum_id=row.forum_id,
        now=timezone.now(),
    )
    return stored_file_response(row.file, title=row.title.rpartition(".")[0], is_download=name != documents.PHOTOGRAPH)


@personal
def letter(request: HttpRequest, forum: str) -> HttpResponse:
    """One's own letter of invitation, as a PDF in the language of one's mails. Who gets none
    reads why, on the page of their registration."""
    edition, registration = find_own(request, forum)
    now = timezone.now()
    try:
        if registration is None:
            raise ValidationError(_("You do not take part in this Forum, so there is no letter"), code="no-letter")
        issued = letters.issue(registration, now=now)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(reverse("registration:register", args=[edition.slug]))
    with speaking(issued.registration.language):
        source = letters.source(issued)
    return pdf_response(request, source, name=f"letter-{edition.slug}.pdf", now=now)
