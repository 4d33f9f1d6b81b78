"""The report of gold, as the API, the page of the manager and files tell it."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import User
from apps.proofreading.domain import CLASSES
from apps.proofreading.selectors.gold import GoldReport, Tally

Row = list[object]
TABLES = ("items", "people")


def describe_report(report: GoldReport) -> dict[str, list[dict[str, Any]]]:
    """Every gold item with its tally, and every person with theirs."""
    names = dict(User.objects.filter(pk__in=report.people).values_list("pk", "username"))
    return {
        "items": [
            {
                "item": item_id,
                "source_id": str(answer.item.instance.source_id),
                "truth": answer.label,
                "explanation": answer.explanation,
                **_counts(report.items[item_id]),
            }
            for item_id, answer in report.answers.items()
        ],
        "people": [
            {
                "user": names[user_id],
                **_counts(sum(by_class.values(), Tally())),
                "by_class": {truth.value: _counts(tally) for truth, tally in by_class.items()},
            }
            for user_id, by_class in report.people.items()
        ],
    }


def rows_of(table: str, told: dict[str, list[dict[str, Any]]]) -> list[Row]:
    """One of `TABLES`, the names of its columns first. The score is the share judged right."""
    if table == "items":
        names = ("source_id", "truth", "shown", "judged", "right", "explanation")
        return [[*names], *([one[name] for name in names] for one in told["items"])]
    by_class = [f"{truth}_{count}" for truth in CLASSES for count in ("judged", "right")]
    header: Row = ["user", "shown", "judged", "right", "score", *by_class]
    return [header, *(_of_person(one) for one in told["people"])]


def _of_person(one: dict[str, Any]) -> Row:
    score = round(one["right"] / one["judged"], 4) if one["judged"] else None
    classes = [one["by_class"][truth.value] for truth in CLASSES]
    by_class = [counts[name] for counts in classes for name in ("judged", "right")]
    return [one["user"], one["shown"], one["judged"], one["right"], score, *by_class]


def _counts(tally: Tally) -> dict[str, int]:
    return {"shown": tally.shown, "judged": tally.judged, "right": tally.right}
