"""With which code a rule refuses."""

import pytest
from django.core.exceptions import ValidationError


def refused(call, *args, **values):
    """Call what must refuse; return its code (several: joined), or {field: [codes]} where it speaks of fields."""
    with pytest.raises(ValidationError) as caught:
        call(*args, **values)
    if hasattr(caught.value, "error_dict"):
        return {name: [one.code for one in errors] for name, errors in caught.value.error_dict.items()}
    return ", ".join(one.code for one in caught.value.error_list)
