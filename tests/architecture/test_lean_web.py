"""The web process stays small: no reader of volumes, no client of CAVE, no science."""

from __future__ import annotations

import json
import subprocess
import sys

from synanno_server.env import REPOSITORY

HEAVY = (
    "caveclient", "cc3d", "cloudvolume", "h5py", "matplotlib", "neuroglancer", "numpy", "pandas",
    "PIL", "pyarrow", "scipy", "simplejpeg", "tifffile", "zarr",
)  # fmt: skip
PROGRAM = f"""
import json, sys
from synanno_server.wsgi import application
from django.urls import get_resolver
get_resolver().url_patterns
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""


def test_the_web_application_loads_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []
