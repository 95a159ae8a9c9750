"""`{% load forum %}`: what people wrote, as HTML."""

from django import template
from django.utils.safestring import SafeString

from events.shared.formatting import markdown as markdown_rules

register = template.Library()


@register.filter
def markdown(text: str | None) -> SafeString:
    """Render Markdown with the allow-list of `events.shared.formatting.markdown`."""
    return markdown_rules.render(text or "")
