"""Columns that are kept beside those that are read, as texts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from apps.datasets.domain.column_blocks import Kind

_EXACT = 2**53  # beyond, JavaScript loses digits


@dataclass(frozen=True)
class Other:
    """A column of n rows: texts (n,), and (n,) bool whether there is no value. `kind` is None
    where no row has a value."""

    kind: Kind | None
    texts: pa.Array
    missing: npt.NDArray[np.bool_]


def named_once(columns: Sequence[str], without: Collection[str] = ()) -> tuple[str, ...]:
    """The columns that can be told apart by their names."""
    counts = Counter(columns)
    return tuple(one for one in columns if one and counts[one] == 1 and one not in without)


def opaque_columns(schema: pa.Schema) -> frozenset[str]:
    """The columns that hold bytes, which nobody could read."""
    return frozenset(
        one.name
        for one in schema
        if pa.types.is_binary(one.type)
        or pa.types.is_large_binary(one.type)
        or pa.types.is_fixed_size_binary(one.type)
    )


def other_texts(texts: pa.Array) -> Other:
    """A column of a text file: as it stands there, and none where nothing stands."""
    return Other(Kind.TEXT, texts, _as_mask(pc.equal(texts, "")))


def other_array(array: pa.Array) -> Other:
    """A column of any type."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    missing = _as_mask(pc.is_null(array))
    if missing.all():
        return Other(None, pa.array([""] * len(array), pa.string()), missing)
    kind = _kind_of(array.type)
    return Other(kind, pc.fill_null(_as_texts(array, kind), ""), missing)


def _kind_of(given: pa.DataType) -> Kind:
    if pa.types.is_boolean(given):
        return Kind.TRUTH
    if pa.types.is_floating(given):
        return Kind.NUMBER
    if pa.types.is_integer(given):
        return Kind.TEXT if given.bit_width == 64 else Kind.WHOLE
    return Kind.JSON if pa.types.is_nested(given) else Kind.TEXT


def _as_texts(array: pa.Array, kind: Kind) -> pa.Array:
    if kind is Kind.JSON:
        return pa.array([_json(value) for value in array.to_pylist()], pa.string())
    try:
        return pc.cast(array, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        texts = [None if value is None else str(value) for value in array.to_pylist()]
        return pa.array(texts, pa.string())


def _json(value: object) -> str | None:
    if value is None:
        return None
    return json.dumps(_told(value), ensure_ascii=False, allow_nan=False)


def _told(value: Any) -> Any:
    """What JSON and JavaScript have a form for; the rest as text."""
    if isinstance(value, dict):
        return {str(name): _told(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_told(one) for one in value]
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int) and abs(value) <= _EXACT:
        return value
    if isinstance(value, float) and np.isfinite(value):
        return value
    return str(value)


def _as_mask(truths: pa.Array) -> npt.NDArray[np.bool_]:
    """An array of truth values without empty places. Arrow's own way there would import pandas."""
    bits = pc.cast(truths, pa.uint8())
    values = np.frombuffer(bits.buffers()[1], np.uint8) if len(bits) else np.empty(0, np.uint8)
    return values[bits.offset : bits.offset + len(bits)].astype(np.bool_)
