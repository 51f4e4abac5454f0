"""Forms that ask an operator for the reason to read a chat."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from chat_app.export.formats import FORMATS

MAX_REASON = 200
KINDS = {
    "json": _("JSON, for programs"),
    "markdown": _("Markdown, for notes"),
    "html": _("HTML, to read in a browser"),
}


class ReasonForm(forms.Form):
    """Asks for the reason, which is written to the log."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off", "autofocus": True}),
        help_text=format_lazy(
            _("At most {count} characters. Do not quote from the chat: the log outlives it."), count=MAX_REASON
        ),
    )

    def clean_reason(self) -> str:
        """Returns the reason on one line, without unprintable characters."""
        reason: str = self.cleaned_data["reason"]
        on_one_line = " ".join("".join(one if one.isprintable() else " " for one in reason).split())
        if not on_one_line:
            raise forms.ValidationError(self.fields["reason"].error_messages["required"], code="required")
        return on_one_line


class ExportForm(ReasonForm):
    """Asks for the reason and the file format."""

    format = forms.ChoiceField(
        label=_("Format"),
        choices=[(name, KINDS[name]) for name in FORMATS],
        initial="html",
        widget=forms.RadioSelect,
    )
