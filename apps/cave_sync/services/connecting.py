"""Ask CAVE for a delivery, with its secret. Workers and commands only: this loads caveclient."""

from __future__ import annotations

from contextlib import AbstractContextManager

from apps.cave_sync.domain.annotations import Datastack, NewTable
from apps.cave_sync.domain.deliveries import Kind
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery
from apps.core.turns import turn_to_last
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.services.secrets import SecretUnreadableError, credentials_of

PAUSES_S = (0.0, 0.2, 0.6)  # the lock of a process that was killed goes moments later
WAITS_S = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0)  # an export gives way after its present step


def service_for(delivery: Delivery) -> AnnotationService:
    """CAVE as the delivery sees it, made anew for each run. Raises SecretUnreadableError."""
    if delivery.secret.kind != SecretKind.CAVE:
        raise SecretUnreadableError(f"The secret {delivery.secret.name!r} is no token of CAVE.")
    datastack = Datastack(delivery.server, delivery.datastack)
    return AnnotationService(datastack, credentials_of(delivery.secret).token)


def turn_to_sync() -> AbstractContextManager[bool]:
    """Whether a sync may begin now: they last, and with others that do leave a process of the
    workers to those who wait for pages."""
    return turn_to_last(pauses_s=WAITS_S)


def table_of(delivery: Delivery) -> NewTable:
    """The table of a delivery, as it would be made; by its description it is known again."""
    what = {
        Kind.SYNAPSES: "Synapses, mended and added",
        Kind.VERDICTS: "Verdicts on synapses",
        Kind.CATEGORIES: "Errors of synapses",
    }[Kind(delivery.kind)]
    campaign = delivery.campaign
    return NewTable(
        name=delivery.table,
        schema=delivery.schema,
        description=(
            f"{what}: campaign {campaign.name!r} of SynAnno on {campaign.table.dataset.name!r}. "
            f"Only SynAnno writes here (delivery {delivery.key})."
        ),
        resolution=delivery.resolution,
        reference_table=delivery.reference_table or None,
    )
