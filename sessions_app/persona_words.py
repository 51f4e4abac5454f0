"""Displayed texts of a persona: name, role, greeting and starters, also in other languages."""

from typing import Annotated

from django.conf import settings
from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from sessions_app.offline_rules import CHECKED


def _of_the_page(code: str) -> str:
    others = [other for other, _name in settings.LANGUAGES if other != settings.LANGUAGE_CODE]
    if code not in others:
        raise ValueError(f"is no other language of the page; allowed: {', '.join(others)}")
    return code


Language = Annotated[str, AfterValidator(_of_the_page)]
Name = Annotated[str, Field(min_length=1, max_length=40)]
Role = Annotated[str, Field(min_length=1, max_length=60)]
Greeting = Annotated[str, Field(min_length=1, max_length=500)]
Starters = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=80)], ...],
    Field(min_length=3, max_length=3),
]


@dataclass(frozen=True, config=CHECKED)
class Words:
    """The four texts in another language than English; all are required, so that no persona mixes two languages."""

    name: Name
    role: Role
    greeting: Greeting
    starters: Starters
