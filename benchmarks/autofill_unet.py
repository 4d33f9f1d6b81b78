"""The network of SYNANNO_DEPTH_UNET, as a way to fill that is scored beside the classical one."""

from __future__ import annotations

from pathlib import Path

from apps.pipelines.domain.errors import NetworkError
from apps.pipelines.domain.filling import fill_by
from apps.pipelines.gateways.onnx_network import OnnxNetwork, open_network
from apps.voxels.depth_fill import Filled, Seeds
from benchmarks.autofill_cases import Case
from synanno_server.env import read_environment

_LONG_S = 24 * 3600.0
NONE_CONFIGURED = "not scored: no checkpoint is configured (SYNANNO_DEPTH_UNET)"


def configured_network() -> OnnxNetwork | str:
    """The network, or why there is none."""
    environment = read_environment()
    if not environment.depth_unet:
        return NONE_CONFIGURED
    path = Path(environment.depth_unet)
    try:
        return open_network(path, environment.depth_unet_threads)
    except NetworkError as error:
        return f"not scored: {path} cannot be used: {error.reason}"


def fill_with(network: OnnxNetwork, case: Case, seeds: Seeds) -> Filled:
    """As the server does, however long it takes."""
    return fill_by(network, case.image, case.known, seeds, None, lambda: _LONG_S)
