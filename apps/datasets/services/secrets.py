"""Keep logins of buckets and of CAVE, and open them for those who read.

Write-only: what a secret says comes out of `credentials_of` alone, for gateways.
"""

from __future__ import annotations

import json
from functools import lru_cache

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apps.accounts.models import Team, User
from apps.core.addresses import LEADS_INSIDE, is_public_host, why_no_address
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
def create_secret(
    name: str,
    kind: SecretKind,
    text: str,
    by: User | None = None,
    *,
    team: str = "",
    server: str = "",
) -> Secret:
    """Keep a secret under a name of its own. `by` is None for a command on this machine.

    `team` names a team of this person, whose managers may use it as well; then `server` says where
    alone it is sent. Raises InvalidInputError naming the field, without the secret.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInputError(
            f"name: give between 1 and {LONGEST_NAME} characters.", field="name"
        )
    of_team = _team(team, by) if team else None
    server = _server(server, kind) if server or of_team is not None else ""
    sealed = seal(_usable_secret(kind, text))
    try:
        with transaction.atomic():
            secret = Secret.objects.create(
                name=name, kind=kind, sealed=sealed, created_by=by, team=of_team, server=server
            )
    except IntegrityError:
        raise InvalidInputError(
            f"name: there is a secret {name!r} already.", field="name"
        ) from None
    _note("secret_created", secret, by)
    return secret


def _team(name: str, by: User | None) -> Team:
    """A team that this person is in; administrators and commands may name any."""
    teams = Team.objects.filter(name=name)
    if by is not None and not by.is_superuser:
        teams = teams.filter(members=by)
    found = teams.first()
    if found is None:
        raise InvalidInputError(f"team: you are in no team {name!r}.", field="team")
    return found


def _server(text: str, kind: SecretKind) -> str:
    if kind != SecretKind.CAVE:
        raise InvalidInputError(
            f"team: only tokens of CAVE belong to teams and servers, not those of {kind}.",
            field="team",
        )
    server = text.strip().rstrip("/")
    reason = why_no_address(server) if server else "name the one that it is sent to"
    if reason is not None:
        raise InvalidInputError(
            f"server: {server[:80]!r} cannot be used: {reason}.", field="server"
        )
    if not is_public_host(server, settings.ENVIRONMENT.private_networks):
        raise InvalidInputError(f"server: {server} {LEADS_INSIDE}.", field="server")
    return server


@sensitive_variables("text")
def replace_secret(secret: Secret, text: str, by: User | None = None) -> Secret:
    """Put another text under the same name; volumes that name it are read with it from now on.

    Raises InvalidInputError.
    """
    sealed = seal(_usable_secret(SecretKind(secret.kind), text))
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
            f"secret: {secret.name!r} cannot be deleted: volumes are read or results are delivered "
            "with it. Replace it instead.",
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


@sensitive_variables()
def _usable_secret(kind: SecretKind, text: str) -> str:
    """The secret as it is kept; a key that cannot sign would only be found out by reading."""
    kept = checked_secret(kind, text)
    if kind == SecretKind.GCS and not _signs(json.loads(kept)["private_key"]):
        raise InvalidInputError(
            "secret: its private_key is no RSA key in PEM without a password, as Google gives it.",
            field="secret",
        )
    return kept


@sensitive_variables()
def _signs(private_key: str) -> bool:
    try:
        return isinstance(load_pem_private_key(private_key.encode(), None), RSAPrivateKey)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False


def _unreadable(name: str) -> SecretUnreadableError:
    return SecretUnreadableError(
        f"The secret {name!r} cannot be decrypted: it was encrypted with a key that is not among "
        "SYNANNO_SECRETS_KEYS (or in SYNANNO_HOME). Add that key, or replace the secret."
    )


def _note(event: str, secret: Secret, by: User | None) -> None:
    log.info(event, secret=secret.name, kind=secret.kind, by=by.username if by else None)
