"""The dry run: look whether a delivery can be as it is said, and show what would be sent. Nothing
is written in CAVE. Workers only."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack

from django.db.models import F, QuerySet
from django.utils import timezone

from apps.cave_sync.domain.annotations import MOST_IDS, DatastackFacts, NewTable, TableFacts
from apps.cave_sync.domain.cave_errors import (
    CaveOnceError,
    CaveRefusedError,
    CaveUnavailableError,
    CaveUncertainError,
    Reason,
    with_words,
)
from apps.cave_sync.domain.deliveries import Filling, Kind, Plan, Source, why_no_table_name
from apps.cave_sync.domain.mapping import lacking_of, problems_of
from apps.cave_sync.domain.places import Sample, in_nm
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery, SyncRun
from apps.cave_sync.selectors import plan_of, sent_count
from apps.cave_sync.services.claims import may_have_rows, unsure_count, why_taken
from apps.cave_sync.services.connecting import PAUSES_S, service_for, table_of
from apps.cave_sync.services.facts import said_of
from apps.cave_sync.services.findings import Findings
from apps.cave_sync.services.gathering import Wanted, wanted_of
from apps.cave_sync.services.tables import (
    shown_of,
    was_made_by,
    why_not_alone,
    why_not_ours,
)
from apps.cave_sync.services.targets import look_at_source, look_at_targets
from apps.core.errors import SynAnnoError
from apps.core.jobs import Job, enqueue
from apps.core.locks import alone
from apps.core.turns import turn_has_ended, turn_to_look
from apps.datasets.models import Instance
from apps.revision.selectors import outcomes

SHOWN = 10
_EXAMPLES = 5
_MOST_ATTEMPTS = 3
_TELL_EVERY = 2_000
_AGAIN_AFTER_S = 5.0
_MOST_SENT = 20  # jobs that look for a turn when one has ended
_NO_ROW = 2**63 - 1  # an id that rows of ours never come to
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
_LACKING = {
    Source.SIZE: "size",
    Source.SCORE: "score",
    Source.P_CORRECT: "probability",
    Source.VOTES: "vote",
}
State = Delivery.State


def try_delivery(
    delivery_id: int, connect: Callable[[Delivery], AnnotationService] = service_for
) -> None:
    """Look at a delivery that waits for it, and note what was found; nothing for another one. May
    be repeated. Where a worker still stops sending, it is done when that has ended; where as
    many looks as may are taken, when one of them has.
    """
    waiting = Delivery.objects.filter(pk=delivery_id, state=State.CHECKING)
    with ExitStack() as afterwards, ExitStack() as held:
        is_alone = held.enter_context(alone(f"cave delivery {delivery_id}", pauses_s=PAUSES_S))
        has_turn = is_alone and held.enter_context(turn_to_look())
        if has_turn:
            afterwards.callback(turn_has_ended, Job.TRY_DELIVERY)
        related = waiting.select_related("campaign__table__dataset", "secret")
        # Once more where it was changed and asked for again meanwhile.
        while has_turn and (delivery := related.first()) is not None:
            _try(delivery, connect)
    if not is_alone and waiting.filter(pk__in=_being_sent()).exists():
        enqueue(Job.TRY_DELIVERY, after_s=_AGAIN_AFTER_S, delivery_id=delivery_id)


def send_waiting_tries(after_s: float = 0.0) -> int:
    """Have those that found no turn tried again, those that wait longest first; how many."""
    waiting = Delivery.objects.filter(state=State.CHECKING, check_attempts=0)
    waiting = waiting.exclude(pk__in=_being_sent()).order_by("check_asked_at", "pk")
    found = list(waiting.values_list("pk", flat=True)[:_MOST_SENT])
    for delivery_id in found:
        enqueue(Job.TRY_DELIVERY, after_s=after_s, delivery_id=delivery_id)
    return len(found)


def _being_sent() -> QuerySet[SyncRun, int]:
    """The deliveries that a worker sends, or stops to."""
    return SyncRun.objects.filter(finished_at__isnull=True).values_list("delivery_id", flat=True)


def _try(delivery: Delivery, connect: Callable[[Delivery], AnnotationService]) -> None:
    waiting = Delivery.objects.filter(pk=delivery.pk, state=State.CHECKING)
    waiting.update(check_attempts=F("check_attempts") + 1, check_asked_at=timezone.now())
    found = Findings()
    if delivery.check_attempts >= _MOST_ATTEMPTS:
        found.problem("delivery", "the worker that tried it was stopped again and again.")
    else:
        _look(delivery, connect, found)
    waiting.filter(revision=delivery.revision).update(
        state=State.DRAFT,
        found=found.as_json(),
        aligned_volume=delivery.aligned_volume,
        made_at=delivery.made_at,
        checked_revision=delivery.revision,
        checked_at=timezone.now(),
        missing=delivery.missing,
        resolution_x=delivery.resolution_x,
        resolution_y=delivery.resolution_y,
        resolution_z=delivery.resolution_z,
    )


def _look(
    delivery: Delivery, connect: Callable[[Delivery], AnnotationService], found: Findings
) -> None:
    """Everything that can be found in one go is; what hangs on an answer of CAVE waits for it."""
    try:
        service = connect(delivery)
        _look_at_datastack(delivery, service.facts(), service, found)
        plan = plan_of(delivery, service.schema(delivery.schema))
        for problem in problems_of(plan):
            found.problem(problem.field, problem.sentence)
        _look_at_table(delivery, service, found)
        look_at_source(delivery, service, found)
        if not found.problems:
            some = _look_at_outcomes(delivery, plan, found)
            if delivery.reference_table:
                look_at_targets(delivery, some, service, found)
    except CaveRefusedError as error:
        found.problem(
            error.field or _FIELDS.get(error.reason, "delivery"),
            with_words(error.sentence, error.words),
        )
    except (CaveUnavailableError, CaveUncertainError) as error:
        found.problem("server", with_words(error.sentence, error.words))
    except SynAnnoError as error:
        found.problem("secret", error.sentence)


def _look_at_datastack(
    delivery: Delivery, facts: DatastackFacts, service: AnnotationService, found: Findings
) -> None:
    delivery.aligned_volume = facts.aligned_volume
    if (reason := why_taken(delivery)) is not None:
        found.problem("table", reason)
    if delivery.resolution_from_cave and not may_have_rows(delivery):
        _read_voxels(delivery, facts, service, found)
    wanted = facts.viewer_resolution
    if wanted is not None and delivery.kind == Kind.SYNAPSES and wanted != delivery.resolution:
        found.notices.append(
            f"Neuroglancer shows {delivery.datastack} in voxels of {in_nm(wanted)}; the table "
            f"would count in {in_nm(delivery.resolution)}."
        )


def _read_voxels(
    delivery: Delivery, facts: DatastackFacts, service: AnnotationService, found: Findings
) -> None:
    """How large a voxel is, as CAVE has it: in a table that is there already, in the one that is
    spoken of, or where the datastack is shown. Where it says nothing of it, as in the campaign."""
    tables = service.tables()
    named = (delivery.table, delivery.reference_table)
    table = next((one for one in named if one in tables), None)
    told = facts.viewer_resolution if table is None else service.metadata(table).resolution
    if told is None or not all(0 < size < math.inf for size in told):
        told = None
    size = told or tuple(delivery.campaign.table.resolution)
    delivery.resolution_x, delivery.resolution_y, delivery.resolution_z = size
    if told is None:
        words = "as those of the campaign's table are: CAVE says nothing of it"
    elif table is None:
        words = f"as Neuroglancer shows {delivery.datastack}"
    else:
        words = f"as those of the table {table} are"
    found.notices.append(f"Its voxels are {in_nm(size)}, {words}.")


def _look_at_table(delivery: Delivery, service: AnnotationService, found: Findings) -> None:
    if (wrong := why_no_table_name(delivery.table)) is not None:
        found.problem("table", wrong)
    tables = service.tables()
    if delivery.reference_table and delivery.reference_table not in tables:
        found.problem(
            "reference_table", f"{delivery.datastack} has no table {delivery.reference_table!r}."
        )
    facts = service.metadata(delivery.table) if delivery.table in tables else None
    if facts is not None:
        _look_at_own(delivery, service, facts, found)
    elif may_have_rows(delivery):
        found.problem(
            "table",
            f"rows were sent to {delivery.table}, which is in CAVE no more. Deliver to a new "
            "table, with a new delivery.",
        )
    elif not found.problems:
        delivery.made_at = None
        found.notices.append(f"The table {delivery.table} is made when the delivery is started.")
    _look_at_permission(table_of(delivery), service, found)
    if facts is not None and not found.problems:
        _look_at_writing(delivery.table, service, found)
    if facts is not None and not found.problems:
        _look_whose_it_is(delivery, facts, found)


def _look_at_own(
    delivery: Delivery, service: AnnotationService, facts: TableFacts, found: Findings
) -> None:
    for field_name, sentence in why_not_ours(delivery, facts):
        found.problem(field_name, sentence)
    rows, sent, unsure = service.count(facts.name), sent_count(delivery), unsure_count(delivery)
    delivery.missing = max(0, sent - rows)
    reason = why_not_alone(facts.name, rows, sent, unsure)
    if reason is not None and delivery.missing:
        found.notices.append(reason)  # whoever manages it can have that mended
    elif reason is not None:
        found.problem("table", reason)


def _look_whose_it_is(delivery: Delivery, facts: TableFacts, found: Findings) -> None:
    """Last of all: nobody is told to take over what they may not write in."""
    if not may_have_rows(delivery) and not was_made_by(delivery, facts):
        found.takes_over = shown_of(facts)
        found.notices.append(
            f"The table {facts.name} is there already and was not made by this delivery, but by "
            f"the person {facts.owner} of CAVE ({facts.description!r}). It is empty: whoever "
            "starts the delivery takes it over, and nobody else may write in it then."
        )


def _look_at_writing(table: str, service: AnnotationService, found: Findings) -> None:
    """Whether one may write in a table that is there: asked by taking out a row that is not."""
    try:
        _once_more(lambda: service.delete(table, [_NO_ROW]))
    except CaveRefusedError as error:
        if error.reason is Reason.PERMISSION:
            found.problem("table", with_words(error.sentence, error.words))
        elif error.reason is not Reason.NOT_FOUND:
            raise


def _once_more(ask: Callable[[], object]) -> None:
    """Ask for what changes nothing; again where CAVE says what it says once."""
    try:
        ask()
    except CaveOnceError:
        ask()


def _look_at_permission(table: NewTable, service: AnnotationService, found: Findings) -> None:
    """Whether one may write: asked for a table of a schema that there is none of, which is refused
    to everybody, but to those who may not write for another reason."""
    asked = NewTable(table.name, _NO_SCHEMA, table.description, table.resolution)
    try:
        _once_more(lambda: service.create_table(asked))
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


def _look_at_outcomes(delivery: Delivery, plan: Plan, found: Findings) -> list[Instance]:
    """Also gives some synapses of the campaign's table, evenly spread: also of those that are not
    judged yet, as what is said of them follows without another dry run."""
    campaign, some = delivery.campaign, Sample[Instance](MOST_IDS)
    resolution, lacking = campaign.table.resolution, Counter[tuple[str, Filling]]()
    for read, outcome in enumerate(outcomes(campaign), 1):
        if outcome.added is None:
            some.add(outcome.instance)
        for wanted in wanted_of(outcome, plan, resolution):
            _take(wanted, outcome.instance.source_id, outcome.final.state.value, found)
            if not wanted.error:
                lacking.update(lacking_of(said_of(outcome, resolution), plan))
        if read % _TELL_EVERY == 0:
            Delivery.objects.filter(pk=delivery.pk).update(check_asked_at=timezone.now())
    if found.unfit:
        told = "1 synapse" if found.unfit == 1 else f"{found.unfit:,} synapses"
        found.notices.append(f"{told} cannot be sent. {found.examples[0]}")
    for (name, filling), count in lacking.items():
        found.notices.append(
            f"Of {count:,} of {found.count:,} rows the campaign has no {_LACKING[filling.source]}: "
            f"{filling.otherwise} is sent as their {name}."
        )
    if not found.count:
        found.notices.append("Nothing is to be sent yet.")
    return some.kept


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
