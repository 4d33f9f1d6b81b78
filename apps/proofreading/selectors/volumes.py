"""Which volumes a person may see as a whole, in Neuroglancer."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from apps.accounts.models import User
from apps.campaigns.models import Membership
from apps.core.errors import NotFoundError
from apps.datasets.models import Volume


def volume_for(user: User, volume_id: int) -> Volume:
    """A volume of a dataset of which this person takes part in a campaign, in whatever role. Who
    may open campaigns on any dataset may see the volumes of any.

    Raises NotFoundError to others, so that nobody learns what exists.
    """
    volumes = Volume.objects.filter(pk=volume_id)
    if not (user.is_staff or user.is_superuser):
        taking_part = Membership.objects.filter(
            user=user, campaign__table__dataset=OuterRef("dataset")
        )
        volumes = volumes.filter(Exists(taking_part))
    volume = volumes.first()
    if volume is None:
        raise NotFoundError("You take part in no campaign with such a volume.")
    return volume
