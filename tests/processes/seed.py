"""`python -m tests.processes.seed`: somebody who signs in, an account with money and a key, prices; told as JSON."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from decimal import Decimal

import django


def main() -> None:
    django.setup()
    from allauth.account.models import EmailAddress

    from accounts.api_keys.scopes import KeyScope
    from accounts.api_keys.services import create_api_key
    from accounts.billing.services import top_up_balance
    from accounts.models import Person
    from accounts.teams.services import change_account, open_account
    from messaging.pricing.services import publish_prices
    from paasoo_portal.core import clock

    publish_prices({("GB", ""): Decimal("0.0325")}, effective_on=clock.today() - timedelta(days=1))
    email, password = "sender@example.com", secrets.token_urlsafe(12)
    person = Person.objects.create_user(email, password, name="Sender")
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    account = open_account(person=person, name="Processes", region="ie")
    change_account(account_id=account.pk, actor_id=person.pk, throttle_per_second=500)
    top_up_balance(account_id=account.pk, amount=Decimal(500), reference="first")
    made = create_api_key(
        account_id=account.pk, name="test", created_by_id=person.pk, scopes=[str(one) for one in KeyScope]
    )
    told = {"email": email, "password": password, "account": str(account.pk)}
    print(json.dumps(told | {"key": made.key.key, "secret": made.secret}))


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paasoo_portal.settings")
    main()
