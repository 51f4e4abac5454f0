"""Base of all admin pages of chats: permissions, context, and error handling."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from nono.errors import NonoError, StoreUnavailable
from sessions_app.models import ChatSession

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[ChatSession]
else:  # Django's class is generic only for type checkers
    _ModelAdmin = admin.ModelAdmin

TEMPLATES = "admin/sessions_app/chatsession"

P = ParamSpec("P")
A = TypeVar("A", bound="ChatPages")
Page = Callable[Concatenate[A, HttpRequest, P], HttpResponse]


def chat_page(page: Page[A, P]) -> Page[A, P]:
    """Decorator that requires the permission to view chats and turns errors of the domain into messages.

    An error such as an ended chat redirects to the list; ``StoreUnavailable`` shows its own page, with status 503.
    """

    @wraps(page)
    def answer(self: A, request: HttpRequest, /, *args: P.args, **keywords: P.kwargs) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return page(self, request, *args, **keywords)
        except StoreUnavailable as error:
            away = self.render(request, "away", title=_("The chats cannot be read"), sentence=error.detail)
            away.status_code = error.status
            away["Retry-After"] = str(error.retry_after)
            return away
        except NonoError as error:
            self.message_user(request, error.detail, messages.WARNING)
            return redirect(list_url())

    return answer


class ChatPages(_ModelAdmin):
    """Base class of the pages of chats; it never queries the database for a chat."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django's signature
        """Returns False: chats are created only on the visitors' page."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ChatSession | None = None) -> bool:  # noqa: ARG002
        """Returns False: chats are not edited."""
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> ChatSession:  # noqa: ARG002
        """Returns the model of any ``session_id``, because the log of a chat outlives the chat."""
        return ChatSession(session_id=object_id, user_id=object_id)

    def render(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """Renders a template of ``TEMPLATES`` with the admin's context."""
        request.current_app = self.admin_site.name
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "list_url": list_url()}
        return TemplateResponse(request, f"{TEMPLATES}/{template}.html", {**frame, **context})


def list_url() -> str:
    """Returns the URL of the list."""
    return reverse("admin:sessions_app_chatsession_changelist")


def page_url(page: str, session_id: str) -> str:
    """Returns the URL of one page of one chat."""
    return reverse(f"admin:sessions_app_chatsession_{page}", args=[quote(session_id)])
