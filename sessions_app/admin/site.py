"""Admin site: Django's own with Nono's name, and the dashboard on its first page."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy

from nono import rate_limits
from nono.errors import RateLimited, StoreUnavailable
from nono.web.client_ip import address_of
from sessions_app.admin.dashboard import dashboard
from sessions_app.admin.installation import installation


class NonoAdminSite(AdminSite):
    """Shows the dashboard to staff who may view chats; the page also works while the store is unavailable."""

    site_header = gettext_lazy("Nono for operators")
    site_title = gettext_lazy("Nono for operators")
    index_title = gettext_lazy("Overview")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Shows the first page."""
        context = {**(extra_context or {})}
        if request.user.has_perm("sessions_app.view_chatsession"):
            context["installation"] = installation()
            try:
                context["dashboard"] = dashboard()
            except StoreUnavailable as error:
                context["store_away"] = error.detail
        return super().index(request, context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Returns Django's list of apps, the chats first."""
        return sorted(super().get_app_list(request, app_label), key=lambda app: app["app_label"] != "sessions_app")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Limits the rate of login attempts; while the store cannot count them, login is refused."""
        if request.method == "POST":
            try:
                rate_limits.allow_login(address_of(request), request.POST.get("username", ""))
            except (RateLimited, StoreUnavailable) as refused:
                later = {"Retry-After": str(refused.retry_after), "Cache-Control": "no-store"}
                return HttpResponse(f"{refused.detail}\n", "text/plain; charset=utf-8", refused.status, headers=later)
        return super().login(request, extra_context)
