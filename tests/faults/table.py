"""What the faults showed, as a table: how often each was tried, what was acknowledged, what was lost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.faults.extent import IS_LONG

HEADINGS = ("fault", "tried", "acknowledged", "lost", "so at most, at 95 %")


@dataclass(frozen=True, slots=True)
class Row:
    """One fault, or one control of it; ``lost`` counts what was lost, stored twice, out of place or came back."""

    fault: str
    tried: int
    acknowledged: int
    lost: int
    unit: str = "messages"
    remark: str = ""
    is_control: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Returns the row as it travels in a test's report."""
        return asdict(self)

    @property
    def supports(self) -> str:
        """Says what the trials support: for none lost the rule of three, else what was seen."""
        if self.is_control:
            return self.remark or "the fault is real"
        if self.lost:
            return "BROKEN"
        bound = f"{rule_of_three(self.acknowledged)} of {self.unit}, {rule_of_three(self.tried)} of faults"
        return f"{bound}; {self.remark}" if self.remark else bound

    @property
    def cells(self) -> tuple[str, ...]:
        """Returns what the table shows."""
        name = f"  without it: {self.fault}" if self.is_control else self.fault
        return name, f"{self.tried:,}", f"{self.acknowledged:,}", f"{self.lost:,}", self.supports


def rule_of_three(tried: int) -> str:
    """Returns, in percent, what a loss may still be at 95 % confidence when none was seen in ``tried``: 3/n."""
    percent = min(300 / tried, 100.0) if tried else 100.0
    return f"{percent:.3f}"[:4].rstrip("0").rstrip(".") + " %"


def lines(rows: Sequence[Row]) -> list[str]:
    """Returns the table, as wide as its cells."""
    cells = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    drawn = [_line(line, widths) for line in cells]
    form = "long form" if IS_LONG else "short form; make faults drives them further"
    return [f"({form})", drawn[0], "-" * len(drawn[0]), *drawn[1:]]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    numbers = (cell.rjust(width) for cell, width in zip(cells[1:4], widths[1:4], strict=True))
    return "  ".join([cells[0].ljust(widths[0]), *numbers, cells[4]])
