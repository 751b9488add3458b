from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from accounts import directory
        from accounts.mfa import signals
        from accounts.staff_roles import keep

        post_migrate.connect(keep, dispatch_uid="accounts.staff_roles")
        directory.register()
        signals.connect()
