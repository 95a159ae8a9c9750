"""How a rule's refusal is shown in the form that was sent."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError


def show_refusal(form: forms.BaseForm, refusal: ValidationError, *, fields: Mapping[str, str] | None = None) -> None:
    """Put a rule's refusal at its field, else above the form. `fields`: at which one the refusal of a code stands."""
    if hasattr(refusal, "error_dict"):
        for name, errors in refusal.error_dict.items():
            form.add_error(name if name in form.fields else None, errors)
        return
    field = (fields or {}).get(getattr(refusal, "code", None) or "")
    form.add_error(field if field in form.fields else None, ValidationError(refusal.messages))


def is_taken(form: forms.BaseForm, rule: Callable[..., object], *args: Any, **more: Any) -> bool:
    """Whether a rule took what a sent form says: it is called with the form's data where this is valid. What is wrong, and
    what the rule refuses, stands in the form."""
    if form.is_valid():
        try:
            rule(*args, **form.cleaned_data, **more)
        except ValidationError as refusal:
            show_refusal(form, refusal)
    return not form.errors
