"""Admin views of the transcript and the export; they need a permission of their own and log the reason first."""

from collections.abc import Iterator, Sequence

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat_app.admin.lines import Line, levels, speakers
from chat_app.admin.reason import ExportForm, ReasonForm
from chat_app.export.archive import archive
from chat_app.export.formats import Format
from chat_app.live.presence import TranscriptView
from chat_app.memory import History
from chat_app.transcript import read_transcript
from nono.web.downloads import attachment
from sessions_app.admin.chats import ChatAdmin
from sessions_app.admin.pages import chat_page, list_url, page_url
from sessions_app.bulk import Selection, find
from sessions_app.models import ChatSession
from sessions_app.session import Session


@admin.register(ChatSession)
class TranscriptAdmin(ChatAdmin):
    """Adds the transcript and the export to the admin pages of chats."""

    actions = (*ChatAdmin.actions, "export")

    def get_urls(self) -> list[URLPattern]:
        """Returns the URLs, including those of the transcript and the export."""
        pages = {"transcript": self.transcript_view, "export": self.export_view}
        return [*(self.page_path(name, view) for name, view in pages.items()), *super().get_urls()]

    def has_read_transcript_permission(self, request: HttpRequest) -> bool:
        """Returns whether the operator may read the messages."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.read_transcript"))

    def tools(self, request: HttpRequest, session: Session) -> list[tuple[str, str]]:
        """Returns the links of the detail page as (label, URL)."""
        tools = super().tools(request, session)
        if self.has_read_transcript_permission(request):
            tools.append((_("Read transcript"), page_url("transcript", session.session_id)))
            tools.append((_("Export"), page_url("export", session.session_id)))
        return tools

    @chat_page
    def transcript_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks for a reason, logs it, notifies the visitor, and shows the transcript, which then updates live.

        A reload counts as another view.
        """
        if not self.has_read_transcript_permission(request):
            raise PermissionDenied
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._ask(request, find(unquote(object_id)), form)
        history = read_transcript(unquote(object_id))
        session = history.session
        reading = self._begin_reading(request, session, f"Read the transcript. Reason: {form.cleaned_data['reason']}")
        return self.render(
            request,
            "transcript",
            title=session.user_id,
            subtitle=_("Transcript"),
            session=session,
            detail_url=page_url("change", session.session_id),
            export_url=page_url("export", session.session_id),
            lines=[Line.of(message, session) for message in history.messages],
            not_kept=session.seq - len(history.raw_messages),
            reason=form.cleaned_data["reason"],
            speakers=speakers(session),
            levels=levels(),
            reading=reading.to_token(),
        )

    @chat_page
    def export_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Exports one chat from its own page, with the same form as the list."""
        if not self.has_read_transcript_permission(request):
            raise PermissionDenied
        session = find(unquote(object_id))
        answer: HttpResponse | None = self.export(request, Selection((session.session_id,)))
        return answer or redirect(list_url())

    @admin.action(description=gettext_lazy("Export selected chats"), permissions=["read_transcript"])
    def export(self, request: HttpRequest, selection: Selection) -> HttpResponse | None:
        """Asks for a reason and a file format, then returns the chosen chats as a download."""
        sessions = selection.sessions()
        if not sessions:
            self.message_user(request, _("No chat was exported: what you chose has ended meanwhile."), messages.WARNING)
            return None
        form = ExportForm(request.POST if request.POST.get("confirmed") == "yes" else None)
        if not form.is_valid():
            page = _page_of(sessions[0]) if len(sessions) == 1 else {"title": _("Export chats")}
            return self.render(request, "export", **page, sessions=sessions, form=form)
        asked = form.cleaned_data
        file = archive(self._exported(request, sessions, asked["reason"], asked["format"]), asked["format"])
        disposition = {"Content-Disposition": attachment(file.filename), "Cache-Control": "no-store"}
        return HttpResponse(file.content, content_type=file.content_type, headers=disposition)

    def _exported(
        self, request: HttpRequest, sessions: Sequence[Session], reason: str, format: Format
    ) -> Iterator[History]:
        for session in sessions:
            self._begin_reading(request, session, f"Exported the transcript as {format}. Reason: {reason}")
            yield read_transcript(session.session_id)

    def _begin_reading(self, request: HttpRequest, session: Session, what: str) -> TranscriptView:
        """Logs the operator, the chat and the reason, and notifies the visitor."""
        self.log_change(request, ChatSession.of(session), what)
        reading = TranscriptView.of(session, str(request.user.pk))
        reading.begin()
        return reading

    def _ask(self, request: HttpRequest, session: Session, form: ReasonForm) -> HttpResponse:
        return self.render(
            request,
            "reason",
            title=session.user_id,
            subtitle=_("Read transcript"),
            session=session,
            form=form,
            detail_url=page_url("change", session.session_id),
        )


def _page_of(session: Session) -> dict[str, str]:
    return {
        "title": session.user_id,
        "subtitle": _("Export"),
        "detail_url": page_url("change", session.session_id),
    }
