"""A checkpoint that fits is told how it is used; any other is refused by name."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from django.core.checks import run_checks
from django.utils import timezone
from onnx import TensorProto, helper

from apps.pipelines.domain.contract import Contract
from apps.pipelines.domain.errors import NetworkError
from apps.pipelines.gateways import checkpoint_files
from apps.pipelines.services import depth_unet, looking
from apps.pipelines.services.depth_unet import check_checkpoint
from apps.pipelines.services.looking import look_at_network
from apps.revision.domain import Method
from apps.revision.models import MethodCheck
from apps.revision.selectors.proposals import why_not
from tests.pipelines.networks import SAYS, convolution, spreading, write_network

Make = Callable[[Path], object]


@pytest.mark.parametrize(
    ("more", "contract"),
    [
        ({}, Contract(2, (None, None, None))),
        (
            {"given": (1, 3, 8, 16, 16), "answers": (1, 1, 8, 16, 16)},
            Contract(3, (8, 16, 16)),
        ),
        (
            {
                "given": ("N", 2, "Z", 32, 32),
                "answers": ("N", 1, "Z", 32, 32),
                "metadata": SAYS | {"synanno_image": "0..1"},
            },
            Contract(2, (None, 32, 32), image="0..1"),
        ),
    ],
)
def test_a_network_that_fits_is_told_how_it_is_used(
    tmp_path: Path, more: dict[str, Any], contract: Contract
) -> None:
    assert check_checkpoint(convolution(tmp_path / "unet.onnx", -20, 40, -30, **more)) == contract


def test_one_that_gives_probabilities_fits_as_well(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["given", "weights"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["answer"]),
    ]
    weights = {"weights": np.array([-1, 2], np.float32).reshape(1, 2, 1, 1, 1)}
    says = SAYS | {"synanno_output": "probabilities"}
    path = write_network(tmp_path / "unet.onnx", nodes, weights, metadata=says)
    assert check_checkpoint(path).output == "probabilities"


def pytorch(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02")


def halved(path: Path) -> None:
    """Says that it keeps the sizes, and does not."""
    node = helper.make_node(
        "Conv", ["given", "weights"], ["answer"], strides=[1, 2, 2], kernel_shape=[1, 1, 1]
    )
    write_network(path, [node], {"weights": np.ones((1, 2, 1, 1, 1), np.float32)})


def two_inputs(path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["given", "weights"], ["conv"]),
        helper.make_node("Add", ["conv", "more0"], ["answer"]),
    ]
    weights = {"weights": np.ones((1, 2, 1, 1, 1), np.float32)}
    write_network(path, nodes, weights, more_inputs=1)


def two_outputs(path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["given", "weights"], ["answer"]),
        helper.make_node("Relu", ["answer"], ["again"]),
    ]
    weights = {"weights": np.ones((1, 2, 1, 1, 1), np.float32)}
    write_network(path, nodes, weights, more_outputs=["again"])


def planes(path: Path) -> None:
    node = helper.make_node("Conv", ["given", "weights"], ["answer"])
    weights = {"weights": np.ones((1, 2, 1, 1), np.float32)}
    write_network(path, [node], weights, given=(1, 2, "Y", "X"), answers=(1, 1, "Y", "X"))


def doubles(path: Path) -> None:
    nodes = [
        helper.make_node("Cast", ["given"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["cast", "weights"], ["conv"]),
        helper.make_node("Cast", ["conv"], ["answer"], to=TensorProto.DOUBLE),
    ]
    weights = {"weights": np.ones((1, 2, 1, 1, 1), np.float32)}
    write_network(path, nodes, weights, kind=TensorProto.DOUBLE)


def two_answers(path: Path) -> None:
    node = helper.make_node("Conv", ["given", "weights"], ["answer"])
    weights = {"weights": np.ones((2, 2, 1, 1, 1), np.float32)}
    write_network(path, [node], weights, answers=(1, 2, "Z", "Y", "X"))


def divided(path: Path) -> None:
    """0 / 0 wherever nothing was drawn."""
    nodes = [
        helper.make_node("Conv", ["given", "weights"], ["seeds"]),
        helper.make_node("Div", ["seeds", "seeds"], ["answer"]),
    ]
    weights = {"weights": np.array([0, 1], np.float32).reshape(1, 2, 1, 1, 1)}
    write_network(path, nodes, weights)


def sized(*window: int, channels: int = 2, batch: int = 1) -> Make:
    def make(path: Path) -> None:
        given, answers = (batch, channels, *window), (batch, 1, *window)
        convolution(path, -20, 40, -30, given=given, answers=answers)

    return make


def saying(**metadata: str) -> Make:
    return lambda path: convolution(path, -20, 40, -30, metadata=metadata)


REFUSED: list[tuple[str, Make, str]] = [
    ("none.onnx", lambda _: None, "there is no such file"),
    ("folder.onnx", lambda path: path.mkdir(), "it is a folder"),
    ("empty.onnx", lambda path: path.touch(), "the file is empty"),
    ("words.onnx", lambda path: path.write_text("weights"), "it is no ONNX file, or a damaged"),
    ("traced.pt", pytorch, "it is a file of PyTorch, or another archive: export the network to"),
    ("renamed.onnx", pytorch, "it is a file of PyTorch"),
    ("old.pth", lambda path: path.write_bytes(b"\x80\x02}q"), "it is a pickle, as PyTorch writes"),
    ("weights.safetensors", lambda path: path.write_text("{}"), ".safetensors is not ONNX"),
    ("keras.h5", lambda path: path.write_bytes(b"\x89HDF\r\n"), "it is an HDF5 file"),
    ("silent.onnx", saying(), "synanno_network has to be “depth-fill 1”"),
    ("newer.onnx", saying(synanno_network="depth-fill 2"), "is “depth-fill 2”, and has to be"),
    ("odd.onnx", saying(**SAYS, synanno_output="softmax"), "“logits” or “probabilities”"),
    ("bright.onnx", saying(**SAYS, synanno_image="0..255"), "“-1..1” or “0..1”"),
    ("liar.onnx", saying(**SAYS, synanno_output="probabilities"), "said to be probabilities"),
    ("inputs.onnx", two_inputs, "it has 2 inputs, and has to have one"),
    ("outputs.onnx", two_outputs, "it has 2 outputs, and has to have one"),
    ("four.onnx", sized(8, 16, 16, channels=4), "“given” has 4 channels, and has to have 2"),
    ("batch.onnx", sized(8, 16, 16, batch=4), "“given” holds 4 boxes at once, not 1"),
    ("huge.onnx", sized(64, 512, 512), "64 × 512 × 512 voxels at once, which is more than"),
    ("planes.onnx", planes, "“given” has 4 dimensions, and has to have five: (1, 2 or 3, Z, Y"),
    ("doubles.onnx", doubles, "“given” is a tensor(double), and has to be float32"),
    ("classes.onnx", two_answers, "“answer” has 2 channels, and has to have 1"),
    ("halved.onnx", halved, "it answers an array of (1, 1, 16, 16, 16) where it is given"),
    ("zero.onnx", lambda path: convolution(path, 0, 0, 0), "it says the same (0) of every voxel"),
    ("nan.onnx", divided, "values that are no numbers"),
]


@pytest.mark.parametrize(("name", "make", "said"), REFUSED, ids=[case[0] for case in REFUSED])
def test_a_checkpoint_that_does_not_fit_is_refused_by_name(
    tmp_path: Path, name: str, make: Make, said: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(NetworkError) as refused:
        check_checkpoint(tmp_path / name)
    assert said in refused.value.reason
    assert refused.value.reason.endswith(".")
    assert str(tmp_path) not in refused.value.reason


def test_weights_that_lie_beside_the_file_and_are_lost_are_missed(tmp_path: Path) -> None:
    whole = convolution(tmp_path / "whole.onnx", -20, 40, -30)
    path = tmp_path / "unet.onnx"
    onnx.save(
        onnx.load(whole), path, save_as_external_data=True, location="unet.onnx.data",
        size_threshold=0,
    )  # fmt: skip
    assert check_checkpoint(path).channels == 2
    (tmp_path / "unet.onnx.data").unlink()
    with pytest.raises(NetworkError, match="ONNX Runtime does not load it") as refused:
        check_checkpoint(path)
    assert str(tmp_path) not in refused.value.reason


def test_a_network_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(depth_unet, "TRIAL_LIMIT_S", 0.0)
    with pytest.raises(NetworkError, match="it took longer than 0 s for one window"):
        check_checkpoint(spreading(tmp_path / "unet.onnx"))


def test_without_onnxruntime_the_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = spreading(tmp_path / "unet.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(NetworkError, match="the extra “unet”"):
        check_checkpoint(path)

    def lost(_: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setattr(checkpoint_files, "version", lost)
    with pytest.raises(NetworkError, match="the extra “unet”"):
        checkpoint_files.look_at_file(path)


@pytest.mark.django_db
def test_the_web_is_told_what_a_worker_found(
    tmp_path: Path, configure: Callable[[Path], None]
) -> None:
    look_at_network(timezone.now())  # nothing is configured
    assert not MethodCheck.objects.exists()
    path = tmp_path / "unet.onnx"
    configure(path)
    look_at_network(timezone.now())
    refused = (
        "The network's checkpoint “unet.onnx” (SYNANNO_DEPTH_UNET) cannot be used: there is no "
        "such file."
    )
    assert why_not(Method.UNET) == refused
    assert [one.msg for one in run_checks() if one.id == "pipelines.W001"] == [refused]
    spreading(path)
    assert [one for one in run_checks() if one.id == "pipelines.W001"] == []
    look_at_network(timezone.now())
    assert why_not(Method.UNET) is None
    assert MethodCheck.objects.get().facts["channels"] == 2
    convolution(path, 0, 0, 1)
    look_at_network(timezone.now())
    assert "it says the same (1) of every voxel" in (why_not(Method.UNET) or "")
    looking.end_looking()
    assert "No worker has looked" in (why_not(Method.UNET) or "")


@pytest.mark.django_db
def test_what_was_refused_is_looked_at_again(
    tmp_path: Path,
    configure: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    """Once somebody may read it, has it run by more threads, or after some minutes."""
    path, now, looks = tmp_path / "unet.onnx", timezone.now(), list[Path]()

    def refuse(path: Path) -> Contract:
        looks.append(path)
        raise NetworkError("no disk is there.")

    def look(after: timedelta, *, is_start: bool = False) -> int:
        """How often it was looked at by then."""
        look_at_network(now + after, is_start=is_start)
        return len(looks)

    monkeypatch.setattr(looking, "check_checkpoint", refuse)
    spreading(path)
    configure(path)
    assert look(timedelta()) == 1
    assert look(timedelta(minutes=1)) == 1
    path.chmod(0o600)
    assert look(timedelta(minutes=2)) == 2
    environment = settings.ENVIRONMENT
    threads = environment.depth_unet_threads + 1
    settings.ENVIRONMENT = replace(environment, depth_unet_threads=threads)
    assert look(timedelta(minutes=3)) == 3
    assert look(timedelta(minutes=4), is_start=True) == 4
    assert look(timedelta(minutes=8)) == 4
    assert "no disk is there" in (why_not(Method.UNET) or "")
    monkeypatch.setattr(looking, "check_checkpoint", check_checkpoint)
    look(timedelta(minutes=9))
    assert why_not(Method.UNET) is None


@pytest.mark.django_db
def test_nothing_is_said_of_a_file_that_is_replaced_while_it_is_looked_at(
    tmp_path: Path, configure: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read may be of both. The next look has its end, however often that happens."""
    path = spreading(tmp_path / "unet.onnx")
    configure(path)

    def vanish(path: Path) -> Contract:
        found = check_checkpoint(path)
        path.unlink()
        return found

    for _ in range(5):
        spreading(path)
        monkeypatch.setattr(looking, "check_checkpoint", vanish)
        look_at_network(timezone.now())
        assert "No worker has looked" in (why_not(Method.UNET) or "")
    monkeypatch.setattr(looking, "check_checkpoint", check_checkpoint)
    look_at_network(timezone.now())
    assert "there is no such file" in (why_not(Method.UNET) or "")


@pytest.mark.django_db
def test_a_file_that_cannot_be_read_to_its_end_is_refused(
    tmp_path: Path, configure: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(_: Path) -> str:
        raise NetworkError("it cannot be read: Input/output error.")

    monkeypatch.setattr(looking, "digest_of", lose)
    configure(spreading(tmp_path / "unet.onnx"))
    look_at_network(timezone.now())
    assert "Input/output error" in (why_not(Method.UNET) or "")
