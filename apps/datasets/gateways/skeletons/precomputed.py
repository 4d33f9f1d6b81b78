"""Precomputed sources of skeletons: a file a neuron, or many in shards, with an info."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.connectome.errors import SkeletonError
from apps.connectome.skeletons import Skeleton
from apps.connectome.skeletons.precomputed import Attribute, decode
from apps.connectome.skeletons.skeleton import Floats
from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.skeletons.errors import unreadable
from apps.datasets.gateways.skeletons.store import SkeletonStore, as_skeletons, open_store
from apps.datasets.gateways.tables.annotations_info import Index

_TYPE = "neuroglancer_skeletons"
_DTYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float32")
_MOST_ATTRIBUTES = 100
_MOST_COMPONENTS = 100
_FOLDER = re.compile(r"(?!\.)[\w.,+=-]+(/(?!\.)[\w.,+=-]+){0,3}/?")


@dataclass(frozen=True, eq=False)
class _Source:
    """What the info says; `transform`, (3, 4) float64, leads from stored places to nm."""

    store: SkeletonStore
    transform: Floats
    attributes: tuple[Attribute, ...]
    sharding: Mapping[str, Any] | None


def find_source(address: str, credentials: Credentials | None, timeout_s: float) -> str:
    """The address of the source that is meant: of skeletons, or of a volume that names its
    skeletons. Raises InvalidInputError where there is none."""
    bare, store = open_store(address, credentials, timeout_s)
    with as_skeletons():
        info = store.info()
        folder = info.get("skeletons") if isinstance(info, dict) else None
        if folder is None:
            _source(store, info)
            return bare
        if not isinstance(folder, str) or not _FOLDER.fullmatch(folder):
            raise unreadable(f"{bare}/info names the folder of skeletons {str(folder)[:80]!r}.")
        return find_source(f"{bare}/{folder}", credentials, timeout_s)


def read_precomputed(
    address: str, root_id: int, credentials: Credentials | None, timeout_s: float
) -> Skeleton:
    """The skeleton of a neuron, as it is stored, in nm. Raises InvalidInputError."""
    bare, store = open_store(address, credentials, timeout_s)
    with as_skeletons():
        source = _source(store, store.info())
        if source.sharding is None:
            content = store.read([str(root_id)])[0]
        else:
            content = store.sharded(Index("skeletons", "", source.sharding), root_id)
    if content is None:
        # Buckets answer 403 to those who may not list them, whether there is one or not.
        raise unreadable(f"there is none of neuron {root_id} at {bare}, or it may not be read.")
    try:
        return decode(content, source.attributes, source.transform)
    except SkeletonError as error:
        raise unreadable(f"{bare}/{root_id} is damaged: {error}.") from error


def _source(store: SkeletonStore, info: object) -> _Source:
    if not isinstance(info, dict) or info.get("@type") != _TYPE:
        raise unreadable(
            f"{store.name} is no source of skeletons: its info is not of the type {_TYPE}."
        )
    sharding = info.get("sharding")
    if sharding is not None and not isinstance(sharding, dict):
        raise unreadable(f"{store.name}/info: sharding is no object.")
    return _Source(store, _transform(store, info), _attributes(store, info), sharding)


def _transform(store: SkeletonStore, info: Mapping[str, Any]) -> Floats:
    given = info.get("transform") or [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]
    try:
        transform = np.array(given, np.float64).reshape(3, 4)
    except (TypeError, ValueError) as error:
        raise unreadable(f"{store.name}/info: transform is not twelve numbers.") from error
    if not np.isfinite(transform).all() or np.linalg.matrix_rank(transform[:, :3]) < 3:
        raise unreadable(f"{store.name}/info: transform leads all places onto a plane.")
    return transform


def _attributes(store: SkeletonStore, info: Mapping[str, Any]) -> tuple[Attribute, ...]:
    given = info.get("vertex_attributes") or []
    if not isinstance(given, list) or len(given) > _MOST_ATTRIBUTES:
        raise unreadable(f"{store.name}/info: vertex_attributes is no list of them.")
    return tuple(_attribute(store, one) for one in given)


def _attribute(store: SkeletonStore, given: object) -> Attribute:
    if isinstance(given, dict):
        name, dtype = given.get("id"), given.get("data_type")
        components = given.get("num_components", 1)
        is_count = isinstance(components, int) and 1 <= components <= _MOST_COMPONENTS
        if isinstance(name, str) and dtype in _DTYPES and is_count:
            return Attribute(name, str(dtype), int(components))
    raise unreadable(f"{store.name}/info: the attribute {str(given)[:80]} cannot be read.")
