"""Logins of buckets and of CAVE: what they must hold, and which addresses they open."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from apps.core.errors import InvalidInputError

LONGEST_SECRET = 20_000
_S3_NEEDS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_S3_TAKES = (*_S3_NEEDS, "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION")
_GCS_NEEDS = ("client_email", "private_key", "token_uri", "project_id")


class SecretKind(StrEnum):
    """What a secret opens."""

    S3 = "s3"
    GCS = "gcs"
    HTTPS = "https"
    CAVE = "cave"


_OPENS = {
    SecretKind.S3: ("s3://",),
    SecretKind.GCS: ("gs://",),
    SecretKind.HTTPS: ("https://", "http://"),
    SecretKind.CAVE: ("graphene://", "cave://"),
}
_ABOUT = {
    SecretKind.S3: f"a JSON object with {' and '.join(_S3_NEEDS)}",
    SecretKind.GCS: "the JSON file of a Google service account, with " + ", ".join(_GCS_NEEDS),
    SecretKind.HTTPS: "a token without spaces, as it follows Authorization: Bearer",
    SecretKind.CAVE: 'a token of CAVE, by itself or as {"token": "…"}',
}


@dataclass(frozen=True, repr=False)
class Credentials:
    """A secret that was decrypted, for a client library. Nothing that prints it shows it, and it
    cannot be pickled or sent with a job."""

    kind: SecretKind
    text: str

    def __repr__(self) -> str:
        return f"<credentials of {self.kind}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials stay in the process that decrypted them")

    @property
    def token(self) -> str:
        """The token of the kinds that are one."""
        return self.text

    def as_mapping(self) -> dict[str, Any]:
        """What CloudFiles takes as `secrets`."""
        if self.kind in (SecretKind.HTTPS, SecretKind.CAVE):
            return {"token": self.text}
        return dict(json.loads(self.text))


def checked_secret(kind: SecretKind, text: str) -> str:
    """The secret as it is kept. Raises InvalidInputError, which never quotes it."""
    text = text.strip()
    if not text or len(text) > LONGEST_SECRET:
        raise InvalidInputError(
            f"secret: give between 1 and {LONGEST_SECRET:,} characters.", field="secret"
        )
    if kind == SecretKind.S3:
        return _checked_object(kind, text, _S3_NEEDS, _S3_TAKES)
    if kind == SecretKind.GCS:
        return _checked_object(kind, text, _GCS_NEEDS, None)
    if kind == SecretKind.CAVE:
        found = _object(text)
        text = str(found.get("token", "")) if found is not None else text
    pattern = r"[0-9A-Za-z+/]+={0,2}" if kind == SecretKind.CAVE else r"[\x21-\x7e]+"
    if not re.fullmatch(pattern, text):
        raise _unusable(kind)
    return text


def _checked_object(
    kind: SecretKind, text: str, needs: tuple[str, ...], takes: tuple[str, ...] | None
) -> str:
    found = _object(text)
    if found is None or not all(isinstance(found.get(name), str) for name in needs):
        raise _unusable(kind)
    if not all(found[name] for name in needs):
        raise _unusable(kind)
    kept = found if takes is None else {name: found[name] for name in takes if found.get(name)}
    if kind == SecretKind.S3 and not all(isinstance(value, str) for value in kept.values()):
        raise _unusable(kind)
    return json.dumps(kept)


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _unusable(kind: SecretKind) -> InvalidInputError:
    return InvalidInputError(
        f"secret: this is no secret of the kind {kind}; it must be {_ABOUT[kind]}.", field="secret"
    )


def check_opens(kind: SecretKind, address: str, field: str) -> None:
    """Refuse a secret for an address that it does not open. Raises InvalidInputError naming
    `field`."""
    bare = address.removeprefix("precomputed://")
    if not bare.startswith(_OPENS[kind]):
        raise InvalidInputError(
            f"{field}: a secret of the kind {kind} opens addresses with "
            f"{' or '.join(_OPENS[kind])}, not {bare.split('://')[0]}://.",
            field=field,
        )
