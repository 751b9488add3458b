"""A table for what drills plant."""

from django.db import migrations, models

import paasoo_portal.core.ids


class Migration(migrations.Migration):
    dependencies = [("privacy", "0002_bounds_and_clock_mark")]

    operations = [
        migrations.CreateModel(
            name="DrillSample",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=paasoo_portal.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("account_id", models.UUIDField()),
                ("sample_key_id", models.UUIDField()),
                ("sample_sealed", models.BinaryField()),
            ],
        ),
    ]
