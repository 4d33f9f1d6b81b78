"""Which files of local volumes a browser is given.

Volumes of datasets are served by their id to whom a room above lets see them. A volume that is not
saved yet is served to the staff person who names it, under a signed address that only they can use.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.signing import BadSignature, dumps, loads
from django.urls import reverse

from apps.accounts.models import User
from apps.core.errors import InvalidInputError, NotFoundError
from apps.datasets.gateways.local_files import NoSuchFileError, StoredFile, find_file, read_info
from apps.datasets.gateways.places import may_be_named, named_roots
from apps.datasets.models import Volume

_FILE = "file://"
_SALT = "volume-preview"
_PREVIEW_S = 24 * 3600


def is_local(address: str) -> bool:
    """Whether a volume lies in files of this machine."""
    return address.startswith(_FILE)


def folder_of(address: str) -> Path:
    """The folder of a local volume."""
    return Path(address.removeprefix(_FILE))


def file_of_volume(volume: Volume, name: str) -> StoredFile:
    """A file of a local volume. Raises NotFoundError, also for volumes that lie elsewhere, and
    GoneError for a chunk that should be there."""
    if not is_local(volume.address):
        raise NotFoundError("This volume does not lie on the server.")
    roots = settings.ENVIRONMENT.volume_roots
    return find_file(folder_of(volume.address), name, roots, is_sparse=volume.is_sparse)


def preview_path(user: User, address: str, field: str) -> str:
    """Where this staff person's browser reads a local volume that is no dataset's yet, for a day.

    Raises InvalidInputError where it lies outside the folders that volumes may lie in, or is no
    volume: names of its files alone do not tell them from others on this machine.
    """
    folder = folder_of(address).resolve()
    if not may_be_named(folder):
        raise InvalidInputError(f"{field}: {address} lies outside {named_roots()}.", field=field)
    try:
        info = read_info(folder, settings.ENVIRONMENT.volume_roots)
    except NoSuchFileError as error:
        raise InvalidInputError(f"{field}: {address}: {error.sentence}", field=field) from error
    if not isinstance(info, dict) or not isinstance(info.get("scales"), list):
        raise InvalidInputError(
            f"{field}: {address} is no volume: its info names no scales.", field=field
        )
    signed = dumps({"person": user.pk, "folder": str(folder)}, salt=_SALT, compress=True)
    return reverse("volume-preview-file", args=[signed, "info"]).removesuffix("info")


def file_of_preview(user: User, signed: str, name: str) -> StoredFile:
    """A file of such a volume. Raises NotFoundError, also to anybody else."""
    try:
        meant = loads(signed, salt=_SALT, max_age=_PREVIEW_S)
    except BadSignature as error:
        raise NotFoundError("There is no such volume.") from error
    if meant["person"] != user.pk or not user.is_staff:
        raise NotFoundError("There is no such volume.")
    folder = Path(meant["folder"])
    if not may_be_named(folder):  # any more
        raise NotFoundError("There is no such volume.")
    return find_file(folder, name, settings.ENVIRONMENT.volume_roots)
