"""Ask CAVE for a delivery, with its secret. Workers and commands only: this loads caveclient."""

from __future__ import annotations

from apps.cave_sync.domain.annotations import Datastack, NewTable
from apps.cave_sync.domain.deliveries import Kind
from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery
from apps.datasets.domain.secrets import SecretKind
from apps.datasets.services.secrets import SecretUnreadableError, credentials_of

PAUSES_S = (0.0, 0.2, 0.6)  # the lock of a process that was killed goes moments later


def service_for(delivery: Delivery) -> AnnotationService:
    """CAVE as the delivery sees it, made anew for each run. Raises SecretUnreadableError."""
    if delivery.secret.kind != SecretKind.CAVE:
        raise SecretUnreadableError(f"The secret {delivery.secret.name!r} is no token of CAVE.")
    datastack = Datastack(delivery.server, delivery.datastack)
    return AnnotationService(datastack, credentials_of(delivery.secret).token)


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
