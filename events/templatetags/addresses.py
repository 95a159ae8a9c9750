"""The `{% url %}` of all templates (`builtins` of the settings): Django's, which puts each address together once in a process."""

from functools import lru_cache
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as of_django
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape
from django.utils.translation import get_language

register = template.Library()


@lru_cache(maxsize=2_000)  # nothing is in it but the address
def _address(name: str, args: tuple[Any, ...], named: tuple[tuple[str, Any], ...], _language: str | None) -> str:
    return reverse(name, args=args, kwargs=dict(named))


def address(name: str) -> str:
    """The address of a page that takes nothing, in the language of the request."""
    return _address(name, (), (), get_language())


class KeptAddress(URLNode):
    def render(self, context: Context) -> str:
        """Where there is no such address, Django says so, or nothing after `as`."""
        args = tuple(one.resolve(context) for one in self.args)
        named = tuple((name, one.resolve(context)) for name, one in self.kwargs.items())
        try:
            found = _address(self.view_name.resolve(context), args, named, get_language())
        except (NoReverseMatch, TypeError):
            return super().render(context)
        if self.asvar:
            context[self.asvar] = found
            return ""
        return conditional_escape(found) if context.autoescape else found


@register.tag
def url(parser: Parser, token: Token) -> KeptAddress:
    node = of_django(parser, token)
    return KeptAddress(node.view_name, node.args, node.kwargs, node.asvar)
