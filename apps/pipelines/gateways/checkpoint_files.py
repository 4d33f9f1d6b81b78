"""Files of checkpoints, from outside: nothing that runs networks is loaded for it."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from apps.pipelines.domain.errors import NetworkError

NOT_INSTALLED = (
    "onnxruntime, which runs it, is not installed with the workers; whoever runs the server can "
    "add it (the extra “unet”)."
)
# How files begin that people name instead.
_OTHERS = {
    b"PK": "it is a file of PyTorch, or another archive",
    b"\x80": "it is a pickle, as PyTorch writes",
    b"\x89HDF": "it is an HDF5 file",
}
_PYTORCH = (".pt", ".pth", ".ckpt", ".safetensors")
_EXPORT = "export the network to ONNX, as docs/networks.md shows"


def look_at_file(path: Path) -> None:
    """Raises NetworkError for what can be no ONNX file, or cannot be read or run here."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except FileNotFoundError as error:
        raise NetworkError("there is no such file.") from error
    except IsADirectoryError as error:
        raise NetworkError("it is a folder.") from error
    except OSError as error:
        raise NetworkError(f"it cannot be read: {error.strerror}.") from error
    if not start:
        raise NetworkError("the file is empty.")
    for sign, what in _OTHERS.items():
        if start.startswith(sign):
            raise NetworkError(f"{what}: {_EXPORT}.")
    if path.suffix.lower() in _PYTORCH:
        raise NetworkError(f"{path.suffix} is not ONNX: {_EXPORT}.")
    if not _runtime():
        raise NetworkError(NOT_INSTALLED)


def version_of(path: Path) -> str:
    """Changes whenever another look at a checkpoint may find something else: with its file, who may
    read it, the weights beside it, and what runs it."""
    return " ".join([_stamp(path), _stamp(_beside(path)), _runtime() or "no onnxruntime"])


def digest_of(path: Path) -> str:
    """The SHA-256 of a checkpoint and of the weights beside it, in hexadecimal: the same wherever
    its copies lie. Raises NetworkError where it cannot be read."""
    digest = hashlib.sha256()
    try:
        for file in (path, _beside(path)):
            if file.exists():
                with file.open("rb") as opened:
                    digest.update(hashlib.file_digest(opened, "sha256").digest())
    except OSError as error:
        raise NetworkError(f"it cannot be read: {error.strerror}.") from error
    return digest.hexdigest()


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.data")


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return "-"
    return f"{found.st_mtime_ns}/{found.st_ctime_ns}/{found.st_size}"


def _runtime() -> str:
    try:
        return version("onnxruntime")
    except PackageNotFoundError:
        return ""
