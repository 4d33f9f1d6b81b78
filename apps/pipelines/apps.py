from __future__ import annotations

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

    from apps.pipelines.services.refusals import file_problem

    problem = file_problem(settings.ENVIRONMENT.depth_unet)
    return [] if problem is None else [Warning(problem, id="pipelines.W001")]
