import paasoo_portal.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0012_journal_marks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Standing",
            fields=[
                ("database", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("counted_at", models.DateTimeField()),
                ("figures", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Alarm",
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
                ("kind", models.CharField(max_length=16)),
                ("database", models.CharField(max_length=16)),
                (
                    "severity",
                    models.CharField(
                        choices=[("warning", "Warning"), ("critical", "Critical")], max_length=8
                    ),
                ),
                ("since_at", models.DateTimeField(null=True)),
                ("detail", models.JSONField(default=dict)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_told_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["-first_seen_at"], name="alarm_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("kind", "database"),
                        name="alarm_rings_once",
                    )
                ],
            },
        ),
    ]
