from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "paasoo_portal.core"
    label = "core"
    verbose_name = "Core"

    def ready(self) -> None:
        from paasoo_portal.core import checks  # noqa: F401  registers the checks
