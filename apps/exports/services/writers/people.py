"""How people are told in files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.crypto import salted_hmac

from apps.accounts.models import User
from apps.exports.domain.formats import People
from apps.exports.services.writers.base import Wanted
from apps.revision.selectors import Outcome

_DIGITS = 10


def people_in(part: Iterable[Outcome]) -> set[int]:
    """The ids of all who judged, mended or added something of it."""
    found: set[int] = set()
    for one in part:
        found.update(one.judged.people)
        found.update(point.by for point in (one.pre, one.post) if point and point.by)
        found.update(drawn.by for drawn in one.drawn)
        if one.revised is not None:
            found.add(one.revised.by)
    return found


def names_of(people: Iterable[int], wanted: Wanted) -> Mapping[int, str]:
    """How each is told, by their ids; nobody where nobody is to be told.

    A pseudonym is the same in all files of an export, and another in the next; who does not know
    the server's secret cannot tell whose it is.
    """
    how = wanted.options.people
    if how is People.NOBODY:
        return {}
    if how is People.PSEUDONYMS:
        return {person: _pseudonym(person, wanted) for person in people}
    return dict(User.objects.filter(pk__in=[*people]).values_list("pk", "username"))


def _pseudonym(person: int, wanted: Wanted) -> str:
    digest = salted_hmac("apps.exports.people", f"{wanted.key}:{person}", algorithm="sha256")
    return f"person-{digest.hexdigest()[:_DIGITS]}"
