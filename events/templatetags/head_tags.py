"""What the head of a page says of it: to search engines, and to whoever shares its address."""

import json
from collections.abc import Iterable
from html import escape
from typing import Any

from django import template
from django.conf import settings
from django.template.base import Node, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from events.shared.formatting import names

register = template.Library()
MARKS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}  # as Django's json_script writes them
LOCALES = {"en": "en_GB", "fr": "fr_FR", "ar": "ar_AR", "es": "es_ES", "ru": "ru_RU", "zh": "zh_CN"}

register.filter("beginning", names.beginning)


class Said(Node):
    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name, self.nodelist = name, nodelist

    def render(self, context: Context) -> SafeString:
        context[self.name] = mark_safe(" ".join(self.nodelist.render(context).split()))  # noqa: S308  what is in it escapes
        return SafeString("")


@register.tag
def said(parser: Parser, token: Token) -> Said:
    """`{% said NAME %}…{% endsaid %}`: what stands in between, in one line, for all that follows: a block that a page fills once and
    that its head says more than once, and the page again where it likes."""
    _tag, name = token.split_contents()
    nodelist = parser.parse(("endsaid",))
    parser.delete_first_token()
    return Said(name, nodelist)


@register.simple_tag
def alternates(languages: Iterable[dict[str, Any]]) -> SafeString:
    """This page in each language; for whoever reads none of them, in the site's own. Filters are no pages of their own."""
    addresses = {one["code"]: escape(settings.BASE_URL + one["url"].partition("?")[0]) for one in languages}
    addresses["x-default"] = addresses[settings.LANGUAGE_CODE]
    links = (f'<link rel="alternate" hreflang="{code}" href="{address}">' for code, address in addresses.items())
    return mark_safe("".join(links))  # noqa: S308  addresses are escaped, all else is ours


@register.simple_tag
def for_programs(data: dict[str, Any] | None) -> SafeString:
    """What a page says in the words of schema.org (events.programme.sharing.linked_data); nothing of it can end its element."""
    if not data:
        return SafeString("")
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(MARKS)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308  no mark of HTML is left


@register.simple_tag
def locale() -> str:
    """The page's language as Open Graph writes it."""
    return LOCALES.get(get_language() or "", LOCALES["en"])
