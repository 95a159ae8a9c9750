"""The form that attaches a file to a nomination."""

from django import forms
from django.utils.translation import gettext_lazy

from events.drafts.fields import line


class FileForm(forms.Form):
    """One file, sent by itself."""

    use_required_attribute = False
    title = line(
        label=gettext_lazy("Name of the document"), length=150, hint=gettext_lazy("Empty: the file’s own name")
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("PDF, PNG or JPEG, 10 MB at the most"),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
        error_messages={
            "required": gettext_lazy("Choose a file"),
            "invalid": gettext_lazy("Choose a file"),
            "missing": gettext_lazy("Choose a file"),
            "empty": gettext_lazy("The file is empty. Choose another one"),
        },
    )
