"""What people ask of exports, checked field by field, and what they are told of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from rest_framework import serializers

from apps.accounts.models import User
from apps.exports.domain.formats import Discarded, ExportOptions, Format, People, Unjudged
from apps.exports.domain.manifest import synapses_in
from apps.exports.models import Export
from apps.exports.services.asking import NewExport
from apps.exports.services.downloading import link_for
from apps.exports.services.layers import has_layers

READING, JOINING = "reading", "joining"


class OptionsSerializer(serializers.Serializer[Any]):
    discarded = serializers.ChoiceField(
        choices=[one.value for one in Discarded],
        default=Discarded.KEEP.value,
        help_text="What becomes of false positives that were discarded.",
    )
    unjudged = serializers.ChoiceField(
        choices=[one.value for one in Unjudged],
        default=Unjudged.KEEP.value,
        help_text="What becomes of what nobody has judged; SynAnno's file calls it correct.",
    )
    people = serializers.ChoiceField(
        choices=[one.value for one in People],
        default=People.NOBODY.value,
        help_text="How those who judged and mended are told.",
    )


class NewExportSerializer(serializers.Serializer[Any]):
    key = serializers.UUIDField(
        required=False, help_text="Made by the client; the same one sent again changes nothing."
    )
    formats = serializers.ListField(
        child=serializers.ChoiceField(choices=[one.value for one in Format]), allow_empty=False
    )
    options = OptionsSerializer(required=False)


class FileSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    format = serializers.CharField(help_text="That of the export, or manifest.")
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    instances = serializers.IntegerField(
        allow_null=True,
        help_text="How many synapses it holds, where its format keeps those alone that somebody "
        "drew on, or set a point of.",
    )
    address = serializers.CharField(help_text="Where programs fetch it.")
    link = serializers.CharField(help_text="Where this person's browser does, for some hours.")


class ExportSerializer(serializers.Serializer[Any]):
    key = serializers.UUIDField()
    number = serializers.IntegerField(help_text="By which people and the record tell it apart.")
    state = serializers.ChoiceField(choices=Export.State.choices)
    is_cancelling = serializers.BooleanField()
    asked_by = serializers.CharField(allow_null=True)
    asked_at = serializers.DateTimeField()
    formats = serializers.ListField(child=serializers.CharField())
    options = OptionsSerializer()
    stage = serializers.ChoiceField(choices=["", READING, JOINING])
    done = serializers.IntegerField(help_text="Instances that were read.")
    total = serializers.IntegerField(allow_null=True)
    written = serializers.IntegerField(help_text="Instances that are in the files.")
    left_out = serializers.IntegerField()
    failure = serializers.CharField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    files = FileSerializer(many=True)
    neuroglancer = serializers.CharField(
        allow_null=True, help_text="Where its layers are shown, if it has any."
    )
    viewer_state = serializers.CharField(
        allow_null=True, help_text="The same as a state of Neuroglancer."
    )


class ExportsSerializer(serializers.Serializer[Any]):
    exports = ExportSerializer(many=True)


def new_export(data: Mapping[str, Any]) -> NewExport:
    """What `NewExportSerializer` has checked."""
    options = data.get("options") or OptionsSerializer().to_internal_value({})
    return NewExport(
        key=data.get("key") or uuid.uuid4(),
        formats=[Format(name) for name in data["formats"]],
        options=ExportOptions.of_json(options),
    )


def described(export: Export, person: User, now: datetime) -> dict[str, Any]:
    """An export as this person is told of it, for `ExportSerializer`."""
    is_writing = export.state == Export.State.WRITING
    is_ready = export.state == Export.State.READY
    return {
        "key": str(export.key),
        "number": export.pk,
        "state": export.state,
        "is_cancelling": is_writing and export.cancelled_at is not None,
        "asked_by": export.asked_by.username if export.asked_by else None,
        "asked_at": export.asked_at.isoformat(),
        "formats": export.formats,
        "options": export.options,
        "stage": (JOINING if export.all_read else READING) if is_writing else "",
        "done": export.done,
        "total": export.total,
        "written": export.counts.get("all", {}).get("instances", 0),
        "left_out": export.left_out,
        "failure": export.failure,
        "finished_at": export.finished_at and export.finished_at.isoformat(),
        "expires_at": export.expires_at and export.expires_at.isoformat(),
        "files": [_file(export, one, person, now) for one in export.files if is_ready],
        "neuroglancer": _shown(export, "export-neuroglancer"),
        "viewer_state": _shown(export, "export-state"),
    }


def _shown(export: Export, route: str) -> str | None:
    return reverse(route, args=[export.campaign_id, export.key]) if has_layers(export) else None


def _file(export: Export, file: Mapping[str, Any], person: User, now: datetime) -> dict[str, Any]:
    where = [export.campaign_id, export.key, file["name"]]
    query = urlencode({"link": link_for(export, file["name"], person, now)})
    return {
        **{name: file[name] for name in ("name", "format", "bytes", "sha256")},
        "instances": synapses_in(file["format"], file["notes"]),
        "address": reverse("api-export-file", args=where),
        "link": f"{reverse('export-file', args=where)}?{query}",
    }
