"""Keep logins of buckets and of CAVE, and open them for those who read.

Write-only: what a secret says comes out of `credentials_of` alone, for gateways.
"""

from __future__ import annotations

from functools import lru_cache

import structlog
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apps.accounts.models import User
from apps.core.errors import ConflictError, InvalidInputError, SynAnnoError
from apps.core.sealing import WrongKeyError, seal, seal_again, unseal
from apps.datasets.domain.secrets import Credentials, SecretKind, checked_secret
from apps.datasets.models import Secret

log = structlog.get_logger(__name__)

LONGEST_NAME = 100


class SecretUnreadableError(SynAnnoError):
    """A secret was encrypted with a key that this process has not."""

    code = "secret_unreadable"


@sensitive_variables("text")
def create_secret(name: str, kind: SecretKind, text: str, by: User | None = None) -> Secret:
    """Keep a secret under a name of its own. `by` is None for a command on this machine.

    Raises InvalidInputError naming the field, without the secret.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInputError(
            f"name: give between 1 and {LONGEST_NAME} characters.", field="name"
        )
    sealed = seal(checked_secret(kind, text))
    try:
        with transaction.atomic():
            secret = Secret.objects.create(name=name, kind=kind, sealed=sealed, created_by=by)
    except IntegrityError:
        raise InvalidInputError(
            f"name: there is a secret {name!r} already.", field="name"
        ) from None
    _note("secret_created", secret, by)
    return secret


@sensitive_variables("text")
def replace_secret(secret: Secret, text: str, by: User | None = None) -> Secret:
    """Put another text under the same name; volumes that name it are read with it from now on.

    Raises InvalidInputError.
    """
    sealed = seal(checked_secret(SecretKind(secret.kind), text))
    with transaction.atomic():
        kept = Secret.objects.select_for_update(no_key=True).get(pk=secret.pk)
        kept.sealed, kept.version, kept.replaced_at = sealed, kept.version + 1, timezone.now()
        kept.save(update_fields=["sealed", "version", "replaced_at"])
    _note("secret_replaced", kept, by)
    return kept


def delete_secret(secret: Secret, by: User | None = None) -> None:
    """Forget a secret. Raises ConflictError where a volume names it."""
    try:
        secret.delete()
    except (ProtectedError, IntegrityError):
        raise ConflictError(
            f"secret: {secret.name!r} cannot be deleted: volumes are read with it. "
            "Replace it instead.",
            field="secret",
        ) from None
    _note("secret_deleted", secret, by)


def encrypt_anew() -> int:
    """Encrypt every secret with the first of the keys; how many there are.

    All or nothing. Raises SecretUnreadableError where one was encrypted with none of the keys.
    """
    with transaction.atomic():
        secrets = list(Secret.objects.select_for_update(no_key=True).order_by("pk"))
        for secret in secrets:
            try:
                secret.sealed = seal_again(bytes(secret.sealed))
            except WrongKeyError:
                raise _unreadable(secret.name) from None
            secret.save(update_fields=["sealed"])
    return len(secrets)


@sensitive_variables()
def credentials_of(secret: Secret) -> Credentials:
    """What a secret says, for a gateway. Raises SecretUnreadableError."""
    try:
        return Credentials(SecretKind(secret.kind), unseal(bytes(secret.sealed)))
    except WrongKeyError:
        raise _unreadable(secret.name) from None


@lru_cache(maxsize=64)
def credentials_for_reading(secret_id: int, version: int) -> Credentials:
    """What the secret of a volume says; of a version, so that it is decrypted once a process.

    Raises SecretUnreadableError.
    """
    secret = Secret.objects.filter(pk=secret_id, version=version).first()
    if secret is None:
        raise SecretUnreadableError(
            "The secret of this volume was replaced or deleted a moment ago."
        )
    return credentials_of(secret)


def _unreadable(name: str) -> SecretUnreadableError:
    return SecretUnreadableError(
        f"The secret {name!r} cannot be decrypted: it was encrypted with a key that is not among "
        "SYNANNO_SECRETS_KEYS (or in SYNANNO_HOME). Add that key, or replace the secret."
    )


def _note(event: str, secret: Secret, by: User | None) -> None:
    log.info(event, secret=secret.name, kind=secret.kind, by=by.username if by else None)
