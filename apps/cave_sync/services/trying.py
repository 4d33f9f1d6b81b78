"""The dry run: look whether a delivery can be as it is said, and show what would be sent. Nothing
is written in CAVE. Workers only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F
from django.utils import timezone

from apps.cave_sync.domain.annotations import MOST_IDS, NewTable, TableFacts
from apps.cave_sync.domain.cave_errors import (
    CaveRefusedError,
    CaveUnavailableError,
    CaveUncertainError,
    Reason,
    with_words,
)
from apps.cave_sync.domain.deliveries import NAME_RULE, TABLE_NAME, Kind, Plan
from apps.cave_sync.domain.mapping import problems_of
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery
from apps.cave_sync.selectors import plan_of, sent_count
from apps.cave_sync.services.connecting import PAUSES_S, service_for, table_of
from apps.cave_sync.services.gathering import Wanted, wanted_of
from apps.cave_sync.services.tables import in_nm, why_not_alone, why_not_ours
from apps.core.errors import SynAnnoError
from apps.core.locks import alone
from apps.revision.selectors import outcomes

SHOWN = 10
_EXAMPLES = 5
_MOST_ATTEMPTS = 3
_TELL_EVERY = 2_000
# A schema that there is none of: whether one may make tables is told before it is looked for.
_NO_SCHEMA = "synanno_asks_whether_it_may_write"
_FIELDS = {
    Reason.TOKEN: "secret",
    Reason.PERMISSION: "secret",
    Reason.TERMS: "secret",
    Reason.ADDRESS: "server",
    Reason.SCHEMA: "schema",
    Reason.TABLE_NAME: "table",
    Reason.NO_TABLE: "reference_table",
    Reason.NOT_FOUND: "datastack",
}
State = Delivery.State


@dataclass
class Findings:
    """What a dry run finds: `problems` (field and sentence) keep it from being started, `notices`
    are for those who start it. rows: the first of those that would be there."""

    problems: list[dict[str, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    unfit: int = 0
    examples: list[str] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)

    def problem(self, field_name: str, sentence: str) -> None:
        named = sentence if sentence.startswith(f"{field_name}:") else f"{field_name}: {sentence}"
        self.problems.append({"field": field_name, "sentence": named})

    def as_json(self) -> dict[str, Any]:
        return {
            "problems": self.problems,
            "notices": self.notices,
            "rows": self.rows,
            "count": self.count,
            "unfit": self.unfit,
            "examples": self.examples,
        }


def try_delivery(
    delivery_id: int, connect: Callable[[Delivery], AnnotationService] = service_for
) -> None:
    """Look at a delivery that waits for it, and note what was found; nothing for another one. May
    be repeated."""
    with alone(f"cave delivery {delivery_id}", pauses_s=PAUSES_S) as is_alone:
        waiting = Delivery.objects.filter(pk=delivery_id, state=State.CHECKING)
        related = waiting.select_related("campaign__table__dataset", "secret")
        delivery = related.first() if is_alone else None
        if delivery is None:
            return
        waiting.update(check_attempts=F("check_attempts") + 1, check_asked_at=timezone.now())
        found = Findings()
        if delivery.check_attempts >= _MOST_ATTEMPTS:
            found.problem("delivery", "the worker that tried it was stopped again and again.")
        else:
            _look(delivery, connect, found)
        waiting.filter(revision=delivery.revision).update(
            state=State.DRAFT,
            found=found.as_json(),
            checked_revision=delivery.revision,
            checked_at=timezone.now(),
        )


def _look(
    delivery: Delivery, connect: Callable[[Delivery], AnnotationService], found: Findings
) -> None:
    """Everything that can be found in one go is; what hangs on an answer of CAVE waits for it."""
    try:
        service = connect(delivery)
        _look_at_datastack(delivery, service, found)
        plan = plan_of(delivery, service.schema(delivery.schema))
        for problem in problems_of(plan):
            found.problem(problem.field, problem.sentence)
        _look_at_table(delivery, service, found)
        if not found.problems:
            _look_at_outcomes(delivery, plan, found)
            _look_at_targets(delivery, service, found)
    except CaveRefusedError as error:
        found.problem(
            error.field or _FIELDS.get(error.reason, "delivery"),
            with_words(error.sentence, error.words),
        )
    except (CaveUnavailableError, CaveUncertainError) as error:
        found.problem("server", with_words(error.sentence, error.words))
    except SynAnnoError as error:
        found.problem("secret", error.sentence)


def _look_at_datastack(delivery: Delivery, service: AnnotationService, found: Findings) -> None:
    facts = service.facts()
    wanted = facts.viewer_resolution
    if wanted is not None and delivery.kind == Kind.SYNAPSES and wanted != delivery.resolution:
        found.notices.append(
            f"Neuroglancer shows {delivery.datastack} in voxels of {in_nm(wanted)}; the table "
            f"would count in {in_nm(delivery.resolution)}."
        )


def _look_at_table(delivery: Delivery, service: AnnotationService, found: Findings) -> None:
    if not TABLE_NAME.fullmatch(delivery.table):
        found.problem("table", f"{delivery.table!r} is no name for a table: use {NAME_RULE}.")
    tables = service.tables()
    if delivery.reference_table and delivery.reference_table not in tables:
        found.problem(
            "reference_table", f"{delivery.datastack} has no table {delivery.reference_table!r}."
        )
    if delivery.table in tables:
        _look_at_own(delivery, service, service.metadata(delivery.table), found)
    elif delivery.made_at is not None:
        found.problem("table", f"{delivery.table} was made, but is there no more.")
    elif not found.problems:
        found.notices.append(f"The table {delivery.table} is made when the delivery is started.")
    _look_at_permission(table_of(delivery), service, found)


def _look_at_own(
    delivery: Delivery, service: AnnotationService, facts: TableFacts, found: Findings
) -> None:
    for field_name, sentence in why_not_ours(delivery, facts):
        found.problem(field_name, sentence)
    reason = why_not_alone(delivery.table, service.count(delivery.table), sent_count(delivery))
    if reason is not None:
        found.problem("table", reason)
    elif delivery.made_at is None and str(delivery.key) not in facts.description:
        found.notices.append(
            f"The table {delivery.table} is there and empty (made by the person {facts.owner} of "
            "CAVE); it is taken over."
        )


def _look_at_permission(table: NewTable, service: AnnotationService, found: Findings) -> None:
    """Whether one may write: asked for a table of a schema that there is none of, which is refused
    to everybody, but to those who may not write for another reason."""
    try:
        service.create_table(NewTable(table.name, _NO_SCHEMA, table.description, table.resolution))
    except CaveRefusedError as error:
        if error.reason in (Reason.TOKEN, Reason.PERMISSION, Reason.TERMS):
            found.problem("secret", with_words(error.sentence, error.words))
        elif error.reason is Reason.TABLE_NAME and not any(
            one["field"] == "table" for one in found.problems
        ):
            _look_at_name(error, found, service, table.name)


def _look_at_name(
    error: CaveRefusedError, found: Findings, service: AnnotationService, name: str
) -> None:
    """That a table of the name is there is known, and no fault of it."""
    if name not in service.tables():
        found.problem("table", with_words(error.sentence, error.words))


def _look_at_outcomes(delivery: Delivery, plan: Plan, found: Findings) -> None:
    campaign = delivery.campaign
    for read, outcome in enumerate(outcomes(campaign), 1):
        for wanted in wanted_of(outcome, plan, campaign.table.resolution):
            _take(wanted, outcome.instance.source_id, outcome.final.state.value, found)
        if read % _TELL_EVERY == 0:
            Delivery.objects.filter(pk=delivery.pk).update(check_asked_at=timezone.now())
    if found.unfit:
        some = "1 synapse" if found.unfit == 1 else f"{found.unfit:,} synapses"
        found.notices.append(f"{some} cannot be sent. {found.examples[0]}")
    if not found.count:
        found.notices.append("Nothing is to be sent yet.")


def _take(wanted: Wanted, source_id: int, state: str, found: Findings) -> None:
    if wanted.error:
        found.unfit += 1
        if len(found.examples) < _EXAMPLES:
            found.examples.append(wanted.error)
        return
    found.count += 1
    if len(found.rows) < SHOWN:
        shown = {"source_id": source_id, "state": state, "part": wanted.part}
        found.rows.append(shown | {"values": dict(wanted.payload)})
    if "target_id" in wanted.payload and len(found.targets) < MOST_IDS:
        found.targets.append(wanted.payload["target_id"])


def _look_at_targets(delivery: Delivery, service: AnnotationService, found: Findings) -> None:
    """Whether the ids of the campaign's table are those of the lab's, by the first thousand."""
    if not found.targets:
        return
    try:
        there = service.read(delivery.reference_table, found.targets)
    except CaveRefusedError as error:
        if error.reason is not Reason.UNREADABLE:
            raise
        found.notices.append(
            f"Whether {delivery.reference_table} has the campaign's synapses cannot be seen: CAVE "
            "reads no rows of which one lacks a field."
        )
        return
    missing = [one for one in found.targets if one not in there]
    if len(missing) == len(found.targets):
        found.problem(
            "reference_table",
            f"{delivery.reference_table} has no row with the id {_listed(missing)}: the synapses "
            "of the campaign have other ids than its rows.",
        )
    elif missing:
        found.notices.append(
            f"{delivery.reference_table} has no row with the id {_listed(missing)}; CAVE refuses "
            "what is said of it."
        )


def _listed(ids: Iterable[int]) -> str:
    first = [str(one) for one, _ in zip(ids, range(3), strict=False)]
    return " or ".join(first)
