"""What managers send of campaigns, checked field by field, and how a campaign is told."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.campaigns.domain import TRANSITIONS
from apps.campaigns.domain.neurons import (
    EITHER,
    MOST_NEURONS,
    WHICH,
    NeuronChoice,
    read_neurons,
)
from apps.campaigns.models import PAGE_SIZES, Campaign
from apps.campaigns.selectors import selection_of
from apps.campaigns.services.campaigns import DEFAULT_CROP
from apps.campaigns.services.changing import settings_of
from apps.campaigns.services.neurons import choice_of
from apps.datasets.domain.selection import (
    EVERYTHING,
    MOST_IDS,
    Selection,
    describe_selection,
    read_selection,
)
from apps.proofreading.domain import CANNOT_JUDGE, Redundancy, Rule
from apps.proofreading.models import ErrorCategory
from apps.proofreading.selectors.quality import policy_of
from apps.proofreading.serializers import FiniteField
from apps.proofreading.services.policies import describe_policy


class PolicySerializer(serializers.Serializer[Any]):
    """How verdicts are settled; what is left out stays as it is, and where the redundancy
    changes is as it is best under the new one."""

    redundancy = serializers.ChoiceField(choices=[one.value for one in Redundancy], required=False)
    rule = serializers.ChoiceField(choices=[one.value for one in Rule], required=False)
    most_votes = serializers.IntegerField(required=False)
    threshold_correct = FiniteField(required=False)
    threshold_incorrect = FiniteField(required=False)


class SettingsSerializer(serializers.Serializer[Any]):
    """`crop_size`: x, y, z in voxels of the cleft volume."""

    name = serializers.CharField(max_length=200)
    instructions = serializers.CharField(default="", allow_blank=True, max_length=20_000)
    page_size = serializers.IntegerField(
        default=12, help_text=f"One of {', '.join(map(str, PAGE_SIZES))}."
    )
    crop_size = serializers.ListField(
        child=serializers.IntegerField(), min_length=3, max_length=3, default=list(DEFAULT_CROP)
    )
    passes = serializers.IntegerField(
        default=1, help_text="How many people judge each instance before anything is settled."
    )
    order = serializers.ChoiceField(choices=Campaign.Order.values, default="table")
    order_seed = serializers.IntegerField(default=0, help_text="Of the random order.")
    open_pages_cap = serializers.IntegerField(
        default=1, help_text="How many pages a person may hold at once."
    )
    deadline = serializers.DateTimeField(
        default=None, allow_null=True, help_text="No page is handed out after it."
    )
    needs_training = serializers.BooleanField(default=False)
    policy = PolicySerializer(default=dict)


_IDS = {"type": "array", "items": {"type": "string"}, "maxItems": MOST_IDS}
_CORNER = {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}
_SPAN = {
    "type": "object",
    "properties": {"least": {"type": "number"}, "most": {"type": "number"}},
}


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "box": {
                "type": "object",
                "properties": {
                    "lo": _CORNER,
                    "hi": _CORNER,
                    "unit": {"type": "string", "enum": ["voxels", "nm"]},
                },
            },
            "pre_ids": _IDS,
            "post_ids": _IDS,
            "either_ids": _IDS,
            "between": {
                "type": "object",
                "properties": {
                    "pre": _IDS,
                    "post": _IDS,
                    "both_directions": {"type": "boolean"},
                },
            },
            "score": _SPAN,
            "size": _SPAN,
            "sample": {
                "type": "object",
                "properties": {"count": {"type": "integer"}, "seed": {"type": "integer"}},
            },
        },
    }
)
class SelectionField(serializers.Field[Selection, Any, Any, Any]):
    """Which instances of a table; its own words say what is wrong with one."""

    def to_internal_value(self, data: Any) -> Selection:
        return read_selection(data)

    def to_representation(self, value: Selection) -> dict[str, Any]:
        return value.as_json()


@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "properties": {
            "ids": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_NEURONS},
            "synapses": {"type": "string", "enum": [*WHICH], "default": EITHER},
            "roots": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"root_id": {"type": "string"}, "position_nm": _CORNER},
                },
            },
        },
        "required": ["ids"],
    }
)
class NeuronsField(serializers.Field[NeuronChoice, Any, Any, Any]):
    """The neurons along which a campaign goes; its own words say what is wrong with one."""

    def to_internal_value(self, data: Any) -> NeuronChoice:
        return read_neurons(data)

    def to_representation(self, value: NeuronChoice) -> dict[str, Any]:
        return {"ids": [str(one) for one in value.ids], "synapses": value.synapses}


class TableSelectionSerializer(serializers.Serializer[Any]):
    table = serializers.IntegerField(help_text="The id of a synapse table.")
    selection = SelectionField(
        default=EVERYTHING,
        help_text="All that is given must hold; the sample is drawn from what the rest selects. "
        "Half-open boxes of the centre, in voxels of the table; neuron ids as text.",
    )
    neurons = NeuronsField(
        default=None,
        allow_null=True,
        help_text="With the order `neuron`: the neurons along which the campaign goes, section by "
        "section, and which of their synapses it is of. Ids as text, in the order of the walk; "
        "`roots` say where the walk of a neuron begins.",
    )


class CampaignSerializer(TableSelectionSerializer, SettingsSerializer):
    draft = serializers.BooleanField(
        default=False,
        help_text="Wait until the campaign is started. Without it the campaign is prepared and "
        "opened at once, and what can be changed in a draft only stays as it is.",
    )


class CampaignChangesSerializer(SettingsSerializer):
    """What can be changed; what is left out stays as it is."""

    neurons = NeuronsField(
        required=False,
        allow_null=True,
        help_text="Of a draft in the order `neuron`: those along which it is to go, as when it is "
        "opened; null: along none. The rest of the selection stays.",
    )


class StatusSerializer(serializers.Serializer[Any]):
    to = serializers.ChoiceField(choices=list(TRANSITIONS))


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)


class NewCategorySerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200)
    key = serializers.CharField(
        max_length=50,
        default="",
        allow_blank=True,
        help_text="In files; made of the title if empty.",
    )


class CategorySerializer(serializers.Serializer[Any]):
    """A kind of error; one that is retired is no longer offered."""

    key = serializers.CharField()
    title = serializers.CharField()
    retired = serializers.BooleanField()
    built_in = serializers.BooleanField(
        help_text="Of every campaign: it is neither renamed nor retired."
    )


class CategoryChangeSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200, required=False)
    retired = serializers.BooleanField(required=False)


class PictureUploadSerializer(serializers.Serializer[Any]):
    picture = serializers.FileField(help_text="PNG or JPEG of at most 1 MB.")
    caption = serializers.CharField(max_length=300)


class PictureSerializer(serializers.Serializer[Any]):
    """`url` is where its file is."""

    id = serializers.IntegerField()
    caption = serializers.CharField()
    url = serializers.CharField()


class ToldPolicySerializer(serializers.Serializer[Any]):
    rule = serializers.ChoiceField(choices=[one.value for one in Rule])
    redundancy = serializers.ChoiceField(choices=[one.value for one in Redundancy])
    most_votes = serializers.IntegerField()
    threshold_correct = serializers.FloatField()
    threshold_incorrect = serializers.FloatField()


class WalkBeginSerializer(serializers.Serializer[Any]):
    root_id = serializers.CharField()
    position_nm = serializers.ListField(
        child=serializers.FloatField(), min_length=3, max_length=3, help_text="x, y, z."
    )


class ToldNeuronsSerializer(serializers.Serializer[Any]):
    """As they were chosen, and how many."""

    count = serializers.IntegerField()
    ids = serializers.ListField(child=serializers.CharField(), help_text="In their order.")
    synapses = serializers.ChoiceField(choices=WHICH)
    roots = WalkBeginSerializer(many=True, help_text="Walks whose begin was chosen.")


class ToldCampaignSerializer(serializers.Serializer[Any]):
    """A campaign with its settings: `describe_campaign`, for the description of the API."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Campaign.Status.choices)
    failure = serializers.CharField()
    can_become = serializers.ListField(
        child=serializers.CharField(), help_text="What `POST …/status` takes now."
    )
    version = serializers.IntegerField()
    dataset = serializers.CharField()
    table = serializers.IntegerField()
    selected = serializers.ListField(
        child=serializers.CharField(), help_text="The selection in words."
    )
    selection = SelectionField()
    neurons = ToldNeuronsSerializer(
        allow_null=True, help_text="Along which it goes; null where it goes along none."
    )
    created_at = serializers.DateTimeField()
    lease_s = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    instructions = serializers.CharField()
    page_size = serializers.IntegerField()
    crop_size = serializers.ListField(child=serializers.IntegerField(), min_length=3, max_length=3)
    passes = serializers.IntegerField()
    order = serializers.ChoiceField(choices=Campaign.Order.values)
    order_seed = serializers.IntegerField()
    open_pages_cap = serializers.IntegerField()
    deadline = serializers.DateTimeField(allow_null=True)
    needs_training = serializers.BooleanField()
    policy = ToldPolicySerializer()
    categories = CategorySerializer(many=True)
    pictures = PictureSerializer(many=True)


class PersonSerializer(serializers.Serializer[Any]):
    person = serializers.CharField(
        max_length=150,
        allow_null=True,
        default=None,
        help_text="A username, or a person's number; null: anybody else.",
    )


def describe_campaign(campaign: Campaign) -> dict[str, Any]:
    """A campaign with its settings, as the API tells it."""
    selection = selection_of(campaign.pk)
    return {
        "id": campaign.pk,
        "status": campaign.status,
        "failure": campaign.failure,
        "can_become": sorted(TRANSITIONS[campaign.status]),
        "version": campaign.version,
        "dataset": campaign.table.dataset.name,
        "table": campaign.table_id,
        "selected": describe_selection(selection),
        "selection": selection.as_json(),
        "neurons": describe_choice(choice_of(campaign)),
        "created_at": campaign.created_at.isoformat(),
        "lease_s": campaign.lease_s,
        **settings_of(campaign),
        "policy": describe_policy(policy_of(campaign.pk).policy),
        "categories": [describe_category(one) for one in campaign.error_categories.all()],
        "pictures": describe_pictures(campaign),
    }


def describe_category(category: ErrorCategory) -> dict[str, Any]:
    """A kind of error, as the API tells it."""
    return {
        "key": category.key,
        "title": category.title,
        "retired": category.retired_at is not None,
        "built_in": category.key == CANNOT_JUDGE,
    }


def describe_choice(choice: NeuronChoice | None) -> dict[str, Any] | None:
    """Neurons that were chosen, as the API tells them; None for none."""
    if choice is None:
        return None
    return {
        "count": len(choice.ids),
        "ids": [str(one) for one in choice.ids],
        "synapses": choice.synapses,
        "roots": [
            {"root_id": str(one), "position_nm": [*place]} for one, place in choice.roots.items()
        ],
    }


def describe_pictures(campaign: Campaign) -> list[dict[str, Any]]:
    """The pictures beside the instructions, with the addresses of their files."""
    shown = campaign.pictures.filter(removed_at__isnull=True).defer("content")
    return [
        {
            "id": picture.pk,
            "caption": picture.caption,
            "url": reverse("campaign-picture", args=[campaign.pk, picture.pk]),
        }
        for picture in shown
    ]
