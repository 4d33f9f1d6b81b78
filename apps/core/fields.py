"""Database fields that several rooms use."""

from __future__ import annotations

from typing import Any

from django.db import models

_WRAP = 2**64
_SIGNED_LIMIT = 2**63


# Generic in the stubs only: at run time the class takes no parameters.
class UInt64Field(models.BigIntegerField):  # type: ignore[type-arg]
    """A root id or supervoxel id: 0 … 2⁶⁴−1, exact, in eight bytes.

    Postgres has no unsigned type; ids from 2⁶³ upwards are stored as their two's complement.
    Equality and uniqueness hold in the database, order above 2⁶³ does not.
    """

    description = "unsigned 64-bit id"

    def get_prep_value(self, value: Any) -> int | None:
        number: int | None = super().get_prep_value(value)
        if number is None:
            return None
        if not 0 <= number < _WRAP:
            raise ValueError(f"{self.name} is {number}; it must be between 0 and 2^64 - 1")
        return to_signed(number)

    def from_db_value(self, value: int | None, *_: Any) -> int | None:
        return value + _WRAP if value is not None and value < 0 else value


def to_signed(number: int) -> int:
    """How the database keeps an id from 0 to 2⁶⁴−1."""
    return number - _WRAP if number >= _SIGNED_LIMIT else number
