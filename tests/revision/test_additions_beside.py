"""Two campaigns on one table, in which the same synapse is added at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction

from apps.campaigns.services.campaigns import let_people_in
from apps.campaigns.services.paging import make_pages
from apps.proofreading.services.campaigns import open_campaign
from apps.revision.models import AddedSynapse
from apps.revision.services.additions import NearError
from tests.revision.test_additions import FAR, add, roles_of, seen, shown_by
from tests.support.paper import paper_campaign
from tests.support.people import make_team

_WAITS = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pid = %s)"


class Beside(threading.Thread):
    """Does something on a connection of its own; `error` is what came of it."""

    def __init__(self, deed: Callable[[], object]) -> None:
        super().__init__()
        self._deed = deed
        self.error: NearError | None = None
        self._backend: int | None = None

    def run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self._backend = cursor.fetchone()[0]
            self._deed()
        except NearError as error:
            self.error = error
        finally:
            connection.close()

    def until_it_waits_or_ends(self) -> None:
        while self.is_alive():
            with connection.cursor() as cursor:
                cursor.execute(_WAITS, [self._backend])
                if cursor.fetchone()[0]:
                    return
            time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_who_comes_later_in_the_other_campaign_is_shown_it_too(tmp_path: Path) -> None:
    team = make_team()
    paper = paper_campaign(tmp_path, roles_of(team), instances=6)
    other = open_campaign("Beside", paper.table, roles_of(team), page_size=6)
    make_pages(other.pk)
    let_people_in(other.pk)
    ben = Beside(lambda: add(other, team.ben, seen(FAR._replace(x=FAR.x + 1))))
    with transaction.atomic():
        annas = add(paper, team.anna, seen(FAR))
        ben.start()
        ben.until_it_waits_or_ends()
    ben.join(timeout=30)
    assert ben.error is not None
    assert shown_by(ben.error) == [(str(annas.instance_id), "added", [*FAR])]
    assert AddedSynapse.objects.count() == 1
