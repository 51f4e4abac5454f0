"""Content Security Policy (Level 3) of Nono's pages: nothing from other hosts."""

from typing import Final

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

Policy = dict[str, list[str]]

SANITISER: Final = "dompurify"
"""Name of the Trusted Types policy that DOMPurify creates; no other script may turn strings into markup."""

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
    "/admin/": OURS,  # its jQuery builds markup from strings
    "/api/docs": {**OURS, "style-src": [SELF, UNSAFE_INLINE], "img-src": [SELF, "data:"]},  # required by Swagger UI
}
"""Policies of pages that run third-party scripts, by path prefix."""


class ContentPolicy(CSPMiddleware):
    """Sends the policy of the page, or the weaker one of the admin and the API page, which run third-party scripts."""

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
        """Adds the policy, and for the admin a referrer policy: without a referrer its forms send "Origin: null"."""
        if request.path_info.startswith("/admin/"):
            response.headers.setdefault("Referrer-Policy", "same-origin")
        return super().process_response(request, response)


def policy_at(path: str) -> Policy:
    """Returns the policy for a path."""
    return next((policy for place, policy in ELSEWHERE.items() if path.startswith(place)), PAGE)
