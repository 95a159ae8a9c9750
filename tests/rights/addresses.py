"""Every address that the resolver knows, filled with rows of one of two forums, or with rows that are nowhere."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from django.contrib import admin
from django.urls import URLPattern, get_resolver, reverse
from django.urls.resolvers import RegexPattern

from events.models import Session
from events.shared.admin.admin_page_bases import admins_of

# What the parts of an address are: of which row (by its name in `World.own`), or, after "=", this word.
PARTS = """
media                            name=file
media-size                       name=photo width==200
monogram                         key==0123abcd letters==AB
sitemap-part                     section==sessions
mail-events                      provider==nobody
account_reset_password_from_key  uidb36==1 key==x
account_log_in_by_link           token==x
mfa_*                            pk=passkey
api:forum                        slug=forum
api:session                      code=session
api:speaker                      id=speaker
api:organisation                 id==1
api:room                         id==999999
api:track                        id==999999
api:session-type                 code==nothing
api:outcome                      id=outcome
api:practical-page               id=practical-key
api:release                      number=release
api:unknown                      rest==users/
prizes:road-map                  line==C2
prizes:document-file             number=document-number kind==pdf
prizes:editions-file             ending==csv
prizes:category                  number=category
prizes:ballot-category           number=category
prizes:nominee                   number=category code=nominee
prizes:nominat*                  code=nomination pk=attachment step==check
prizes:review*                   code=nominee pk=document
prizes:results-file              table==results ending==csv
events:verify                    code=certificate
prizes:certificate               code=certificate
registration:certificate         code=certificate
registration:account-listed      edition=forum
registration:refuse-mail         token=refuse
registration:unsubscribe         token=unsubscribe
registration:data-copy*          copy=copy place==0
registration:register            step==you
registration:register-file       person=delegate name==letter
registration:register-file-remove name==letter
registration:feed                token=token
registration:seat                token=seat
registration:door-pass           secret=door-pass
registration:invitation          secret=register-invitation
registration:ticket              code==ABCDEF
registration:statistics-file     dimension==country ending==csv
registration:*                   code=session
events:invitation                token=invitation
events:editing                   token=editing
events:speaker-link              token=link
events:proposal*                 code=proposal step==who
events:report-step               code=session step==issues
events:speaker                   pk=speaker
events:speaker-card              pk=speaker
events:one-news                  pk=news
events:outcome                   pk=outcome
events:commitment                pk=commitment
events:practical-page            page=practical-page
events:release                   number=release
events:day-booklet               day=day
events:*                         code=session
admin:guide                      name==organisers
admin:person                     pk=person
admin:view_on_site               content_type_id=kind object_id=session-key
admin:events_user_send_link      key=person
admin:events_forum_import_sample kind==speaker ending==csv
admin:events_forum_import_making token==x
admin:events_forum_export_file   kind==speaker ending==csv
admin:events_forum_*             forum=forum-key code=session
admin:prizes_edition_shares      dimension==country
admin:prizes_edition_*           slug==networks key==1
admin:prizes_outcomedocument_file kind==pdf
admin:events_mailtext_edit       kind==reminder
mail-events                      provider==postmark
admin:prizes_leaderboard*        number=category
admin:events_proposal_act        verb==score
admin:prizes_*                   edition=edition-key
admin:registration_door_pass     door=door-key
admin:registration_focalpointrequest_decide verb==name
admin:registration_*inside*      ending==csv
admin:registration_tally_*       ending==csv
admin:registration_*_decide      verb==approve
admin:app_list                   app_label==events
admin:catch_all                  url==nowhere
*                                forum=forum
"""
# Addresses that are asked once more for other rows, or words: a part of it, and what it is of as above, by a name for the rules.
VARIANTS = {
    "media": {"draft": ("name", "draft-file")},
    "admin:events_mailing_change": {
        state: ("object_id", f"mailing-{state}") for state in ("draft", "sending", "paused")
    },
    "admin:events_forum_export_file": {
        kind: ("kind", f"={kind}") for kind in sorted(model._meta.model_name for model in admins_of(admin.site))
    },
}
UNKNOWN = {
    **{"forum": "2020", "category": 1, "release": 1, "practical-page": "venue", "day": "1999-01-01"},
    **{"file": "documents/unknown.pdf", "photo": "speakers/unknown.png", "token": "x" * 40, "certificate": "0" * 12},
    **dict.fromkeys(("session", "proposal", "nomination", "nominee"), "NOBODY"),
    **dict.fromkeys(
        ("speaker", "outcome", "commitment", "news", "practical-key", "document-number", "passkey"), 999_999
    ),
    **dict.fromkeys(("attachment", "document", "copy", "delegate"), 999_999),
    **dict.fromkeys(("seat", "unsubscribe", "refuse", "invitation", "editing", "link"), "x"),
    **dict.fromkeys(("door-pass", "register-invitation"), "no-such-secret"),
}
MOVES = {"sending": "pause", "paused": "go_on", "draft": "send"}  # what is posted to a mailing in a state
OF_SLUG = {"admin:tally"}  # a form that names a forum by its address
OF_ROW = ("object_id", "pk")  # in the admin: of the model that the name begins with


@dataclass
class Address:
    """`place`: "own", the rows of one's own forum; "hidden", those of the hidden one; "mixed", those below the own forum.
    `nothing`: the same address of what is not there, where it is of a row. `sent`: what is posted there. `variant`: which of
    several that the name has (VARIANTS)."""

    name: str
    place: str
    path: str
    sent: dict
    nothing: str = ""
    variant: str = ""

    @property
    def rule(self):
        """What the rules call it."""
        return f"{self.name}/{self.variant}" if self.variant else self.name


def named(resolver=None, prefix="", route="", outer=()):
    """All names of the resolver, each with the parts of its address: a page without a name is named after its list."""
    for entry in (resolver or get_resolver()).url_patterns:
        found, parts = f"{route}{entry.pattern}", (*outer, *_parts(entry.pattern))
        if isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name or _unnamed(found)}", parts
        else:
            yield from named(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix, found, parts)


def _parts(pattern):
    return pattern.converters or (pattern.regex.groupindex if isinstance(pattern, RegexPattern) else {})


def _unnamed(route):
    *_rest, app, model, key, _end = f"///{route}".split("/")
    return f"{app}_{model}_row" if key == "<path:object_id>" else "catch_all"


@cache
def _told(name):
    """Part → what it is of, as the lines that fit a name say; the first one of two counts."""
    told = {}
    for line in PARTS.strip().splitlines():
        pattern, *pairs = line.split()
        if fnmatchcase(name, pattern):
            told = dict(pair.split("=", 1) for pair in pairs) | told
    return told


@cache
def model_of(name):
    """The model that the name of a page of the admin begins with."""
    found = [model for model in admins_of(admin.site) if name.startswith(f"admin:{_label(model)}_")]
    return max(found, key=lambda model: len(_label(model)), default=None)


def _label(model):
    return f"{model._meta.app_label}_{model._meta.model_name}"


def parts_of(name, parts):
    """The parts of an address, each with the key of its row in a place, or "=word"."""
    model, told = model_of(name), _told(name)
    assert set(parts) <= {*told, *(OF_ROW if model else ())}, f"{name}: of what is {set(parts) - {*told}}?"
    return {part: model if model and part in OF_ROW else told[part] for part in parts}


def addresses(own, hidden):
    """All addresses in all places. `own`, `hidden`: key → value, with the same keys."""
    nowhere = {key: 987_654_321 if isinstance(value, int) else "ZZZZZZ" for key, value in own.items()}
    for name, variant, parts in _varied():
        first, *rest = [part for part, key in parts.items() if own.get(key) != hidden.get(key)] or [None]

        def path(start, end, name=name, parts=parts, first=first, rest=rest):
            rows = {first: start} | dict.fromkeys(rest, end)
            return _path(name, {part: _value(key, rows.get(part, own)) for part, key in parts.items()})

        to_own, to_hidden = (sent(name, rows, variant) for rows in (own, hidden))
        yield Address(name, "own", path(own, own), to_own, path(nowhere, own) if first else "", variant)
        if first:
            yield Address(name, "hidden", path(hidden, hidden), to_hidden, path(nowhere, hidden), variant)
        elif name.startswith("admin:"):
            yield Address(name, "hidden", f"{path(own, own)}{query(name, hidden)}", to_hidden, "", variant)
        if rest:
            yield Address(name, "mixed", path(own, hidden), to_hidden, path(own, nowhere), variant)


def paths_of_the_site(**rows):
    """The path of each address outside the admin: name → path. `rows`: what PARTS calls a row → its key, "-" written "_"; of what is
    not named there is none."""
    known = UNKNOWN | {key.replace("_", "-"): value for key, value in rows.items()}
    every = {name: parts_of(name, keys) for name, keys in named() if not name.startswith("admin:")}
    return {
        name: _path(name, {part: _value(key, known) for part, key in parts.items()}) for name, parts in every.items()
    }


def _varied():
    """Each name, what the rules call the variant, and of what its parts are."""
    for name, keys in named():
        parts = parts_of(name, keys)
        yield name, "", parts
        for variant, (part, key) in VARIANTS.get(name, {}).items():
            yield name, variant, parts | {part: key}


def _value(key, rows):
    return key[1:] if str(key).startswith("=") else rows[key]


def _path(name, values):
    if name == "admin:catch_all":
        return "/admin/nowhere"
    if name.endswith("_row"):
        return f"{reverse(name.replace('_row', '_changelist'))}{values['object_id']}/"
    return reverse(name, kwargs=values)


def query(name, rows):
    """What names the hidden forum in the address of a page that is of no row: what a form begins with, a filter, a slug."""
    if name.endswith("_changelist"):
        return ""  # tests/admin/test_filters.py
    if name.endswith("_add"):
        return f"?forum={rows['forum']}&session={rows[Session]}&edition={rows['edition-key']}"
    return f"?forum={rows['forum']}"


def sent(name, rows, variant=""):
    """What is posted: all that could make a page act on a row."""
    model = model_of(name)
    if variant in MOVES:
        texts = {"kind": "mailing-news", "subject_en": "News", "text_en": "Dear {name}", "group": ["registered"]}
        return texts | {"do": MOVES[variant], "number": rows["mailing-number"], "starts_0": "", "starts_1": ""}
    return {
        "action": "delete_selected",
        "_selected_action": rows.get(model, 1),
        "post": "yes",
        "_save": "Save",
        "apply": "1",
        "reason": "Because",
        "format": "0",
        "resource": "0",
        "forum": rows["forum"] if name in OF_SLUG else rows["forum-key"],
        "edition": rows["edition-key"],
    }
