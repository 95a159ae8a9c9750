"""The files of a registration: letter, photograph, answers that are files. Who reads them, how long they are kept."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.models import Forum, User
from events.models.uploads import DOCUMENT_LIMIT, validate_image
from events.shared.drafts import fields
from events.shared.drafts.drafts import FormQuestion, Step
from events.shared.formatting.names import local_text
from events.shared.held_rows import Cleared, cleared, files_of
from events.shared.pages import stored_files
from events.shared.pages.rate_limits import HOUR, is_over
from registration.accreditation import states
from registration.accreditation.delegations import focal_points
from registration.accreditation.documents import portraits
from registration.models import (
    AccreditationStep,
    Approver,
    FocalPointRequest,
    Kind,
    Registration,
    RegistrationFile,
    RegistrationQuestion,
    RetentionPeriod,
)

LETTER, PHOTOGRAPH = RegistrationFile.LETTER, RegistrationFile.PHOTOGRAPH
LABELS = {LETTER: gettext_lazy("Letter or note verbale"), PHOTOGRAPH: gettext_lazy("Photograph")}
STEP = "documents"
PHOTOGRAPHS = 20  # of an account in an hour: decoding one takes the site up to a few seconds
PERIOD, DAYS = "documents", 30  # how the period is called, and its usual length after the forum


# --- what is asked --------------------------------------------------------------------------------
class PhotographField(fields.UploadField):
    """A picture of a face; what comes out is a portrait, small and without what cameras write into their files."""

    accept = ".png,.jpg,.jpeg"
    given_by: tuple[int, datetime]  # the account, and when: a form says so

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Refuses as `portraits.portrait`, and `too-many`."""
        given = super().clean(data, initial)
        if not isinstance(given, File):
            return given
        account, now = self.given_by
        if is_over(f"photographs:{account}", limit=PHOTOGRAPHS, seconds=HOUR, now=now):
            raise ValidationError(_("You have given many photographs. Give the next one in an hour"), code="too-many")
        return portraits.portrait(given)


QUESTIONS = {
    LETTER: FormQuestion(
        LETTER,
        fields.upload(
            LABELS[LETTER],
            hint=gettext_lazy("In which your organisation says that it sends you. PDF, PNG or JPEG, 10 MB at most."),
        ),
        missing=gettext_lazy("Choose the file with the letter"),
    ),
    PHOTOGRAPH: FormQuestion(
        PHOTOGRAPH,
        PhotographField(
            label=LABELS[PHOTOGRAPH],
            help_text=gettext_lazy("Of your face, from the front, upright. PNG or JPEG, 10 MB at most."),
            validators=[partial(validate_image, limit=DOCUMENT_LIMIT)],
        ),
        missing=gettext_lazy("Choose the file with the photograph"),
    ),
}


def asked(kind: Kind | None) -> list[str]:
    """Which documents a kind asks for."""
    needs = {LETTER: kind and kind.needs_letter, PHOTOGRAPH: kind and kind.needs_photograph}
    return [name for name, is_needed in needs.items() if is_needed]


def steps(kind: Kind | None, *, forum: Forum, is_registered: bool = False) -> list[Step]:
    """The step of the documents that a kind asks for; none where it asks for none."""
    names = asked(kind)
    if kind is None or not names:
        return []
    why: list[Any] = [
        _(
            "Only those who decide on your registration see these files. Each look is written down, and you can read who looked."
        )
    ]
    if PHOTOGRAPH in names:
        why.append(_("The photograph stands on your badge."))
    why.append(deletion(forum))
    if is_registered and kind.approval != Approver.NONE:
        why.append(_("If you give another file, your registration is decided on again."))
    return [Step(key=STEP, name=_("Documents"), questions=[QUESTIONS[name] for name in names], why=why)]


def with_deletion(step: Step, *, forum: Forum) -> Step:
    """A step that says by when files are deleted, where it asks for one."""
    asks = any(isinstance(one.field, fields.UploadField) for one in step.questions)
    return replace(step, why=[*step.why, deletion(forum)]) if asks else step


def _deletion(forum: Forum) -> str:
    """By when files of a forum are deleted, for people. One query."""
    own = RetentionPeriod.objects.filter(forum=forum, kind=PERIOD).values_list("days", flat=True).first()
    number = DAYS if own is None else own
    values = {"day": date_format(forum.ends + timedelta(days=number), "j F Y"), "number": number}
    words = ngettext(
        "Your files are deleted after %(day)s, or %(number)s day after you withdraw or are refused.",
        "Your files are deleted after %(day)s, or %(number)s days after you withdraw or are refused.",
        number,
    )
    return words % values


deletion = lazy(_deletion, str)  # asked of the database where it is shown


# --- giving and taking back -----------------------------------------------------------------------
def title(file: File) -> str:
    """What a file is called: as the person called it, in one line."""
    name = PurePath(str(file.name or "").replace("\\", "/").replace("\0", ""))
    return f"{' '.join(name.stem.split())[:120] or 'file'}{name.suffix[:10]}"


def titles(forum: Forum, *, user: User) -> dict[str, str]:
    """The names of the files that a person gave, by what they are. One query."""
    return dict(RegistrationFile.objects.filter(forum=forum, user=user).values_list("name", "title"))


def keep(forum: Forum, *, user: User, name: str, file: File, now: datetime) -> RegistrationFile:
    """Keep a file that was checked (`QUESTIONS`, `fields.upload`), in place of the one before. The person is locked."""
    _forget(RegistrationFile.objects.filter(forum=forum, user=user, name=name))
    return RegistrationFile.objects.create(
        forum=forum, user=user, name=name, title=title(file), file=file, uploaded=now
    )


def keep_only(forum: Forum, *, user: User, names: Collection[str]) -> None:
    """Delete what a person gave besides these."""
    _forget(RegistrationFile.objects.filter(forum=forum, user=user).exclude(name__in=names))


def forget(forum: Forum, *, user: User, names: Collection[str]) -> None:
    """Delete these of a person's files."""
    _forget(RegistrationFile.objects.filter(forum=forum, user=user, name__in=names))


def _forget(rows: Iterable[RegistrationFile]) -> None:
    """Delete rows, and their files once that is certain."""
    for row in rows:
        row.delete()
        transaction.on_commit(partial(row.file.storage.delete, str(row.file.name)), robust=True)


# --- reading --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class DocumentLink:
    """A file as pages link to it."""

    name: str
    label: str
    title: str
    url: str


def address(forum: Forum, *, user_id: int, name: str) -> str:
    """Where a file is read by those who may."""
    return reverse("registration:register-file", args=[forum.slug, user_id, name])


def shown(
    forum: Forum, *, people: Iterable[int], names: Collection[str] = tuple(LABELS)
) -> dict[int, list[DocumentLink]]:
    """The files (letters and photographs, or those of the `names`) of people, by the keys of their accounts. One query, and one
    more where there are answers to questions."""
    rows = list(RegistrationFile.objects.filter(forum=forum, user__in=list(people), name__in=names).order_by("name"))
    asked = [row.name.removeprefix("question-") for row in rows if row.name not in LABELS]
    texts = (
        {one.name: local_text(one, "text") for one in RegistrationQuestion.objects.filter(pk__in=asked)}
        if asked
        else {}
    )
    found: dict[int, list[DocumentLink]] = {}
    for row in rows:
        label = str(LABELS.get(row.name) or texts.get(row.name, row.title))
        there = address(forum, user_id=row.user_id, name=row.name)
        found.setdefault(row.user_id, []).append(DocumentLink(row.name, label, row.title, there))
    return found


def photographs(people: Sequence[Registration]) -> dict[int, bytes]:
    """The photographs (JPEG) of registrations of one forum or several, by their keys; of those who gave one. One query."""
    own = {(row.forum_id, row.user_id): row.pk for row in people}
    forums, users = {forum for forum, _user in own}, {user for _forum, user in own}
    rows = RegistrationFile.objects.filter(forum__in=forums, user__in=users, name=PHOTOGRAPH)
    found = {}
    for row in rows:
        if key := own.get((row.forum_id, row.user_id)):
            with suppress(OSError), row.file.open() as file:  # one that is lost stops no badges
                found[key] = file.read()
    return found


def as_links(registration: Registration) -> str:
    """All files of a registration, for the organisers' page of it: photographs as they are, others as links."""
    names = [*LABELS, *registration.answers]
    given = shown(registration.forum, people=[registration.user_id], names=names).get(registration.user_id, [])
    parts = (render_to_string("registration/accreditation/file.html", {"file": one}) for one in given)
    return format_html_join("", "<p>{}</p>", ((part,) for part in parts)) or "–"


def may_read(row: RegistrationFile, *, user: User) -> bool:
    """Whether an account may read a file: the person who gave it may, and whoever may decide on the registration. The focal point of
    the organisation may read letter and photograph, in kinds on which focal points decide. Before people register, and once they
    have withdrawn, nobody but the person may; while the forum is hidden, only those who decide."""
    if row.user_id == user.pk:
        return row.forum.is_public
    registration = Registration.objects.standing().filter(forum=row.forum_id, user=row.user_id).first()
    if registration is None:
        return False
    if states.may_decide(user, registration):
        return True
    own = focal_points.people(user, forum=row.forum)
    return row.forum.is_public and row.name in LABELS and own.filter(pk=registration.pk).exists()


# --- how long -------------------------------------------------------------------------------------
def clear_left(forum: Forum, now: datetime, *, days: int) -> Cleared:
    """Delete the files of those who withdrew, or were refused, more than so many days ago; not what they gave since."""
    since = now - timedelta(days=days)
    later = AccreditationStep.objects.filter(registration=OuterRef("pk"), at__gt=since)
    refused = Q(state=Registration.State.REFUSED) & ~Exists(later)
    left = Registration.objects.filter(Q(withdrawn__lte=since) | refused, forum=forum)
    rows = RegistrationFile.objects.filter(forum=forum, user__in=left.values("user"), uploaded__lte=since)
    found = list(rows.select_for_update().order_by("pk"))
    return cleared(found, lambda part: rows.filter(pk__in=[row.pk for row in part]).delete(), files_of)


def sweep(now: datetime) -> int:
    """Delete the stored files that no row names; return how many."""
    return stored_files.sweep((RegistrationFile, "file"), (FocalPointRequest, "letter"), now=now)
