"""Whatever is counted, discarded, mended, put back, opened again, looked at again and
withdrawn, and in whatever order: outcomes tell what follows from all that happened, as it is read
from its record here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.proofreading.domain import Label, State
from apps.proofreading.models import Discard, Recount, Settlement, Verdict
from apps.proofreading.services.settling import count_submitted
from apps.revision.domain import Decision
from apps.revision.models import AddedSynapse, Revision
from apps.revision.selectors import outcomes
from apps.revision.services.additions import withdraw_synapse
from apps.revision.services.finishing import finish, release, reopen, withdraw
from apps.revision.services.gathering import gather_all
from apps.revision.services.second_looks import Again, look_again
from tests.proofreading.test_cards_discards import FALSE, says
from tests.revision.test_additions import FAR, add, seen
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.revisions import roles_of, settle_as, take_revision

pytestmark = pytest.mark.django_db

ITEMS = 2  # that something happens to; a third is added
SETTLED = [
    (State.SETTLED, Label.CORRECT, False),
    (State.SETTLED, Label.INCORRECT, False),
    (State.SETTLED, Label.INCORRECT, True),
    (State.SETTLED, Label.CORRECT, True),
    (State.DISPUTED, Label.UNSURE, False),
]
DECIDED = {
    Decision.MENDED: ("mended", "correct", ()),
    Decision.FINE: ("fine", "correct", ()),
    Decision.NO_SYNAPSE: ("no_synapse", "incorrect", ("falsePositive",)),
}
deeds = st.one_of(
    st.tuples(st.just("settle"), st.sampled_from(SETTLED)),
    st.tuples(st.sampled_from(["discard", "take back"]), st.sampled_from(["anna", "ben"])),
    st.tuples(st.just("mend"), st.sampled_from(Decision)),
    st.tuples(st.sampled_from(["put back", "open again", "withdraw", "gather"]), st.none()),
    st.tuples(st.just("look again"), st.none()),
)
stories = st.lists(st.tuples(st.integers(0, ITEMS), deeds), min_size=4, max_size=14)
Told = tuple[str, str, tuple[str, ...]]


@dataclass
class Record:
    """What happened to one synapse, each with its time, the first first."""

    is_added: bool
    happened: list[tuple[datetime, str, Any]] = field(default_factory=list)

    def told(self) -> Told | None:
        """What it is; None of one that is not told at all."""
        decided: tuple[datetime, Decision] | None = None
        for number, (at, deed, what) in enumerate(self.happened):
            if deed == "mend":
                decided = (at, what)
            elif deed == "open again" or (deed == "gather" and self._is_overruled(number, decided)):
                decided = None
        if self.is_added:
            if any(deed == "withdraw" for _, deed, _ in self.happened):
                return None
            said: Told = ("added", "correct", ())
            return said if decided is None else self._decided(decided[1], said)
        said, since = self._said(len(self.happened))
        if decided is None or (since > decided[0] and self._is_heeded(said)):
            return said
        return self._decided(decided[1], said)

    @staticmethod
    def _decided(decision: Decision, said: Told) -> Told:
        return DECIDED.get(decision) or ("unmendable", said[1], said[2])

    def _is_heeded(self, said: Told) -> bool:
        """Whether it takes the place of a decision that was there before."""
        if said[0] == "discarded":
            return True
        return said[0] == "settled" and (said[1] == "correct" or self._settled(99)[1][2])

    def _is_overruled(self, until: int, decided: tuple[datetime, Decision] | None) -> bool:
        """Whether an expert wants it mended all the same."""
        if self.is_added or decided is None:
            return False
        said, since = self._said(until)
        by_expert = self._settled(until)[1][2]
        return said[:2] == ("settled", "incorrect") and by_expert and since > decided[0]

    def _said(self, until: int) -> tuple[Told, datetime]:
        """What verdicts and discards came to by then, and since when."""
        since, (state, label, by_expert) = self._settled(until)
        is_false = label is Label.INCORRECT and not by_expert
        discards = [at for at in self._discards(until).values() if at is not None]
        if is_false and discards:
            return ("discarded", "incorrect", ("falsePositive",)), max(discards)
        return (state.value, label.value, ("falsePositive",) if is_false else ()), since

    def _settled(self, until: int) -> tuple[datetime, tuple[State, Label, bool]]:
        """As what it is settled, and since when it is so."""
        times = [(at, what) for at, deed, what in self.happened[:until] if deed == "settle"]
        since, last = times[0]
        for at, what in times[1:]:
            if what != last:
                since, last = at, what
        return since, last

    def _discards(self, until: int) -> dict[str, datetime | None]:
        """By person, since when it is discarded."""
        found: dict[str, datetime | None] = {}
        for at, deed, who in self.happened[:until]:
            if deed == "discard":
                found[who] = at
            elif deed == "take back":
                found[who] = None
        return found


class World:
    """The same, done to a campaign through the services."""

    def __init__(self, paper: Campaign, team: Team, added: AddedSynapse) -> None:
        self.paper, self.team, self.added = paper, team, added
        self.items = list(paper.items.order_by("position")[:ITEMS])
        self.now = timezone.now()
        self.records = [Record(is_added=False) for _ in self.items] + [Record(is_added=True)]
        for record, item in zip(self.records, self.items, strict=False):
            row = Settlement.objects.get(item=item)
            record.happened.append((row.settled_at, "settle", SETTLED[1]))

    def do(self, number: int, deed: str, what: Any) -> None:
        """It is recorded where it could be done."""
        self.now += timedelta(seconds=1)
        way = getattr(self, f"_{deed.replace(' ', '_')}")
        if deed == "gather":
            gather_all()
            for record in self.records:
                record.happened.append((self.now, deed, None))
        elif way(number, what):
            self.records[number].happened.append((self.now, deed, what))

    def told(self) -> list[Told | None]:
        found = {one.item: one.final for one in outcomes(self.paper)}
        finals = [found.get(item) for item in [*self.items, None]]
        return [
            None if one is None or one.label is None else
            (one.state.value, one.label.value, one.categories)
            for one in finals
        ]  # fmt: skip

    def _gather(self, *_: Any) -> None: ...

    def _settle(self, number: int, what: tuple[State, Label, bool]) -> bool:
        if number == ITEMS:
            return False
        state, label, by_expert = what
        before = Settlement.objects.get(item=self.items[number])
        is_same = (before.state, before.label, before.by_expert) == what
        at = before.settled_at if is_same else self.now
        settle_as(
            self.items[number], label, state=state, by_expert=by_expert, settled_at=at, votes=2
        )
        return True

    def _discard(self, number: int, who: str) -> bool:
        return self._discard_or_not(number, who, taken_back=False)

    def _take_back(self, number: int, who: str) -> bool:
        return self._discard_or_not(number, who, taken_back=True)

    def _discard_or_not(self, number: int, who: str, *, taken_back: bool) -> bool:
        if number == ITEMS:
            return False
        user: User = getattr(self.team, who)
        verdict = Verdict.objects.get(item=self.items[number], user=user)
        last = Discard.objects.filter(verdict=verdict).order_by("pk").last()
        is_discarded = last is not None and not last.taken_back
        if is_discarded is not taken_back:
            return False
        batch = last.batch if last is not None and taken_back else uuid.uuid4()
        Discard.objects.create(
            verdict=verdict, batch=batch, taken_back=taken_back, made_by=user, made_at=self.now
        )
        Recount.objects.create(campaign=self.paper)
        return True

    def _revision(self, number: int, *, is_finished: bool) -> Revision | None:
        whose = {"added": self.added} if number == ITEMS else {"item": self.items[number]}
        rows = Revision.objects.filter(wanted=True, finished_at__isnull=not is_finished, **whose)
        return rows.first()

    def _mend(self, number: int, decision: Decision) -> bool:
        revision = self._revision(number, is_finished=False)
        if revision is None:
            return False
        lease = take_revision(self.paper, self.team.ben, revision.pk, self.now)
        finish(lease, decision, "", self.now)
        return True

    def _put_back(self, number: int, _: None) -> bool:
        revision = self._revision(number, is_finished=False)
        if revision is None:
            return False
        release(take_revision(self.paper, self.team.ben, revision.pk, self.now), "", self.now)
        return True

    def _open_again(self, number: int, _: None) -> bool:
        revision = self._revision(number, is_finished=True)
        if revision is None:
            return False
        reopen(self.paper, revision.pk, self.team.manager, self.now)
        return True

    def _look_again(self, number: int, _: None) -> bool:
        """Until it is decided on anew it stays what it is."""
        instance = self.added.instance if number == ITEMS else self.items[number].instance
        asked = [Again(instance.pk, "It moved.", self.now)]
        return look_again(self.paper, asked, self.now)[instance.pk] is not None

    def _withdraw(self, number: int, _: None) -> bool:
        """Of what was added the synapse; of others the revision, from who holds it."""
        if number == ITEMS:
            withdraw_synapse(self.paper, self.added.pk, self.team.manager, self.now)
            return True
        revision = self._revision(number, is_finished=False)
        if revision is None:
            return False
        take_revision(self.paper, self.team.ben, revision.pk, self.now)
        withdraw(self.paper, revision.pk, self.team.manager, self.now)
        return True


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    """All of it is a false positive, as two people say."""
    paper = paper_campaign(tmp_path, roles_of(team), instances=6, passes=2)
    for user in (team.anna, team.ben):
        says(paper, user, dict.fromkeys(range(6), FALSE))
    count_submitted(timezone.now())
    gather_all()
    return paper


def of_one(*told: tuple[str, Any]) -> list[tuple[int, tuple[str, Any]]]:
    return [(0, deed) for deed in told]


DISCARD = ("discard", "anna")
FINE = ("mend", Decision.FINE)
EXPERT = ("settle", SETTLED[2])
GATHER = ("gather", None)
LOOK = ("look again", None)
CORRECT = ("settle", SETTLED[0])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(of_one(DISCARD, FINE, ("discard", "ben"), ("take back", "ben")))
@example(of_one(FINE, DISCARD, GATHER, ("take back", "anna"), GATHER, ("open again", None)))
@example(of_one(FINE, EXPERT, GATHER, ("put back", None), ("mend", Decision.UNMENDABLE), GATHER))
@example(of_one(FINE, LOOK, EXPERT, GATHER, ("settle", SETTLED[1]), GATHER))
@example(of_one(CORRECT, GATHER, LOOK, GATHER, ("mend", Decision.NO_SYNAPSE), GATHER))
@example(of_one(FINE, LOOK, DISCARD, GATHER, ("take back", "anna"), GATHER))
@given(stories)
def test_outcomes_follow_from_what_happened(paper: Campaign, team: Team, story: list[Any]) -> None:
    with transaction.atomic():
        world = World(paper, team, add(paper, team.anna, seen(FAR)))
        for number, (deed, what) in story:
            world.do(number, deed, what)
        assert world.told() == [record.told() for record in world.records]
        transaction.set_rollback(True)
