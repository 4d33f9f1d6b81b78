from django.apps import AppConfig


class RevisionConfig(AppConfig):
    name = "apps.revision"

    def ready(self) -> None:
        from apps.campaigns.selectors import told_above
        from apps.revision.selectors.queue import count_to_revise

        told_above["to_revise"] = count_to_revise
