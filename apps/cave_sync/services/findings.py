"""What a dry run finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Findings:
    """`problems` (field and sentence) keep a delivery from being started, `notices` are for those
    who start it. rows: the first of those that would be there. takes_over: by what the table is
    known that somebody else made and that is taken over."""

    problems: list[dict[str, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    unfit: int = 0
    examples: list[str] = field(default_factory=list)
    takes_over: dict[str, str] | None = None

    def problem(self, field_name: str, sentence: str) -> None:
        """Note what is wrong with a field, which the sentence then names."""
        named = sentence if sentence.startswith(f"{field_name}:") else f"{field_name}: {sentence}"
        self.problems.append({"field": field_name, "sentence": named})

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "problems": self.problems,
            "notices": self.notices,
            "rows": self.rows,
            "count": self.count,
            "unfit": self.unfit,
            "examples": self.examples,
            "takes_over": self.takes_over,
        }
