"""Page of the admin's log: operator, action, chat, time and reason of each entry. The page is read-only.

Django writes the entries. While no user may delete them, it also refuses to delete the operator they belong to.
"""

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.contrib.admin.filters import DateFieldListFilter, RelatedOnlyFieldListFilter
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessions_app.models import ChatSession
from sessions_app.times import moment

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[LogEntry]
else:  # Django's class is generic only for type checkers
    _ModelAdmin = admin.ModelAdmin

PER_PAGE: Final = 100


class ByOperator(RelatedOnlyFieldListFilter):
    """Filter that offers the operators in the log."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.title = _("operator")


class ByDate(DateFieldListFilter):
    """Filter that offers today, the last week, this month and this year."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.title = _("date")


@admin.register(LogEntry)
class LogAdmin(_ModelAdmin):
    """Lists the log, newest entry first, for users with Django's permission ``admin.view_logentry``.

    It sorts by primary key, which has an index (times have none), so that 100,000 entries are as fast as a few.
    """

    list_display = ("when", "operator", "chat", "what")
    list_display_links = None
    list_filter = (("user", ByOperator), ("action_time", ByDate))
    list_select_related = ("user", "content_type")
    list_per_page = PER_PAGE
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("object_repr",)
    search_help_text = gettext_lazy("A part of the name")
    actions = None

    def get_urls(self) -> list[URLPattern]:
        """Returns the only URL, the list."""
        return [path("", self.admin_site.admin_view(self.changelist_view), name="admin_logentry_changelist")]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django's signature
        """Returns False: entries come from actions."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:  # noqa: ARG002
        """Returns False: entries are not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:  # noqa: ARG002
        """Returns False: entries are not deleted."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:  # noqa: ARG002
        """Returns True if the user may view the log; the permission to change is not enough."""
        return request.user.has_perm("admin.view_logentry")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Shows one page of the log."""
        return super().changelist_view(request, {"title": _("Log of what operators did"), **(extra_context or {})})

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002  Django's signature
        queryset: QuerySet[LogEntry],
        search_term: str,
    ) -> tuple[QuerySet[LogEntry], bool]:
        """Searches for a part of a name, ignoring case; names are stored in Unicode's composed form."""
        text = unicodedata.normalize("NFC", search_term).strip()
        # SQLite ignores case only for ASCII letters; its regular expressions are Python's.
        found = {"object_repr__icontains": text} if text.isascii() else {"object_repr__iregex": re.escape(text)}
        return queryset.filter(**found) if text else queryset, False

    @admin.display(description=gettext_lazy("When"))
    def when(self, entry: LogEntry) -> str:
        """Returns the time of an action, to the second."""
        return moment(entry.action_time.isoformat())

    @admin.display(description=gettext_lazy("Operator"))
    def operator(self, entry: LogEntry) -> str:
        """Returns the operator."""
        return entry.user.get_username()

    @admin.display(description=gettext_lazy("Chat"))
    def chat(self, entry: LogEntry) -> SafeString:
        """Returns the chat's name and its id, which distinguishes chats of one name; for other objects their kind."""
        kind = entry.content_type
        is_chat = kind is not None and kind.model_class() is ChatSession
        which = entry.object_id if is_chat else kind and kind.name
        return format_html('<bdi>{}</bdi> <span class="quiet which">{}</span>', entry.object_repr, which or "")

    @admin.display(description=gettext_lazy("What and why"))
    def what(self, entry: LogEntry) -> str:
        """Returns the action, as it was stored."""
        return said(entry)


def said(entry: LogEntry) -> str:
    """Returns an entry's sentence; for an entry without one, the name of the action."""
    return entry.get_change_message() or str(entry.get_action_flag_display())
