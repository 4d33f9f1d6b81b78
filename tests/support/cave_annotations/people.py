"""Who is known to the stand-in, by their tokens."""

from __future__ import annotations

from dataclasses import dataclass

DATASTACK, VOLUME = "tiny", "tiny_volume"
PUBLIC_DATASTACK = "tiny_public"  # another name for the same volume
OWN_TOKEN = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
LAB_TOKEN = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
READING_TOKEN = "11111111111111111111111111111111"
TERMS_TOKEN = "22222222222222222222222222222222"


@dataclass(frozen=True)
class Person:
    """Somebody with a token. The lab, 2, owns its table of synapses."""

    number: int
    may_edit: bool = True
    has_accepted: bool = True


PEOPLE = {
    OWN_TOKEN: Person(1),
    LAB_TOKEN: Person(2),
    READING_TOKEN: Person(3, may_edit=False),
    TERMS_TOKEN: Person(4, has_accepted=False),
}
