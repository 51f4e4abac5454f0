"""The transcript in the admin: read with a permission of its own, for a reason that goes to the log first."""

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from chat_app.memory import ChatMessage, persona_of
from chat_app.transcript import read_transcript
from sessions_app.admin.chats import ChatAdmin
from sessions_app.admin.pages import chat_page, model_of, page_url
from sessions_app.models import ChatSession
from sessions_app.selection import find
from sessions_app.session import Session
from sessions_app.times import moment

MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One message as the transcript shows it: who said it, when, what, and how a reply ended that was not done."""

    role: str
    by: str
    at: str
    moment: str
    ending: str
    text: str

    @classmethod
    def of(cls, message: ChatMessage, session: Session) -> "Line":
        """Reads a message; a reply has the name of whoever gave it, also where somebody else answers now.

        What a hand damaged is shown as it is.
        """
        at, text = str(message.timestamp), str(message.content)
        if message.role == "user":
            return cls("user", "Visitor", at, moment(at), "", text)
        metadata: Any = message.metadata
        told = metadata if isinstance(metadata, dict) else {}
        by = persona_of(replace(session, persona=str(told.get("persona", session.persona)))).name
        state = str(told.get("state", "done"))
        return cls("assistant", by, at, moment(at), "" if state == "done" else state, text)


class ReasonForm(forms.Form):
    """Asks why somebody wants to read what others said."""

    reason = forms.CharField(
        max_length=MAX_REASON,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off", "autofocus": True}),
        help_text=f"At most {MAX_REASON} characters. Do not quote from the chat: the log outlives it.",
    )

    def clean_reason(self) -> str:
        """Returns the reason on one line, without characters that would disturb a log."""
        reason: str = self.cleaned_data["reason"]
        on_one_line = " ".join("".join(one if one.isprintable() else " " for one in reason).split())
        if not on_one_line:
            raise forms.ValidationError(self.fields["reason"].error_messages["required"], code="required")
        return on_one_line


@admin.register(ChatSession)
class TranscriptAdmin(ChatAdmin):
    """Adds the transcript to the pages of chats."""

    def get_urls(self) -> list[URLPattern]:
        """Returns the addresses, the transcript's among them."""
        return [self.page_path("transcript", self.transcript_view), *super().get_urls()]

    def has_read_transcript_permission(self, request: HttpRequest) -> bool:
        """Tells whether the operator may read what was said."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.read_transcript"))

    def tools(self, request: HttpRequest, session: Session) -> list[tuple[str, str]]:
        """Returns what the detail page links to."""
        tools = super().tools(request, session)
        if self.has_read_transcript_permission(request):
            tools.append(("Read transcript", page_url("transcript", session.session_id)))
        return tools

    @chat_page
    def transcript_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks for a reason, writes it to the log, and shows the transcript once: a reload is another reading."""
        if not self.has_read_transcript_permission(request):
            raise PermissionDenied
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._ask(request, find(unquote(object_id)), form)
        history = read_transcript(unquote(object_id))
        session = history.session
        self.log_change(request, model_of(session), f"Read the transcript. Reason: {form.cleaned_data['reason']}")
        return self.render(
            request,
            "transcript",
            title=session.user_id,
            subtitle="Transcript",
            session=session,
            detail_url=page_url("change", session.session_id),
            lines=[Line.of(message, session) for message in history.messages],
            not_kept=session.seq - len(history.raw_messages),
            reason=form.cleaned_data["reason"],
        )

    def _ask(self, request: HttpRequest, session: Session, form: ReasonForm) -> HttpResponse:
        return self.render(
            request,
            "reason",
            title=session.user_id,
            subtitle="Read transcript",
            session=session,
            form=form,
            detail_url=page_url("change", session.session_id),
        )
