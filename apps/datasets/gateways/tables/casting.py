"""Arrow's columns as numbers, with a reason for each value that is none.

A whole column is converted at once. Only where that fails are its values looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from apps.datasets.domain.layouts import Kind, Wanted
from apps.datasets.domain.tables import LEAST_VOXEL, MISSING, MOST_VOXEL, Column

_WHOLE = r"^[+-]?[0-9]{1,20}$"
_DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_NOT_A_NUMBER = r"(?i)^nan$"
_THREE = (
    r"^\s*[\[(]?\s*(?P<x>[^\s,;\[\]()]+)[\s,;]+(?P<y>[^\s,;\[\]()]+)[\s,;]+(?P<z>[^\s,;\[\]()]+)"
    r"\s*[\])]?\s*$"
)
_RANGES = {
    Kind.VOXEL: (LEAST_VOXEL, MOST_VOXEL),
    Kind.ROW_ID: (0, 2**63 - 1),
    Kind.ROOT_ID: (0, 2**64 - 1),
}
_TOLD = 40  # characters of a value in a message
Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


def cast_texts(texts: pa.Array, wanted: Wanted, *, careful: bool) -> tuple[Column, ...]:
    """The column(s) of texts (n,): three where it holds lists.

    `careful` leaves the quick way out; it takes hexadecimal numbers for numbers.
    """
    if wanted.is_list:
        return _cast_lists_of_text(texts, wanted)
    column = None if careful else _cast_at_once(texts, wanted)
    return (column or _cast_one_by_one(texts, wanted),)


def cast_array(array: pa.Array, wanted: Wanted) -> tuple[Column, ...] | None:
    """The column(s) of an array of any type; None if its type cannot hold what is wanted."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_decimal(kind) or pa.types.is_large_string(kind):
        array = pc.cast(array, pa.string())
        kind = array.type
    if pa.types.is_string(kind):
        return cast_texts(pc.fill_null(array, ""), wanted, careful=True)
    if wanted.is_list:
        return _cast_lists(array, wanted)
    if pa.types.is_null(kind):
        array = pc.cast(array, pa.int64())
    elif not pa.types.is_integer(kind) and not pa.types.is_floating(kind):
        return None
    if pa.types.is_floating(kind) and wanted.kind in (Kind.ROW_ID, Kind.ROOT_ID):
        return None
    return (_cast_numbers(array, wanted),)


def _cast_at_once(texts: pa.Array, wanted: Wanted) -> Column | None:
    """The column, if every text is a number as it should be."""
    is_whole = wanted.kind in _RANGES
    try:
        values = _numbers(pc.cast(texts, pa.int64() if is_whole else pa.float64()))
    except pa.ArrowInvalid:
        return None
    column = _within(values, np.zeros(len(values), dtype=np.bool_), wanted)
    return None if column.faults else column


def _cast_numbers(array: pa.Array, wanted: Wanted) -> Column:
    """A column of integers or floats that may have empty places."""
    missing = _mask(pc.is_null(array, nan_is_null=True))
    if pa.types.is_floating(array.type):
        array = pc.cast(array, pa.float64())
    elif array.type != pa.uint64():
        array = pc.cast(array, pa.int64())
    values = _numbers(pc.fill_null(array, pa.scalar(0, array.type)))
    values = np.where(missing, 0, values).astype(values.dtype)
    faults: dict[int, str] = {}
    if wanted.kind in _RANGES and values.dtype == np.float64:
        broken = ~(np.floor(values) == values) | np.isinf(values)
        faults = _reasons(broken, lambda row: f"{values[row]:g} is not a whole number")
        values = np.where(broken | (np.abs(values) > 2.0**62), np.sign(values) * 2.0**62, values)
        values = values.astype(np.int64)
    return _within(values, missing, wanted, faults)


def _within(
    values: Array, missing: Mask, wanted: Wanted, faults: dict[int, str] | None = None
) -> Column:
    """The column of values in their range; ids that mean none are missing."""
    faults = dict(faults or {})
    if wanted.is_required:
        faults |= _reasons(missing, lambda _: MISSING)
    if wanted.kind in _RANGES:
        none = np.zeros_like(missing) if wanted.none is None else values == wanted.none
        least, most = _RANGES[wanted.kind]
        beyond = (values < least) | (values > most) if values.dtype == np.int64 else values > most
        beyond &= ~none & ~missing
        faults = _reasons(beyond, lambda row: f"{values[row]} is out of range") | faults
        to_type = np.uint64 if wanted.kind is Kind.ROOT_ID else np.int64
        values = np.where(beyond | none, 0, values).astype(to_type)
        return Column(values, missing | none, faults)
    unknown = np.isnan(values.astype(np.float64))
    if wanted.is_required:
        faults = _reasons(unknown & ~missing, lambda _: "'nan' is not a number") | faults
    endless = np.isinf(values.astype(np.float64))
    faults = _reasons(endless, lambda row: f"{values[row]:g} is not a finite number") | faults
    values = np.where(unknown | endless, 0, values).astype(np.float64)
    return Column(values, missing | unknown, faults)


def _numbers(array: pa.Array) -> Array:
    """An array of numbers without empty places. Arrow's own way there would import pandas."""
    dtype = np.dtype(array.type.to_pandas_dtype())
    if len(array) == 0:
        return np.empty(0, dtype)
    return np.frombuffer(array.buffers()[1], dtype)[array.offset : array.offset + len(array)]


def _mask(array: pa.Array) -> Mask:
    """An array of truth values without empty places."""
    return _numbers(pc.cast(array, pa.uint8())).astype(np.bool_)


def _reasons(rows: Mask, reason: Callable[[int], str]) -> dict[int, str]:
    return {row: reason(row) for row in np.flatnonzero(rows).tolist()}


def _cast_one_by_one(texts: pa.Array, wanted: Wanted) -> Column:
    """The column of texts of which some may be no number."""
    trimmed = pc.utf8_trim_whitespace(texts)
    missing = _mask(pc.equal(trimmed, ""))
    is_whole = wanted.kind in _RANGES
    fits = _mask(pc.match_substring_regex(trimmed, _WHOLE if is_whole else _DECIMAL))
    if wanted.kind is Kind.NUMBER:
        missing |= _mask(pc.match_substring_regex(trimmed, _NOT_A_NUMBER))
    what = "a whole number" if is_whole else "a number"
    faults: dict[int, str] = _reasons(
        ~fits & ~missing, lambda row: f"{texts[row].as_py()[:_TOLD]!r} is not {what}"
    )
    clean = pc.if_else(pa.array(fits), pc.replace_substring_regex(trimmed, r"^\+", ""), "0")
    if not is_whole:
        return _within(_numbers(pc.cast(clean, pa.float64())), missing, wanted, faults)
    try:
        return _within(_numbers(pc.cast(clean, pa.int64())), missing, wanted, faults)
    except pa.ArrowInvalid:
        return _large_numbers(clean.to_pylist(), missing, wanted, faults)


def _large_numbers(
    texts: list[str], missing: Mask, wanted: Wanted, faults: dict[int, str]
) -> Column:
    """The column of whole numbers of which some lie beyond int64."""
    least, most = _RANGES[wanted.kind]
    numbers = [int(text) for text in texts]
    none = np.array([number == wanted.none for number in numbers], dtype=np.bool_)
    beyond = np.array([not least <= number <= most for number in numbers]) & ~none
    faults = _reasons(beyond, lambda row: f"{numbers[row]} is out of range") | faults
    kept = [0 if bad else number for number, bad in zip(numbers, beyond | none, strict=True)]
    to_type = np.uint64 if wanted.kind is Kind.ROOT_ID else np.int64
    column = _within(np.array(kept, dtype=to_type), missing, wanted, faults)
    return Column(column.values, column.missing | none, column.faults)


def _cast_lists_of_text(texts: pa.Array, wanted: Wanted) -> tuple[Column, ...]:
    """Three columns of texts such as "[1, 2, 3]" or "[1 2 3]"."""
    parts = pc.extract_regex(texts, pattern=_THREE)
    empty = _mask(pc.equal(pc.utf8_trim_whitespace(texts), ""))
    broken = _mask(pc.is_null(parts)) & ~empty
    faults = _reasons(broken, lambda row: _no_list(texts[row].as_py()))
    columns = []
    for axis in "xyz":
        part = pc.fill_null(pc.struct_field(parts, axis), "")
        column = _cast_one_by_one(part, wanted)
        columns.append(Column(column.values, column.missing, dict(column.faults) | faults))
    return tuple(columns)


def _cast_lists(array: pa.Array, wanted: Wanted) -> tuple[Column, ...] | None:
    """Three columns of lists of three numbers."""
    kind = array.type
    if not (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    ):
        return None
    if not pa.types.is_integer(kind.value_type) and not pa.types.is_floating(kind.value_type):
        return None
    whole = _mask(pc.fill_null(pc.equal(pc.list_value_length(array), 3), pa.scalar(value=False)))
    missing = _mask(pc.is_null(array))
    faults = _reasons(~whole & ~missing, lambda row: _no_list(array[row].as_py()))
    flat = pc.list_flatten(array.filter(pa.array(whole)))
    places = np.cumsum(whole) * 3 - 3
    columns = []
    for axis in range(3):
        at = pa.array(places + axis, mask=~whole)
        column = _cast_numbers(flat.take(at), wanted)
        columns.append(Column(column.values, column.missing, dict(column.faults) | faults))
    return tuple(columns)


def _no_list(value: Any) -> str:
    return f"{str(value)[:_TOLD]!r} is not a list of three numbers"
