"""Open the account under load and print its key as JSON: a process of its own, for it needs Django set up."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paasoo_portal.settings")
    django.setup()
    from accounts.api_keys.services import create_api_key
    from accounts.billing.services import top_up_balance
    from accounts.models import Person
    from accounts.teams.services import change_account, open_account
    from messaging.allowance.services import pull
    from messaging.pricing.services import publish_prices

    person = Person.objects.create_user("load@example.com", None, name="Load")
    account = open_account(person=person, name="Load", region="sg")
    change_account(account_id=account.pk, actor_id=person.pk, throttle_per_second=10_000_000)
    publish_prices({("GB", ""): Decimal("0.035")}, effective_on=date(2024, 1, 1))
    top_up_balance(account_id=account.pk, amount=Decimal(10_000_000), reference="load", actor_id=person.pk)
    if not pull(account.pk, "sg", Decimal(5_000_000)):
        raise SystemExit("the account under load has no funds")
    made = create_api_key(account_id=account.pk, name="Load", created_by_id=person.pk)
    print(json.dumps({"key": made.key.key, "secret": made.secret, "account": str(account.pk)}))


if __name__ == "__main__":
    main()
