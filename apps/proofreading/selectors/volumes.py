"""Which volumes and skeletons a person may see as a whole, in Neuroglancer."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from apps.accounts.models import User
from apps.campaigns.models import Membership
from apps.core.errors import ForbiddenError, NotFoundError
from apps.datasets.models import Dataset, Volume


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


def dataset_for(user: User, dataset_id: int) -> Dataset:
    """A dataset of which this person takes part in a campaign, in whatever role; of the staff any.

    Raises NotFoundError to others, so that nobody learns what exists.
    """
    datasets = Dataset.objects.filter(pk=dataset_id)
    if not (user.is_staff or user.is_superuser):
        taking_part = Membership.objects.filter(user=user, campaign__table__dataset=OuterRef("pk"))
        datasets = datasets.filter(Exists(taking_part))
    dataset = datasets.first()
    if dataset is None:
        raise NotFoundError("You take part in no campaign of such a dataset.")
    return dataset


def managed_dataset(user: User, dataset_id: int) -> Dataset:
    """A dataset of which this person manages a campaign; of the staff any.

    Raises ForbiddenError to those who take part otherwise, NotFoundError to others.
    """
    dataset = dataset_for(user, dataset_id)
    manages = Membership.objects.filter(
        user=user, campaign__table__dataset=dataset, role=Membership.Role.MANAGER
    )
    if not (user.is_staff or user.is_superuser or manages.exists()):
        raise ForbiddenError("Only managers of campaigns may say where skeletons come from.")
    return dataset
