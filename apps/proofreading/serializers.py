"""What clients send, checked field by field."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from apps.campaigns.services.holding import LONGEST_REASON
from apps.proofreading.domain import CANNOT_JUDGE, Label
from apps.proofreading.services.ranking import LARGEST_PRIORITY
from apps.proofreading.services.shown import MOST_CATEGORIES
from apps.proofreading.services.verdicts import NewVerdict

_LABELS = [label.value for label in Label]
_ITEM_NUMBER = re.compile(r"[1-9][0-9]{0,18}")  # what the database can count up to, and no more
_LONGEST_SHOWN = 40


class FiniteField(serializers.FloatField):
    """A number; what is none, or beyond all bounds, is refused: no bound would."""

    def to_internal_value(self, data: Any) -> float:
        number = super().to_internal_value(data)
        if not math.isfinite(number):
            self.fail("invalid")
        return number


class VerdictSerializer(serializers.Serializer[Any]):
    key = serializers.UUIDField()
    item = serializers.IntegerField()
    # The stubs know `label` as the caption that every serializer has.
    label = serializers.ChoiceField(choices=_LABELS)  # type: ignore[assignment]
    categories = serializers.ListField(
        child=serializers.CharField(max_length=50),
        default=list,
        max_length=MOST_CATEGORIES,
        help_text="Keys of error categories of the campaign; none with `correct`, and "
        f"`{CANNOT_JUDGE}` with `{Label.UNSURE}` alone.",
    )
    note = serializers.CharField(default="", allow_blank=True, max_length=2000)
    made_at = serializers.DateTimeField()
    after = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="Key of the verdict on this item that was last seen, null for none. Where it "
        "is given, the label is refused if another one has come since.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["categories"] and attrs["label"] == Label.CORRECT:
            raise serializers.ValidationError(
                {"categories": "What is correct has no category of error."}
            )
        if CANNOT_JUDGE in attrs["categories"] and attrs["label"] != Label.UNSURE:
            raise serializers.ValidationError(
                {"categories": f"What is {CANNOT_JUDGE} has the label {Label.UNSURE}."}
            )
        return attrs


def _verdict_list() -> serializers.ListSerializer[Any]:
    # The stubs do not know that `many` makes a list, which takes this limit.
    return VerdictSerializer(many=True, max_length=1000)  # type: ignore[call-arg, return-value]


class VerdictsSerializer(serializers.Serializer[Any]):
    verdicts = _verdict_list()


class SubmissionSerializer(serializers.Serializer[Any]):
    verdicts = _verdict_list()
    labels = serializers.DictField(child=serializers.ChoiceField(choices=_LABELS))
    next = serializers.BooleanField(
        default=False,
        help_text="Answer in frames: what came of the page, then those of the next one.",
    )

    def validate_labels(self, labels: dict[str, str]) -> dict[str, str]:
        for key in labels:
            if not _ITEM_NUMBER.fullmatch(key):
                shown = key if len(key) <= _LONGEST_SHOWN else f"{key[:_LONGEST_SHOWN]}…"
                raise serializers.ValidationError(f"{shown!r} is no number of an item.")
        return labels


class LeaseSerializer(serializers.Serializer[Any]):
    another = serializers.BooleanField(default=False)


class SkipSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=LONGEST_REASON)


class GoldRowSerializer(serializers.Serializer[Any]):
    source_id = serializers.IntegerField(min_value=-(2**63), max_value=2**63 - 1)
    # The stubs know `label` as the caption that every serializer has.
    label = serializers.CharField(max_length=10)  # type: ignore[assignment]
    explanation = serializers.CharField(default="", allow_blank=True, max_length=500)


class GoldSerializer(serializers.Serializer[Any]):
    # The stubs do not know that `many` makes a list, which takes this limit.
    rows = GoldRowSerializer(many=True, max_length=10_000)  # type: ignore[call-arg]


class GoldPolicySerializer(serializers.Serializer[Any]):
    """What is not given stays as it is."""

    rate = FiniteField(min_value=0, max_value=0.5, required=False)
    floor = FiniteField(min_value=0, max_value=0.5, required=False)
    halving_pages = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    gives_feedback = serializers.BooleanField(required=False)
    training_items = serializers.IntegerField(min_value=0, max_value=500, required=False)
    pass_mark = FiniteField(min_value=0.01, max_value=1, required=False)


class PrioritySerializer(serializers.Serializer[Any]):
    source_id = serializers.IntegerField(min_value=-(2**63), max_value=2**63 - 1)
    priority = serializers.IntegerField(min_value=0, max_value=LARGEST_PRIORITY)


class PrioritiesSerializer(serializers.Serializer[Any]):
    # The stubs do not know this limit of a list, as above.
    rows = PrioritySerializer(many=True, max_length=100_000)  # type: ignore[call-arg]


class ViewedItemSerializer(serializers.Serializer[Any]):
    item = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="The first where none is named."
    )


class CardsWantedSerializer(serializers.Serializer[Any]):
    after = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, default=0, help_text="`next` of the part before."
    )
    only = serializers.ChoiceField(
        choices=["all", "unexplained"],
        default="all",
        help_text="`unexplained`: those with neither a kind of error nor a note.",
    )
    page = serializers.UUIDField(required=False, help_text="The lease of one page, for it alone.")


class MyPagesWantedSerializer(serializers.Serializer[Any]):
    before = serializers.UUIDField(
        required=False, help_text="A lease of yours: the pages submitted before its page."
    )
    after = serializers.UUIDField(
        required=False, help_text="A lease of yours: the pages submitted after its page."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) > 1:
            raise serializers.ValidationError({"after": "Give it or “before”, not both."})
        return attrs


class DiscardSerializer(serializers.Serializer[Any]):
    key = serializers.UUIDField(help_text="Of your making; sending it again changes nothing.")
    count = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="How many false positives you know of."
    )


class TakeBackSerializer(serializers.Serializer[Any]):
    key = serializers.UUIDField(help_text="Of what is to be put back.")


def new_verdicts(data: Iterable[Mapping[str, Any]]) -> list[NewVerdict]:
    """Checked input as values of the domain."""
    return [
        NewVerdict(
            key=entry["key"],
            item_id=entry["item"],
            label=Label(entry["label"]),
            made_at=entry["made_at"],
            categories=tuple(dict.fromkeys(entry["categories"])),
            note=entry["note"],
            versioned="after" in entry,
            after=entry.get("after"),
        )
        for entry in data
    ]
