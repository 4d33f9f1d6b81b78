"""Small networks whose answer is known, in files as PyTorch would export them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPEN = (1, 2, "Z", "Y", "X")
SAYS = {"synanno_network": "depth-fill 1"}


def write_network(
    path: Path,
    nodes: Sequence[Any],
    weights: dict[str, Any],
    *,
    given: Sequence[Any] | None = OPEN,
    answers: Sequence[Any] = (1, 1, "Z", "Y", "X"),
    kind: int = TensorProto.FLOAT,
    metadata: dict[str, str] | None = None,
    more_inputs: int = 0,
    more_outputs: Sequence[str] = (),
) -> Path:
    """A graph from "given" to "answer"."""
    inputs = [helper.make_tensor_value_info("given", kind, given)]
    inputs += [
        helper.make_tensor_value_info(f"more{n}", TensorProto.FLOAT, [1])
        for n in range(more_inputs)
    ]
    outputs = [helper.make_tensor_value_info("answer", kind, answers)]
    outputs += [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in more_outputs
    ]
    initializers = [
        numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()
    ]
    graph = helper.make_graph(list(nodes), "network", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, SAYS if metadata is None else metadata)
    onnx.save(model, path)
    return path


def convolution(path: Path, image: float, seeds: float, bias: float, **more: Any) -> Path:
    """Logits from each voxel alone: image · (−1..1) + seeds · (0 or 1) + bias."""
    channels = int((more.get("given") or OPEN)[1])
    weights = np.zeros((1, channels, 1, 1, 1), np.float32)
    weights[0, 0], weights[0, 1] = image, seeds
    node = helper.make_node("Conv", ["given", "weights", "bias"], ["answer"])
    return write_network(
        path, [node], {"weights": weights, "bias": np.array([bias], np.float32)}, **more
    )


def spreading(path: Path, slices: int = 3, **more: Any) -> Path:
    """As a U-Net, it brings together two looks at what it is given: how dark a voxel is, and
    whether cleft was drawn at the same place so many slices away. Logits are positive where both
    hold: it carries the drawn mask through depth, as far as the image is dark."""
    weights = {
        "image": _pointwise(1, 0),
        "seeds": _pointwise(0, 1),
        "merge": _pointwise(-20, 40),
        "bias": np.array([-30], np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["given", "image"], ["gray"]),
        helper.make_node("Conv", ["given", "seeds"], ["seed"]),
        helper.make_node(
            "MaxPool", ["seed"], ["near"],
            kernel_shape=[2 * slices + 1, 1, 1], pads=[slices, 0, 0, slices, 0, 0],
        ),
        helper.make_node("Concat", ["gray", "near"], ["both"], axis=1),
        helper.make_node("Conv", ["both", "merge", "bias"], ["answer"]),
    ]  # fmt: skip
    return write_network(path, nodes, weights, **more)


def _pointwise(*weights: float) -> Any:
    """A convolution of single voxels, (1, channels, 1, 1, 1)."""
    return np.array(weights, np.float32).reshape(1, -1, 1, 1, 1)
