"""The chain and its feed, the public bundle, the script that counts it again, and the page that looks up one's own votes."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import feedgenerator, timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

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
RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})")  # one stretch; any other header gets the whole
PORTION = 64 * 1024  # bytes of the bundle that are sent at once


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
def bundle(request: HttpRequest, forum: str) -> HttpResponseBase:
    """The bundle of the count that holds, from the announcement of the champions on; before it, 404.

    A download that broke off can go on where it stopped (Range).
    """
    edition = find_edition(forum)
    count = counting.latest(edition)
    if count is None or not count.bundle or not _is_announced(edition):
        raise Http404
    if not count.bundle.storage.exists(str(count.bundle.name)):  # lost: no answer that breaks off or is cached
        raise Http404
    etag = f'"{count.bundle_sha256}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        response = _answer(request, count=count, etag=etag)
        response["Content-Type"] = "application/zip"
        response["Content-Disposition"] = f'attachment; filename="{forum}-prizes-bundle.zip"'
        response["Accept-Ranges"] = "bytes"
        response.headers.setdefault("Content-Length", str(count.bundle_bytes))
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=3600"
    return response


def _answer(request: HttpRequest, *, count: Count, etag: str) -> HttpResponseBase:
    """The whole file, or the one stretch of it that is asked for; only the headers for HEAD."""
    size = count.bundle_bytes
    if request.method == "HEAD":
        return HttpResponse()
    is_current = request.headers.get("If-Range", etag) == etag
    asked = RANGE.fullmatch(request.headers.get("Range", "")) if is_current else None
    # (1, 0), from 1 to 0, is no stretch: the whole is sent, as it is for one that ends before it begins.
    first, last = (int(asked[1]), min(int(asked[2] or size), size - 1)) if asked else (1, 0)
    if asked and first >= size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}", "Content-Length": "0"})
    if first > last:
        return FileResponse(count.bundle.storage.open(str(count.bundle.name)))
    headers = {"Content-Range": f"bytes {first}-{last}/{size}", "Content-Length": str(last - first + 1)}
    return StreamingHttpResponse(_stretch(count, first=first, length=last - first + 1), status=206, headers=headers)


def _stretch(count: Count, *, first: int, length: int) -> Iterator[bytes]:
    with count.bundle.open("rb") as file:
        file.seek(first)
        while length > 0 and (part := file.read(min(length, PORTION))):
            length -= len(part)
            yield part


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
