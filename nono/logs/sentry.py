"""Error reports to the operator's Sentry: type and traceback of each failure, without user texts."""

from typing import Any

from nono.logs.failures import is_plain


def begin(dsn: str) -> None:
    """Starts reporting unhandled failures to ``dsn``."""
    import sentry_sdk  # an optional dependency

    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0,
        auto_session_tracking=False,
        before_send=without_words,
    )


def without_words(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """Returns the event without URLs, headers, cookies, log arguments and messages that may quote input."""
    for part in ("breadcrumbs", "extra", "user", "modules", "transaction", "transaction_info"):
        event.pop(part, None)
    if "request" in event:
        event["request"] = {"method": event["request"].get("method")}
    if "logentry" in event:
        event["logentry"] = {"message": event["logentry"].get("message", "")}
    failure = (hint.get("exc_info") or (None, None, None))[1]
    shown = _plain_sentences(failure)
    for told in event.get("exception", {}).get("values", []):
        if told.get("value") not in shown:
            told["value"] = "(not shown)"
    return event


def _plain_sentences(failure: BaseException | None) -> set[str]:
    """Returns the messages of the failure and its causes that quote no input."""
    found: set[str] = set()
    seen: set[int] = set()
    while failure is not None and id(failure) not in seen:
        seen.add(id(failure))
        if is_plain(failure):
            found.add(str(failure))
        failure = failure.__cause__ or failure.__context__
    return found
