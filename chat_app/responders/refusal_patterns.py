"""Patterns that classify refusals of model endpoints, collected from messages that endpoints are known to send."""

import re
from typing import Final


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL)


POLICY: Final = _any(
    r"content_filter",
    r"content_policy",
    r"content management policy",
    r"responsible_?ai",
    r"data_inspection_failed",
    r"sensitive_content",
    r"safety_violation",
    r"moderation_blocked",
    r"flagged by (?:our )?moderation",
    r"(?:prompt|input|request)\W.{0,40}(?:was|were) (?:flagged|blocked)",
    r"requires moderation",
    r"violat\w+ .{0,40}(?:usage )?polic",
    r"invalid_prompt",
)
CONTEXT: Final = _any(
    r"context_length",
    r"exceed_context",
    r"context.?window",
    r"maximum context",
    r"context (?:length|size)",
    r"n_ctx",
    r"prompt is too long",
    r"prompt contains \d+ tokens",
    r"too many (?:input |prompt )?tokens",
    r"input (?:token count|length|is too long)",
    r"reduce the length",
    r"tokens? .{0,40}exceeds? .{0,40}(?:limit|maximum)",
    r"too large for model",
    r"string_above_max_length",
    r"exceeds? .{0,30}(?:token limit|maximum .{0,20}tokens)",
    r"requested tokens",
    r"must have less than \d+ tokens",
)
KEY: Final = _any(
    r"invalid_api_key",
    r"api_key_invalid",
    r"(?:invalid|incorrect|missing|no|valid) (?:proxy )?api.?key",
    r"unauthori[sz]ed",
    r"authentication_error",
    r"no_db_connection",  # LiteLLM without a database, for a key that is not its master key
)
QUOTA: Final = _any(
    r"insufficient_(?:quota|credits?|balance|funds)",
    r"billing_(?:hard_limit|not_active)",
    r"credit balance",
    r"insufficient (?:balance|credits?|funds)",
    r"payment required",
    r"arrearage",
    r"budget.{0,10}exceeded",
    r"more credits",
    r"out of credits",
    r"exceeded_current_quota",
    r"exceeded your current quota(?!.*(?:retry in|retrydelay))",  # Gemini also sends this for a limit per minute
)
MODEL: Final = _any(
    r"model_?not_?(?:found|exist|available)",
    r"deploymentnotfound",
    r"unknown_model",
    r"invalid_model",
    r"models?\b.{0,120}(?:not found|not exist|not a valid|not available|not loaded|does ?n.t exist|not supported for)",
    r"(?:no such|unknown|invalid|unsupported) model",
    r"invalid model name",
    r"no models? (?:is |are )?loaded",
    r"decommissioned",
)
SYSTEM: Final = _any(
    r"system (?:role|message|prompt|instruction)s?\b.{0,60}(?:not |n.t |un)(?:be )?(?:support|allow|permit|recogni)",
    r"(?:not |n.t |un)support\w*.{0,60}\bsystem\b",
    r"developer instruction is not enabled",
    r"['\"`]system['\"`].{0,80}(?:not |n.t |un|in)(?:support|allow|valid|known)",
    r"only user(?:,| and| or).{0,20}assistant",
    r"roles? must alternate",
    r"(?:unexpected|invalid|unknown|unsupported) (?:message )?role",
    r"does not support ['\"`]system",
    r"first message.{0,30}(?:must|should).{0,20}user",
)
PARAMETER: Final = _any(
    r"support",
    r"unknown",
    r"unrecogni[sz]ed",
    r"unexpected",
    r"extra",
    r"not permitted",
    r"not allowed",
    r"forbidden",
    r"deprecated",
    r"cannot (?:both|be)",
    r"invalid",
    r"must be",
    r"too (?:large|big|high)",
    r"(?:greater|less) than",
    r"only the default",
    r"not accept",
    r"is not",
)
LIMITS: Final = tuple(
    map(
        _any,
        (
            r"maximum context length (?:is|of) (?:only )?(\d+)",
            r"context (?:length|size|window)\D{0,40}?(\d+)",
            r"tokens? > (\d+)",
            r"maximum number of tokens allowed \(?(\d+)",
            r"with (\d+) maximum context",
            r"less than (\d+) tokens",
            r"(?:limit|maximum)\D{0,30}?(\d+)",
        ),
    )
)
"""Patterns for the size of the model's context in tokens, the most reliable first."""

ASKED: Final = tuple(
    map(
        _any,
        (
            r"(\d+) in the messages",
            r"messages resulted in (\d+)",
            r"(\d+) of text input",
            r"prompt (?:contains|is too long:) (\d+)",
            r"request (?:has|\()(\d+)",
            r"token count (?:of )?\(?(\d+)",
            r"given:? (\d+)",
            r"requested (?:about )?(?:tokens \()?(\d+)",
        ),
    )
)
"""Patterns for the number of tokens of the prompt."""
