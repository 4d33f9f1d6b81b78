"""A folder with an SWC file a neuron, named by its root id."""

from __future__ import annotations

from pathlib import Path

from apps.connectome.errors import SkeletonError
from apps.connectome.skeletons import Skeleton, read_swc
from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.skeletons.errors import silent, unreadable
from apps.datasets.gateways.skeletons.store import as_skeletons, open_store

LARGEST_SWC = 256 * 2**20  # bytes: two million vertices have some hundred


def read_swc_file(
    address: str,
    root_id: int,
    nm_per_unit: float,
    credentials: Credentials | None,
    timeout_s: float,
) -> Skeleton:
    """The skeleton in the file `<root id>.swc` of a folder. Raises InvalidInputError, naming the
    file and the line."""
    bare, store = open_store(address, credentials, timeout_s)
    name = f"{root_id}.swc"
    with as_skeletons():
        content = store.read([name])[0]
    if content is None:
        folder = Path(bare.removeprefix("file://"))
        if bare.startswith("file://") and not folder.is_dir():  # such as one that is not mounted
            raise silent(f"there is no folder {folder}.")
        raise unreadable(f"there is no file {name} at {bare}, or it may not be read.")
    return parse_swc(content, name, nm_per_unit)


def parse_swc(content: bytes, name: str, nm_per_unit: float) -> Skeleton:
    """The skeleton in a file's bytes. Raises InvalidInputError, naming the file and the line."""
    if len(content) > LARGEST_SWC:
        raise unreadable(f"{name} has more than {LARGEST_SWC >> 20} MB.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # names of people in comments; numbers are the same
    try:
        return read_swc(text, name, nm_per_unit=nm_per_unit)
    except SkeletonError as error:
        raise unreadable(str(error)) from error
