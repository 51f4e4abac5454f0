"""How commands speak: numbers with their words, JSON, and a help text that ends in examples."""

import argparse
import json

from django.core.management.base import CommandParser


def counted(count: int, one: str, many: str) -> str:
    """Returns a number with its word: ``1 chat``, ``12,000 chats``."""
    return f"{count:,} {one if count == 1 else many}"


def as_json(value: object) -> str:
    """Returns indented JSON with every character as itself."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def end_help_with(parser: CommandParser, examples: str) -> None:
    """Puts examples below the options, line by line as they stand."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = examples
