"""Files to restore campaigns from: what people say of them, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from rest_framework import serializers

from apps.exports.domain.polarity import IS_ARTIFACT
from apps.exports.models import Restore
from apps.exports.services.restores_turns import waits_for_turn


class RestoreFileSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(
        help_text="SynAnno's JSON of at most 50 MB.", allow_empty_file=True
    )
    key = serializers.UUIDField(
        required=False, help_text="Made by the client; the same one sent again changes nothing."
    )


class NewRestoredCampaignSerializer(serializers.Serializer[Any]):
    """A table whose synapses the file names, or a dataset and the name of a table that is to be
    made of the file."""

    name = serializers.CharField(max_length=200)
    table = serializers.IntegerField(allow_null=True, default=None)
    dataset = serializers.IntegerField(allow_null=True, default=None)
    new_table = serializers.CharField(max_length=200, allow_blank=True, default="")
    annotator = serializers.CharField(max_length=150, help_text="Username of who judged.")
    managers = serializers.ListField(
        child=serializers.CharField(max_length=150),
        default=list,
        max_length=100,
        help_text="Usernames of further managers; whoever asks is one.",
    )
    polarity_switch = serializers.ChoiceField(
        choices=list(IS_ARTIFACT),
        allow_blank=True,
        default="",
        help_text="What it means in the file; SynAnno means an imaging artifact since April 2025.",
    )
    missed = serializers.BooleanField(default=True, help_text="Add the missed synapses.")
    labels = serializers.BooleanField(
        default=True, help_text="False: begin as if nobody had judged anything."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["table"] is None) == (attrs["dataset"] is None):
            raise serializers.ValidationError(
                {"table": "Choose a table, or a dataset and a name for a new table."}
            )
        if attrs["dataset"] is not None and not attrs["new_table"]:
            raise serializers.ValidationError({"new_table": "Give the new table a name."})
        return attrs


class ErrorCountSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    count = serializers.IntegerField()


class HoldingsSerializer(serializers.Serializer[Any]):
    """What a file holds; missed synapses are not among its records."""

    form = serializers.CharField(help_text="B is today's, A of 2023 and 2024, 2022 the first.")
    records = serializers.IntegerField()
    pages = serializers.IntegerField()
    labels = serializers.DictField(child=serializers.IntegerField())
    kinds = ErrorCountSerializer(many=True, help_text="Of errors.")
    missed = serializers.IntegerField()
    polarity = serializers.IntegerField(help_text="Records that say polaritySwitch.")
    polarity_first = serializers.CharField(allow_blank=True)
    drawn = serializers.IntegerField(help_text="Records with drawn masks, which are in no file.")
    along_neurons = serializers.IntegerField()
    begun_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    names_zone = serializers.BooleanField(
        default=False, help_text="Whether the file's times do; else they are taken for UTC."
    )


class RestoreSerializer(serializers.Serializer[Any]):
    key = serializers.UUIDField()
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    state = serializers.ChoiceField(choices=Restore.State.choices)
    waits = serializers.BooleanField(help_text="For its turn, as other jobs last.")
    found = HoldingsSerializer(allow_null=True)
    choices = NewRestoredCampaignSerializer(allow_null=True, help_text="What was asked for last.")
    failure = serializers.CharField(allow_blank=True, help_text="Why not, as a sentence.")
    field = serializers.CharField(allow_blank=True, help_text="Which choice that is about.")
    notices = serializers.ListField(child=serializers.CharField())
    campaign = serializers.IntegerField(allow_null=True)
    address = serializers.CharField(allow_blank=True, help_text="Of the campaign's page.")
    done = serializers.IntegerField(help_text="Records.")
    total = serializers.IntegerField()
    asked_at = serializers.DateTimeField()


class RestoresSerializer(serializers.Serializer[Any]):
    restores = RestoreSerializer(many=True)


def described_restore(restore: Restore) -> Mapping[str, Any]:
    made = restore.campaign_id
    return RestoreSerializer(
        {
            "key": restore.key,
            "name": restore.name,
            "size": restore.size,
            "state": restore.state,
            "waits": waits_for_turn(restore),
            "found": restore.found or None,
            "choices": restore.choices or None,
            "failure": restore.failure,
            "field": restore.field,
            "notices": restore.notices,
            "campaign": made,
            "address": "" if made is None else reverse("campaign-manage", args=[made]),
            "done": restore.done,
            "total": restore.total,
            "asked_at": restore.asked_at,
        }
    ).data
