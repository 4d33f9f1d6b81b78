"""What every bench gives back: its figures, and the goals that they are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Goal:
    """A figure that was measured and what it should be."""

    what: str  # with its unit: "page p95 with 16 people, ms"
    goal: str  # "<= 50"
    figure: float
    holds: bool


@dataclass(frozen=True)
class BenchResult:
    """The outcome of one bench; `figures` may nest mappings, lists, numbers and text."""

    bench: str
    figures: Mapping[str, Any]
    goals: Sequence[Goal]

    def as_json(self) -> dict[str, Any]:
        """The form that every bench shares, ready for `json.dumps`."""
        goals = [
            {"what": one.what, "goal": one.goal, "figure": one.figure, "holds": one.holds}
            for one in self.goals
        ]
        return {"bench": self.bench, "figures": dict(self.figures), "goals": goals}

    def as_table(self) -> str:
        """The same for a person to read."""
        rows = list(_rows(self.figures))
        width = max((len(name) for name, _ in rows), default=0)
        lines = [f"bench {self.bench}", ""]
        lines += [f"  {name:<{width}}  {value:>12}" for name, value in rows]
        if self.goals:
            lines += ["", *_goal_lines(self.goals)]
        return "\n".join(lines)


def _rows(figures: Mapping[str, Any], before: str = "") -> Sequence[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            rows += _rows(value, f"{before}{name} · ")
        else:
            rows.append((f"{before}{name}", _text(value)))
    return rows


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(item) for item in value)
    return str(value)


def _goal_lines(goals: Sequence[Goal]) -> list[str]:
    width = max(len(goal.what) for goal in goals)
    lines = [f"  {'goal':<{width}}  {'wanted':>10}  {'measured':>10}"]
    for goal in goals:
        verdict = "holds" if goal.holds else "MISSED"
        lines.append(
            f"  {goal.what:<{width}}  {goal.goal:>10}  {_text(goal.figure):>10}  {verdict}"
        )
    return lines
