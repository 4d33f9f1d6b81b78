"""What is wrong with a network."""

from __future__ import annotations


class NetworkError(Exception):
    """A network cannot be used; the reason goes on where "… cannot be used: " ends."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
