"""What became of verdicts that somebody sent, where not all of them are kept as they were meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from apps.campaigns.models import Campaign, Lease, Page
from apps.campaigns.services.holding import StaleLeaseError
from apps.core.errors import ConflictError
from apps.proofreading.models import Verdict
from apps.proofreading.selectors import Said, said_under

LATE_COUNTS = "it counts only where the labels given in time do not agree."
_LATE_OF_EXPERT = "it does not count, for where an expert decides only a label in time does."
_LATE_IN_ARCHIVE = "it does not count, for the campaign is archived."
_CHANGED = "This label was changed elsewhere meanwhile."


class StaleLabelError(ConflictError):
    """Some labels were given to something that had another label by then; they are refused."""

    code = "stale_label"


class FixedLabelError(ConflictError):
    """Some labels can no longer be changed; they are refused."""

    code = "fixed_label"


class UsedKeyError(ConflictError):
    """A key names a verdict that says something else; nothing of the request is stored."""

    code = "used_key"


def fate_of(
    lease: Lease, sent: Mapping[UUID, int], differing: Collection[int] = ()
) -> dict[str, Any]:
    """What became of verdicts, for programs; `sent` are their keys with their items.

    `kept` and `late` are the keys of those stored in time and as late, now or before. The others
    are `refused`, and `present` are the labels of their items: see `refusal_of`; and of items that
    have another label than somebody saw, who submits.
    """
    rows = Verdict.objects.filter(lease=lease, key__in=sent)
    late = dict(rows.values_list("key", "late"))
    return {
        "kept": [str(key) for key in sent if late.get(key) is False],
        "late": [str(key) for key in sent if late.get(key) is True],
        "refused": [],
        "present": _present(said_under(lease), differing) if differing else [],
    }


def refusal_of(
    lease: Lease, sent: Mapping[UUID, int], refused: Collection[UUID], fixed: Mapping[int, str]
) -> ConflictError:
    """The error that tells of verdicts that are not stored and never will be: those on `fixed`
    items for the reason there, the others because their label was changed elsewhere."""
    said = said_under(lease)
    mine = {key: item for key, item in sent.items() if key in refused}
    details = fate_of(lease, sent) | {
        "refused": [_refused(key, item, fixed.get(item)) for key, item in mine.items()],
        "present": _present(said, mine.values()),
    }
    reasons = [fixed[item] for item in mine.values() if item in fixed]
    if reasons:
        return FixedLabelError(reasons[0], details=details)
    count = len(set(mine.values()))
    what = "A label was" if count == 1 else f"The labels of {count} instances were"
    return StaleLabelError(
        f"{what} changed elsewhere meanwhile, perhaps in another tab.", details=details
    )


def _refused(key: UUID, item: int, reason: str | None) -> dict[str, Any]:
    error = StaleLabelError if reason is None else FixedLabelError
    return {"key": str(key), "item": item, "code": error.code, "sentence": reason or _CHANGED}


def used_key(lease: Lease, sent: Mapping[UUID, int], differing: Mapping[UUID, str]) -> UsedKeyError:
    """The error of keys that were sent again with something else, with what differs as a sentence.
    What came with them is neither stored nor refused: it can be sent again without them."""
    said = said_under(lease)
    mine = {key: sent[key] for key in differing}
    details = {
        "kept": [],
        "late": [],
        "refused": [
            {"key": str(key), "item": item, "code": UsedKeyError.code, "sentence": differing[key]}
            for key, item in mine.items()
        ],
        "present": _present(said, mine.values()),
    }
    return UsedKeyError(next(iter(differing.values())), details=details)


def _present(said: Mapping[int, Said], items: Iterable[int]) -> list[dict[str, Any]]:
    """The labels of items as they are now, each once, in the order of the items."""
    return [
        {
            "item": item,
            "label": said[item].label.value,
            "categories": list(said[item].categories),
            "note": said[item].note,
            "verdict": str(said[item].key),
        }
        for item in dict.fromkeys(items)
        if item in said
    ]


def kept_as_late(sentence: str, lease: Lease, sent: Mapping[UUID, int]) -> StaleLeaseError:
    """The error of a page that is no longer theirs, saying what became of the verdicts that came
    with it: some may have been stored in time before."""
    fate = fate_of(lease, sent)
    if fate["late"]:
        what = "What came after that" if fate["kept"] else "What you sent"
        sentence = f"{sentence} {what} is kept as late: {_late_counts(lease)}"
    return StaleLeaseError(sentence, details=fate)


def _late_counts(lease: Lease) -> str:
    if lease.page.campaign.status == Campaign.Status.ARCHIVED:
        return _LATE_IN_ARCHIVE
    if lease.page.kind == Page.Kind.ADJUDICATION:
        return _LATE_OF_EXPERT
    return LATE_COUNTS
