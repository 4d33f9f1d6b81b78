from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register


class PipelinesConfig(AppConfig):
    name = "apps.pipelines"

    def ready(self) -> None:
        register(check_checkpoint)


def check_checkpoint(**_: object) -> list[CheckMessage]:
    """What is wrong with the file of the network, as workers and commands say when they start.

    Whether it fits is for a job to find out, which loads it.
    """
    from django.conf import settings

    from apps.pipelines.domain.errors import NetworkError
    from apps.pipelines.gateways.checkpoint_files import look_at_file
    from apps.pipelines.services.refusals import refusal

    configured = settings.ENVIRONMENT.depth_unet
    if not configured:
        return []
    path = Path(configured)
    try:
        look_at_file(path)
    except NetworkError as error:
        return [Warning(refusal(path, error), id="pipelines.W001")]
    return []
