"""Web and clock stay small: no reader of volumes, no client of CAVE, no science."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from synanno_server.env import REPOSITORY, child_environment

HEAVY = (
    "caveclient", "cc3d", "cloudvolume", "h5py", "matplotlib", "neuroglancer", "numpy",
    "onnxruntime", "pandas", "PIL", "pyarrow", "scipy", "simplejpeg", "tifffile", "zarr",
)  # fmt: skip
WEB = """
from synanno_server.wsgi import application
from django.urls import get_resolver
get_resolver().url_patterns
"""
CLOCK = """
from synanno_server.beat import app
app.loader.init_worker()
assert app.conf.beat_schedule
"""


@pytest.mark.parametrize("program", [WEB, CLOCK], ids=["web", "clock"])
def test_what_does_no_science_loads_nothing_heavy(program: str) -> None:
    told = f"import json, sys; print(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", program + told],
        cwd=REPOSITORY,
        env=child_environment(SYNANNO_DEPTH_UNET="/nowhere/unet.onnx"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []
