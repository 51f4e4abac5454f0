"""Output of commands: numbers with nouns, JSON, and help texts with examples."""

import argparse
import json

from django.core.management.base import CommandParser


def counted(count: int, one: str, many: str) -> str:
    """Returns a number with its noun: ``1 chat``, ``12,000 chats``."""
    return f"{count:,} {one if count == 1 else many}"


def as_json(value: object) -> str:
    """Returns indented JSON with non-ASCII characters unescaped."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def end_help_with(parser: CommandParser, examples: str) -> None:
    """Adds examples below the options, with their line breaks."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = examples
