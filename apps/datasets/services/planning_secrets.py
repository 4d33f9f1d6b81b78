"""The secrets that the settings of a plan name. Workers and commands use them."""

from __future__ import annotations

from apps.accounts.models import User
from apps.core.errors import InvalidInputError, NotFoundError
from apps.datasets.domain.plan_settings import Settings
from apps.datasets.models import Secret
from apps.datasets.selectors.secrets import secret_named
from apps.datasets.services.secrets import SecretUnreadableError, credentials_of


def named_secret(name: str, user: User | None, field: str) -> Secret | None:
    """The secret of this name that `user` may use (None: any); None where none is named.

    Raises InvalidInputError naming the field.
    """
    if not name:
        return None
    try:
        secret = secret_named(name, user)
    except NotFoundError as error:
        raise InvalidInputError(error.sentence, field=field) from error
    secret.refresh_from_db()  # with what it says: threads that look at volumes ask nothing
    return secret


def table_secret(settings: Settings, user: User | None) -> Secret | None:
    """The secret with which the table of a plan is opened, if one is named.

    Raises InvalidInputError, also for one that cannot be decrypted.
    """
    # Plans of before know of no secret of a table.
    secret = named_secret(settings["table"].get("secret", ""), user, "table_secret")
    if secret is not None:
        try:
            credentials_of(secret)
        except SecretUnreadableError as error:
            raise InvalidInputError(error.sentence, field="table_secret") from error
    return secret
