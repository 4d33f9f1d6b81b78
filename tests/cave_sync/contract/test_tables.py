"""Datastacks, schemas and tables."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from apps.cave_sync.domain.annotations import FieldKind, NewTable
from apps.cave_sync.domain.cave_errors import CaveRefusedError, Reason
from apps.cave_sync.gateways.annotation_service import AnnotationService
from tests.cave_sync.contract.conftest import RESOLUTION, Cave, NewTables, body, verdict

SYNAPSES = ("synapse", "nocleft_synapse", "nocenter_synapse", "fly_synapse", "plastic_synapse")
REFERENCES = (
    "reference_synapse_valid", "reference_tag", "reference_tag_float", "reference_integer",
    "reference_simple_group",
)  # fmt: skip


def refusal(action: Any, *arguments: Any) -> CaveRefusedError:
    with pytest.raises(CaveRefusedError) as raised:
        action(*arguments)
    return raised.value


def test_what_the_info_service_says(service: AnnotationService) -> None:
    facts = service.facts()
    assert facts.aligned_volume
    assert facts.viewer_resolution is None or min(facts.viewer_resolution) > 0


def test_schemas_say_what_they_need(service: AnnotationService) -> None:
    assert {*SYNAPSES, *REFERENCES} <= set(service.schemas())
    synapse = service.schema("synapse")
    needed = {field.name: field.is_required for field in synapse.fields}
    assert needed == {"pre_pt": True, "post_pt": True, "ctr_pt": True, "size": False}
    assert set(synapse.points) == {"pre_pt", "post_pt", "ctr_pt"}
    size = synapse.field("size")
    assert size is not None
    assert size.kind == FieldKind.NUMBER
    assert not synapse.is_reference


@pytest.mark.parametrize("name", SYNAPSES)
def test_schemas_of_synapses_have_both_points(service: AnnotationService, name: str) -> None:
    assert {"pre_pt", "post_pt"} <= set(service.schema(name).points)


@pytest.mark.parametrize("name", REFERENCES)
def test_schemas_of_verdicts_have_a_target(service: AnnotationService, name: str) -> None:
    schema = service.schema(name)
    assert schema.is_reference
    kinds = {field.name: field.kind for field in schema.fields}
    assert kinds["target_id"] == FieldKind.TARGET


def test_the_text_that_looks_like_a_schema_is_none(service: AnnotationService, cave: Cave) -> None:
    assert "reference_text" not in service.schemas()
    assert refusal(service.schema, "reference_text").reason == Reason.SCHEMA
    wanted = NewTable(cave.new_name(), "reference_text", "no such schema", RESOLUTION)
    error = refusal(service.create_table, wanted)
    assert (error.reason, error.field) == (Reason.SCHEMA, "schema")
    assert "not a known annotation type" in error.sentence


def test_a_table_is_made_and_told_with_its_resolution(
    service: AnnotationService, cave: Cave, new_table: NewTables
) -> None:
    """Its name comes bare, not as JSON; what is said of it comes with status 201."""
    table = new_table()
    assert table == table.strip('"\n').lower()
    assert table in service.tables()
    facts = cave.service().metadata(table)
    assert (facts.name, facts.schema, facts.resolution) == (table, "synapse", RESOLUTION)
    assert facts.reference_table is None
    assert facts.write_permission == "PRIVATE"
    assert service.count(table) == 0


def test_a_name_that_is_taken(service: AnnotationService, new_table: NewTables) -> None:
    wanted = NewTable(new_table(), "synapse", "again", RESOLUTION)
    error = refusal(service.create_table, wanted)
    assert (error.reason, error.field) == (Reason.TABLE_NAME, "table")
    assert "already exists" in error.words


def test_a_name_that_is_none(service: AnnotationService, cave: Cave) -> None:
    wanted = NewTable(f"{cave.new_name()}-ä", "synapse", "no name", RESOLUTION)
    assert refusal(service.create_table, wanted).reason == Reason.TABLE_NAME


def test_a_table_that_there_is_not(service: AnnotationService, cave: Cave) -> None:
    nowhere = f"{cave.new_name()}_nowhere"
    assert refusal(service.metadata, nowhere).reason == Reason.NO_TABLE


def test_a_reference_table_needs_to_be_told_whether_targets_are_followed(
    service: AnnotationService, raw: Any, cave: Cave, synapses: str, new_table: NewTables
) -> None:
    with pytest.raises(requests.HTTPError):
        raw.create_table(
            cave.new_name(), "reference_tag", "x", list(RESOLUTION), reference_table=synapses
        )
    made = new_table("reference_tag", synapses)  # which says no, as the table may be another's
    assert service.metadata(made).reference_table == synapses


def test_a_tag_with_confidence_loses_the_tag(
    service: AnnotationService, raw: Any, synapses: str, new_table: NewTables
) -> None:
    schema = service.schema("reference_tag_with_confidence")
    assert schema.field("tag") is None
    table = new_table("reference_tag_with_confidence", synapses)
    raw.post_annotation(table, [body(verdict(1), "is_valid", tag="split", confidence=0.5)])
    assert dict(service.read(table, [1])[1].values) == {"target_id": 1001, "confidence": 0.5}
