from django.apps import AppConfig


class RevisionConfig(AppConfig):
    name = "apps.revision"

    def ready(self) -> None:
        from apps.campaigns.selectors import told_above
        from apps.revision.selectors.queue import count_to_revise, was_handed_some

        told_above["to_revise"] = lambda user: count_to_revise()
        told_above["has_revised"] = was_handed_some
