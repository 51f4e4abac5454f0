"""What a browser may load and run on Nono's pages (Content Security Policy Level 3): nothing from elsewhere."""

from typing import Final

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

Policy = dict[str, list[str]]

SANITISER: Final = "dompurify"
"""The Trusted Types policy that DOMPurify makes for itself; no other script may turn text into markup."""

OURS: Final[Policy] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "font-src": [SELF],
    "connect-src": [SELF],  # the websockets of this host included
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
PAGE: Final[Policy] = {**OURS, "require-trusted-types-for": ["'script'"], "trusted-types": [SANITISER]}
ELSEWHERE: Final[dict[str, Policy]] = {
    "/admin/": OURS,  # its jQuery makes markup from text
    "/api/docs": {**OURS, "style-src": [SELF, UNSAFE_INLINE], "img-src": [SELF, "data:"]},  # as Swagger UI is built
}
"""Where other people's scripts run, by the beginning of the path."""


class ContentPolicy(CSPMiddleware):
    """Sends the policy of the page, or that of the place where other people's scripts run."""

    def get_policy_parts(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
        report_only: bool = False,  # noqa: FBT001, FBT002  as the library calls it
    ) -> PolicyParts:
        """Returns the directives for a response."""
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only:
            parts.config = policy_at(request.path_info)
        return parts

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Adds the policy, and for the admin a referrer: without one browsers send "Origin: null" to its forms."""
        if request.path_info.startswith("/admin/"):
            response.headers.setdefault("Referrer-Policy", "same-origin")
        return super().process_response(request, response)


def policy_at(path: str) -> Policy:
    """Returns the policy for an address."""
    return next((policy for place, policy in ELSEWHERE.items() if path.startswith(place)), PAGE)
