"""The admin's log as a page: who did what to which chat, when and why. It is read here; nobody writes or deletes.

Django writes the entries down and refuses, as long as nobody may delete them, to delete the operator whose they are.
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
else:  # Django's class takes its parameter only where types are checked
    _ModelAdmin = admin.ModelAdmin

PER_PAGE: Final = 100


class ByOperator(RelatedOnlyFieldListFilter):
    """Offers whoever is in the log."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.title = _("operator")


class ByDate(DateFieldListFilter):
    """Offers today, the last week, this month and this year."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.title = _("date")


@admin.register(LogEntry)
class LogAdmin(_ModelAdmin):
    """Lists the log, the newest entry first, to whoever has Django's permission ``admin.view_logentry``.

    The order is that of the primary keys, which have an index, while times have none: 100,000 entries are as quick.
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
        """Returns the one address that there is."""
        return [path("", self.admin_site.admin_view(self.changelist_view), name="admin_logentry_changelist")]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django's signature
        """Tells that entries come from what is done."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:  # noqa: ARG002
        """Tells that nobody edits what was done."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:  # noqa: ARG002
        """Tells that nobody takes a trace away."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:  # noqa: ARG002
        """Tells whether the operator may read the log; to be allowed to change something is not enough."""
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
        """Finds a part of a name, in any case; names are stored in Unicode's composed form."""
        text = unicodedata.normalize("NFC", search_term).strip()
        # Without regard to case SQLite compares the letters of ASCII only; its expressions are Python's.
        found = {"object_repr__icontains": text} if text.isascii() else {"object_repr__iregex": re.escape(text)}
        return queryset.filter(**found) if text else queryset, False

    @admin.display(description=gettext_lazy("When"))
    def when(self, entry: LogEntry) -> str:
        """Returns the time of a deed, to the second."""
        return moment(entry.action_time.isoformat())

    @admin.display(description=gettext_lazy("Operator"))
    def operator(self, entry: LogEntry) -> str:
        """Returns who did it."""
        return entry.user.get_username()

    @admin.display(description=gettext_lazy("Chat"))
    def chat(self, entry: LogEntry) -> SafeString:
        """Returns the name, and the id that tells chats of one name apart; of what is no chat, what it is."""
        kind = entry.content_type
        is_chat = kind is not None and kind.model_class() is ChatSession
        which = entry.object_id if is_chat else kind and kind.name
        return format_html('<bdi>{}</bdi> <span class="quiet which">{}</span>', entry.object_repr, which or "")

    @admin.display(description=gettext_lazy("What and why"))
    def what(self, entry: LogEntry) -> str:
        """Returns what was done, as it was stored."""
        return said(entry)


def said(entry: LogEntry) -> str:
    """Returns an entry's sentence; what Django stores without one is only named."""
    return entry.get_change_message() or str(entry.get_action_flag_display())
