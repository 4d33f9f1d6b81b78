"""Who sends a request, by their session: asked with each, so in SQL of our own. All else about
sessions and accounts is Django's."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts.models import User
from apps.core.rows import rows_of


class SessionStore(db.SessionStore):
    """Sessions in the database."""

    def _get_session_from_db(self) -> Session | None:
        where = "WHERE session_key = %s AND expire_date > %s"
        found = rows_of(Session, where, [self.session_key, timezone.now()])
        if not found:
            self._session_key = None
        return found[0] if found else None


class PersonBackend(ModelBackend):
    """Accounts with passwords; whose account is closed is nobody."""

    def get_user(self, user_id: int) -> User | None:
        found = rows_of(User, "WHERE id = %s", [user_id])
        return found[0] if found and self.user_can_authenticate(found[0]) else None
