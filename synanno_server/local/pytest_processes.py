"""Pytest plugin: with several processes (`-n 2`), which tests stay together in one of them."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# They share a running copy of the whole server and a browser, which take long to start.
_TOGETHER = "tests/browser/"


class ByFile(LoadScopeScheduling):
    """Deals tests out by file, in the order in which they were found."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return _TOGETHER if file.startswith(_TOGETHER) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """The one of this project."""
    return ByFile(config, log)
