from django.db import migrations, models

import paasoo_portal.core.clock
import paasoo_portal.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_policy_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="BoundNotice",
            fields=[
                ("account_id", models.UUIDField()),
                (
                    "id",
                    models.UUIDField(
                        default=paasoo_portal.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("bound_id", models.BigIntegerField()),
                ("told_at", models.DateTimeField(default=paasoo_portal.core.clock.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account_id", "bound_id"), name="boundnotice_once")
                ],
            },
        ),
    ]
