"""People."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person with a login. Staff may open campaigns; all else is a membership in a campaign."""
