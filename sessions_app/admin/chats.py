"""Admin pages of chats: the list, one chat, its log, and the actions clear and extend.

Both actions change when a chat expires, so both require the permission to delete: users who may only view
change nothing.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.admin.changelist import PER_PAGE, Listing, ListPage
from sessions_app.admin.pages import ChatPages, chat_page, page_url
from sessions_app.admin.rows import facts_of, metadata_of, time_left
from sessions_app.bulk import Selection, ended, find
from sessions_app.manager import SessionManager
from sessions_app.models import ChatSession
from sessions_app.session import Session

manager = SessionManager()


class ChatAdmin(ChatPages):
    """Lists chats and shows one; chat_app/admin adds the transcript and registers it."""

    actions: tuple[str, ...] = ("clear", "extend")

    def get_urls(self) -> list[URLPattern]:
        """Returns the URLs; there are none to add or edit chats."""
        pages: dict[str, Callable[..., HttpResponse]] = {"history": self.history_view, "change": self.change_view}
        return [
            path("", self.admin_site.admin_view(self.changelist_view), name=self.url_name("changelist")),
            *(self.page_path(name, view) for name, view in pages.items()),
        ]

    def page_path(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        """Returns the URL pattern of one page of one chat."""
        address: URLPattern = path(
            f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=self.url_name(name)
        )
        return address

    def url_name(self, page: str) -> str:
        """Returns the name of a URL, as Django's own templates expect it."""
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    @chat_page
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Shows one page of the list, or runs the action on the selected chats."""
        if request.method == "POST":
            return self._do(request)
        listing = Listing.from_query(request.GET.dict())
        found = manager.list_sessions_detailed(listing.asked())
        page = ListPage.of(listing, found, manager.count_tabs(found.sessions))
        return self.render(
            request,
            "list",
            title=_("Chats"),
            cl=page,
            actions=self.get_action_choices(request, default_choices=[("", "---------")]),
            may_act=bool(self.get_actions(request)),
            actions_on_top=True,
            media=self.media,
            **(extra_context or {}),
        )

    @chat_page
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Shows one chat without its text; a POST resets its TTL."""
        session = find(unquote(object_id))
        if request.method == "POST":
            self._extend(request, Selection((session.session_id,)))
            return redirect(page_url("change", session.session_id))
        return self.render(
            request,
            "detail",
            title=session.user_id,
            session=session,
            facts=facts_of(session, tabs=manager.count_tabs([session])[0], kept=manager.count_kept(session)),
            metadata=metadata_of(session),
            tools=self.tools(request, session),
            may_act=self.has_delete_permission(request),
            form_url=form_url,
            **(extra_context or {}),
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Returns the allowed actions, without Django's own delete action, which needs a table."""
        return {name: action for name, action in super().get_actions(request).items() if name in self.actions}

    def tools(self, request: HttpRequest, session: Session) -> list[tuple[str, str]]:  # noqa: ARG002  see chat_app
        """Returns the links of the detail page as (text, URL)."""
        return [(_("History"), page_url("history", session.session_id))]

    @admin.action(description=gettext_lazy("Clear selected chats"), permissions=["delete"])
    def clear(self, request: HttpRequest, selection: Selection) -> HttpResponse | None:
        """Asks for confirmation, then clears the selected chats."""
        if request.POST.get("confirmed") != "yes":
            sessions = selection.sessions()
            if sessions:
                return self.render(request, "confirm_clear", title=_("Are you sure?"), sessions=sessions)
        cleared = selection.clear()
        if cleared:
            models = [ChatSession.of(one) for one in cleared]
            LogEntry.objects.log_actions(int(str(request.user.pk)), models, DELETION, "Cleared.")
        said = ngettext(
            "Cleared %(count)d chat. Its visitor can undo it for 10 seconds.",
            "Cleared %(count)d chats. Their visitors can undo it for 10 seconds.",
            len(cleared),
        )
        self._say(request, selection, cleared, said % {"count": len(cleared)})
        return None

    @admin.action(description=gettext_lazy("Extend selected chats"), permissions=["delete"])
    def extend(self, request: HttpRequest, selection: Selection) -> HttpResponse | None:
        """Asks for confirmation, then extends the selected chats."""
        if request.POST.get("confirmed") != "yes":
            sessions = selection.sessions()
            if sessions:
                lives = [(session.user_id, time_left(session)) for session in sessions]
                return self.render(request, "confirm_extend", title=_("Are you sure?"), sessions=sessions, lives=lives)
        self._extend(request, selection)
        return None

    def _extend(self, request: HttpRequest, selection: Selection) -> None:
        """Resets the TTL of the selected chats, limited by the maximum age."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        extended = selection.extend()
        for one in extended:
            self.log_change(request, ChatSession.of(one), "Extended the clock.")
        said = ngettext("Extended %(count)d chat: %(left)s left.", "Extended %(count)d chats.", len(extended))
        left = time_left(extended[0]) if extended else ""
        self._say(request, selection, extended, said % {"count": len(extended), "left": left})

    def _do(self, request: HttpRequest) -> HttpResponse:
        name = request.POST.get("action", "")
        selection = Selection(tuple(dict.fromkeys(request.POST.getlist("_selected_action")))[:PER_PAGE])
        if name not in self.actions:
            self.message_user(request, _("No action selected."), messages.WARNING)
        elif not selection.session_ids:
            self.message_user(request, _("No chat was selected, so nothing was changed."), messages.WARNING)
        elif name not in self.get_actions(request):
            raise PermissionDenied
        else:
            act: Callable[[HttpRequest, Selection], HttpResponse | None] = getattr(self, name)
            return act(request, selection) or redirect(request.get_full_path())
        return redirect(request.get_full_path())

    def _say(self, request: HttpRequest, selection: Selection, done: tuple[Session, ...], said: str) -> None:
        missing = len(selection.session_ids) - len(done)
        if done:
            self.message_user(request, said, messages.SUCCESS)
        if len(selection.session_ids) == 1 == missing:
            self.message_user(request, ended(selection.session_ids[0]).detail, messages.WARNING)
        elif missing:
            said = ngettext("%(count)d had ended meanwhile.", "%(count)d had ended meanwhile.", missing)
            self.message_user(request, said % {"count": missing}, messages.WARNING)
