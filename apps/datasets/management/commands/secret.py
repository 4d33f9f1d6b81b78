"""`manage.py secret`: logins of buckets and CAVE. What one says is read from standard input or a
file, never from the command line, which others on this machine can see."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.accounts.models import User
from apps.core.commands import SentenceCommand
from apps.core.errors import InvalidInputError
from apps.datasets.domain.secrets import LONGEST_SECRET, SecretKind
from apps.datasets.models import Secret
from apps.datasets.selectors.secrets import secret_named
from apps.datasets.services.secrets import (
    create_secret,
    delete_secret,
    encrypt_anew,
    replace_secret,
)


class Command(SentenceCommand):
    help = "Keep logins of buckets and CAVE, encrypted. No command shows one again."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        create = deeds.add_parser("create", help="keep a secret under a new name")
        create.add_argument("name")
        create.add_argument("kind", choices=[kind.value for kind in SecretKind])
        create.add_argument("--owner", metavar="USER", help="who may name it beside administrators")
        create.add_argument("--team", default="", help="whose managers may name it, too (cave)")
        create.add_argument("--server", default="", help="where alone that of a team is sent")
        replace = deeds.add_parser("replace", help="put another text under the same name")
        replace.add_argument("name")
        for taking in (create, replace):
            taking.add_argument(
                "--file",
                type=Path,
                help="a file that holds it; default: standard input, at a terminal one line that "
                "is not shown",
            )
        deeds.add_parser("delete", help="forget one that no volume names").add_argument("name")
        deeds.add_parser("list", help="names, kinds and owners")
        deeds.add_parser("encrypt-anew", help="encrypt all with the first of SYNANNO_SECRETS_KEYS")

    def run(self, options: Mapping[str, Any]) -> None:
        deed = options["deed"]
        if deed == "create":
            kind = SecretKind(options["kind"])
            text, owner = _text(options["file"]), _owner(options["owner"])
            of = {"team": options["team"], "server": options["server"]}
            create_secret(options["name"], kind, text, owner, **of)
            self.stdout.write(f"Kept as {options['name']!r}.")
        elif deed == "replace":
            replace_secret(secret_named(options["name"]), _text(options["file"]))
            self.stdout.write(f"Replaced {options['name']!r}.")
        elif deed == "delete":
            delete_secret(secret_named(options["name"]))
            self.stdout.write(f"Deleted {options['name']!r}.")
        elif deed == "list":
            for secret in Secret.objects.select_related("created_by").order_by("name"):
                self.stdout.write(f"{secret.name}\t{secret.kind}\t{secret.created_by or '-'}")
        else:
            self.stdout.write(f"{encrypt_anew()} secrets are encrypted with the first key.")


def _text(path: Path | None) -> str:
    try:
        if path is not None:
            with path.open(encoding="utf-8") as file:
                return file.read(LONGEST_SECRET + 1)
        if sys.stdin.isatty():
            return getpass.getpass("Secret, in one line (it is not shown): ")
        return sys.stdin.read(LONGEST_SECRET + 1)
    except UnicodeDecodeError:
        raise InvalidInputError("file: it is no text in UTF-8.", field="file") from None
    except OSError as error:
        raise InvalidInputError(f"file: it cannot be read: {error.strerror}.", field="file") from (
            error
        )


def _owner(name: str | None) -> User | None:
    if name is None:
        return None
    found = User.objects.filter(username=name).first()
    if found is None:
        raise InvalidInputError(f"owner: there is no person {name!r}.", field="owner")
    return found
