"""Networks in ONNX files, run by ONNX Runtime (the extra `unet`), which nothing else knows."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.pipelines.domain.contract import Array, Contract, Tensor, read_contract
from apps.pipelines.domain.errors import NetworkError
from apps.pipelines.gateways.checkpoint_files import NOT_INSTALLED, look_at_file

_QUIET = 4  # ONNX Runtime prints nothing by itself


@dataclass(frozen=True)
class OnnxNetwork:
    """A network that can be run, on the CPU."""

    contract: Contract
    _runtime: Any
    _session: Any

    def run(self, window: Array, within_s: float) -> Array:
        """As `Network.run` says."""
        options = self._runtime.RunOptions()
        options.log_severity_level = _QUIET
        late = threading.Event()

        def end() -> None:
            late.set()
            options.terminate = True

        timer = threading.Timer(within_s, end)
        timer.daemon = True
        timer.start()
        try:
            (said,) = self._session.run(None, {self._session.get_inputs()[0].name: window}, options)
        except _errors(self._runtime) as error:
            if late.is_set():
                raise TimeoutError from error
            raise NetworkError(f"it cannot be run: {_first_line(error)}") from error
        finally:
            timer.cancel()
        if said.shape != (1, 1, *window.shape[2:]):
            raise NetworkError(
                f"it answers an array of {said.shape} where it is given {window.shape}; the answer "
                f"has to be {(1, 1, *window.shape[2:])}."
            )
        answer: Array = said
        return answer


def open_network(path: Path, threads: int) -> OnnxNetwork:
    """Load a network; `threads` compute it. Raises NetworkError for one that does not fit."""
    look_at_file(path)
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise NetworkError(NOT_INSTALLED) from error
    runtime.set_default_logger_severity(_QUIET)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # What a window took is given back after it; a worker has other things to do as well.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = _QUIET
    try:
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _errors(runtime) as error:
        raise NetworkError(f"ONNX Runtime does not load it: {_first_line(error)}") from error
    contract = read_contract(
        _tensors(session.get_inputs()),
        _tensors(session.get_outputs()),
        session.get_modelmeta().custom_metadata_map,
    )
    return OnnxNetwork(contract, runtime, session)


def _tensors(declared: Sequence[Any]) -> list[Tensor]:
    return [
        Tensor(one.name, one.type, tuple(n if isinstance(n, int) else None for n in one.shape))
        for one in declared
    ]


def _errors(runtime: Any) -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises: its own exceptions have no common base but Exception."""
    state = runtime.capi.onnxruntime_pybind11_state
    own = [one for one in vars(state).values() if isinstance(one, type)]
    return (RuntimeError, ValueError, *(one for one in own if issubclass(one, Exception)))


def _first_line(error: Exception) -> str:
    """Without folders of the server, which are nobody's business."""
    words = [word for word in str(error).partition("\n")[0].split() if "/" not in word]
    if "Protobuf parsing failed" in str(error):
        return "it is no ONNX file, or a damaged one."
    said = " ".join(words).rpartition(" : ")[2] or type(error).__name__
    return f"{said[:200].rstrip('. ')}."
