"""Files of checkpoints, from outside: nothing that runs networks is loaded for it."""

from __future__ import annotations

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
    beside = path.with_name(f"{path.name}.data")
    return " ".join([_stamp(path), _stamp(beside), _runtime() or "no onnxruntime"])


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
