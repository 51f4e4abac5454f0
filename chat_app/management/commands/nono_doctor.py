"""``manage.py nono_doctor``: reports problems of the store, its chats and the models, and repairs the chats."""

import sys
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chat_app.model_findings import model_findings
from chat_app.responders.judgement import judge_now
from nono.store.health import Finding
from sessions_app import doctor
from sessions_app.management.output import as_json, end_help_with

EXAMPLES = """\
examples:
  manage.py nono_doctor                    say what is wrong, and what to do about it
  manage.py nono_doctor --fix              mend or remove what is wrong with the chats
  manage.py nono_doctor --json | jq .healthy

exit status: 0 every promise can be kept, 1 one is broken or a model does not work"""


class Command(BaseCommand):
    help = "Examines the store, every chat in it and the models that reply."

    def add_arguments(self, parser: CommandParser) -> None:
        end_help_with(parser, EXAMPLES)
        parser.add_argument("--fix", action="store_true", help="mend or remove what is wrong with the chats")
        parser.add_argument("--json", action="store_true", help="as JSON, for scripts")

    def handle(self, *_: Any, fix: bool, json: bool, **__: Any) -> None:
        findings = [*doctor.examine(fix=fix), *model_findings(judge_now())]
        broken = any(finding.level == "error" for finding in findings)
        shown = {"healthy": not broken, "findings": [finding.to_dict() for finding in findings]}
        self.stdout.write(as_json(shown) if json else report(findings))
        if broken:
            sys.exit(1)


def report(findings: Sequence[Finding]) -> str:
    """Returns a line for each finding, with its advice below it."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.level:<8} {finding.what}")
        if finding.advice:
            lines.append(f"{'':8} {finding.advice}")
    return "\n".join(lines)
