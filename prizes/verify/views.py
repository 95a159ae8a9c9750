"""The chain and its feed, the public bundle, the script that counts it again, and the page that looks up one's own votes."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import feedgenerator, timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe
from whitenoise.middleware import WhiteNoiseFileResponse
from whitenoise.responders import MissingFileError, StaticFile

from events.shared.pages.absolute_urls import absolute
from events.shared.pages.personal import arrival, private
from events.shared.pages.public import public_page
from events.shared.pages.rate_limits import MINUTE, is_over
from prizes.chain import chain as chains
from prizes.chain import closing_time, restorations
from prizes.count import bundle as bundles
from prizes.count import counting
from prizes.editions import embargo
from prizes.editions.public_edition import find_edition
from prizes.models import Block, Count, Edition, Honour, Phase
from prizes.verify import tracker_lookup
from registration.people.accounts.adapter import client_ip

FRESH = 60  # seconds that a page is kept: an announcement may come into effect within one
RECENT = 24  # blocks that the page shows by itself
FEED_ENTRIES = 50
CHECKS = 60  # a minute from one address; each reads the whole bundle; wide, because a university may stand behind one address


def _shown(blocks: list[Block]) -> list[tuple[Block, list[dict[str, Any]]]]:
    """The blocks, newest first, with their notes: titles and moments instead of codes. `blocks` are all, oldest first."""
    titles = {nominee["code"]: nominee["title"] for nominee in blocks[0].notes[0]["nominees"]} if blocks else {}

    def words(note: dict[str, Any]) -> dict[str, Any]:
        if note["kind"] == "withdrawn":
            return note | {"title": titles.get(note["nominee"], note["nominee"])}
        if note.get("closes"):
            return note | {"at": datetime.fromisoformat(note["closes"])}
        if note["kind"] == restorations.KIND:
            return note | {
                "state": datetime.fromisoformat(note["state_of"]),
                "at": datetime.fromisoformat(note["restored"]),
            }
        return note

    return [(block, [words(note) for note in block.notes] if block.number else []) for block in reversed(blocks)]


def _is_announced(edition: Edition) -> bool:
    return embargo.is_lifted(edition, kind=Honour.CHAMPIONS, now=timezone.now())


def _restored(edition: Edition) -> dict[str, Any]:
    """What the pages say where the site was restored while the vote was on."""
    is_open = edition.is_in(Phase.Kind.VOTING, now=timezone.now()) and not edition.polls_sealed
    return {"restorations": restorations.of(edition), "is_open": is_open}


@public_page(seconds=FRESH, parameters=("all",))
def chain(request: HttpRequest, forum: str) -> HttpResponse:
    """The heads of the blocks; after the close also how many choices each has, and the hashes of the bundles.

    Weeks have hundreds of blocks: the latest stand on the page, with `?all=1` all of them.
    """
    edition = find_edition(forum)
    blocks = list(chains.blocks(edition))
    shown = _shown(blocks)
    recent = shown if request.GET.get("all") else shown[:RECENT]
    context = {
        "forum": edition.forum,
        "edition": edition,
        "close": closing_time.close_of(edition),
        "shown": recent,
        "earlier": len(shown) - len(recent),
        "last": blocks[-1] if blocks else None,
        "choices": sum(block.choices for block in blocks) if edition.polls_sealed else None,
        "counts": Count.objects.filter(edition=edition).order_by("-number"),
        "is_announced": _is_announced(edition),
        **_restored(edition),
    }
    return render(request, "prizes/verify/chain.html", context)


@public_page(seconds=FRESH)
def feed(request: HttpRequest, forum: str) -> HttpResponse:
    """The heads as an Atom feed, newest first: whoever subscribes keeps them, and so becomes a witness."""
    edition = find_edition(forum)
    page = absolute(reverse("prizes:chain", args=[forum]))
    atom = feedgenerator.Atom1Feed(
        title=_("%(edition)s: the chain of the vote") % {"edition": edition.name},
        link=page,
        description=_("The head of every block, as it is sealed"),
        language=get_language(),
        feed_url=absolute(reverse("prizes:chain-feed", args=[forum])),
    )
    entries = [
        (
            f"{page}#count-{count.number}",
            _("Count %(number)s") % {"number": count.number},
            _("SHA-256 of the bundle: %(digest)s") % {"digest": count.bundle_sha256},
            count.counted,
            count.bundle_sha256,
        )
        for count in Count.objects.filter(edition=edition).order_by("-number")
    ]
    entries += [
        (
            f"{page}#block-{block.number}",
            _("Block %(number)s") % {"number": block.number},
            _told(block),
            block.sealed,
            block.head,
        )
        for block in chains.blocks(edition).reverse()[:FEED_ENTRIES]
    ]
    first = min((row.restored for row in restorations.of(edition)), default=None)
    for link, title, text, at, digest in entries:
        # A number that was given before the site was restored was another block's: readers keep that one beside ours.
        own = f"{link}-{digest[:16]}" if first and at >= first else link
        atom.add_item(title=title, link=link, description=text, unique_id=own, pubdate=at, updateddate=at)
    return HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _told(block: Block) -> str:
    """A block in the feed: its head, and that the site was restored before it."""
    words = [_("Head: %(head)s") % {"head": block.head}]
    words += [
        _("The site was restored at %(restored)s from its state of %(state_of)s.") % note
        for note in (block.notes if block.number else [])
        if note["kind"] == restorations.KIND
    ]
    return " ".join(words)


@public_page(seconds=FRESH)
def recount_script(request: HttpRequest, forum: str) -> HttpResponse:
    """The script that counts the bundle again; readable at any time, also before there is a bundle."""
    find_edition(forum)
    return HttpResponse(bundles.RECOUNT.read_bytes(), content_type="text/plain; charset=utf-8")


# --- the bundle -------------------------------------------------------------------------------------
@require_safe
def bundle(request: HttpRequest, forum: str) -> FileResponse:
    """The bundle of the count that holds, from the announcement of the champions on; before it, 404.

    A download that broke off can go on where it stopped (Range).
    """
    edition = find_edition(forum)
    count = counting.latest(edition)
    if count is None or not count.bundle or not _is_announced(edition):
        raise Http404
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": f'attachment; filename="{forum}-prizes-bundle.zip"',
        "Accept-Ranges": "bytes",
        "ETag": f'"{count.bundle_sha256}"',
        "Cache-Control": "public, max-age=3600",
    }
    try:
        answer = StaticFile(count.bundle.path, [*headers.items()]).get_response(request.method, request.META)
    except MissingFileError:  # lost: no answer that breaks off or is cached
        raise Http404 from None
    response = WhiteNoiseFileResponse(answer.file or (), status=answer.status)
    for name, value in answer.headers:
        response[name] = value
    return response


# --- one's own votes --------------------------------------------------------------------------------
class CheckForm(forms.Form):
    receipt = forms.CharField(
        label=gettext_lazy("Secret or tracker"),
        max_length=tracker_lookup.LONGEST,
        help_text=gettext_lazy("As on your receipt, such as ABCD-EFGH-JKMN-PQRS-TVWX. Case and hyphens do not matter."),
        error_messages={"required": gettext_lazy("Enter the secret of your receipt, or one of its trackers")},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "dir": "ltr"}
        ),
    )


@sensitive_post_parameters("receipt")
@private
def check(request: HttpRequest, forum: str) -> HttpResponse:
    """Look up one's own votes by the secret of the receipt, or one by its tracker. What is typed is kept nowhere."""
    edition = find_edition(forum)
    count = counting.latest(edition) if _is_announced(edition) else None
    form = CheckForm(request.POST or None) if count else None
    found: list[tracker_lookup.TrackedVote] = []
    if count and form and request.method == "POST" and form.is_valid():
        if is_over(f"check:{client_ip(request)}", limit=CHECKS, seconds=MINUTE, now=arrival(request)):
            form.add_error("receipt", _("Many people look up their votes just now. Wait a minute and try again"))
        else:
            try:
                found = tracker_lookup.find(count, text=form.cleaned_data["receipt"])
            except ValidationError as refusal:
                form.add_error("receipt", refusal)
            else:
                form = CheckForm()  # a secret does not stay on the screen
    states = [row["state"] for row in found]
    context = {
        "forum": edition.forum,
        "edition": edition,
        "form": form,
        "found": found,
        "counted": states.count("counted"),
        "set_aside": states.count("set-aside"),
        "missing": states.count("missing"),
        **_restored(edition),
    }
    return render(request, "prizes/verify/check.html", context)
