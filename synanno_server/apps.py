from django.apps import AppConfig


class SynannoServerConfig(AppConfig):
    name = "synanno_server"

    def ready(self) -> None:
        """Make the Celery application known, so that every process can send jobs."""
        from synanno_server.celery import app

        app.set_default()
