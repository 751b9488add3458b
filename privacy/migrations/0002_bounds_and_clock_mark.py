"""The first bounds of retention (P-RET-2, P-RET-11) and the clock guard's memory."""

from datetime import date

from django.db import migrations, models

# (data class, default, floor, ceiling, the clause behind it); days after which nothing may be readable.
BOUNDS = [
    (
        1,
        30,
        0,
        400,
        "Policy: message content, by the customer's instruction. 0 = not stored beyond delivery.",
    ),
    (2, 90, 0, 400, "Policy: End-User numbers, by the customer's instruction, apart from content."),
    (3, 30, 0, 400, "Policy: recordings, by the customer's instruction."),
]


def seed(apps, schema_editor):
    if schema_editor.connection.alias != "default":
        return
    bound = apps.get_model("privacy", "RetentionBound")
    for data_class, default, floor, ceiling, reason in BOUNDS:
        bound.objects.using("default").get_or_create(
            data_class=data_class,
            effective_on=date(2024, 2, 19),
            defaults={
                "default_days": default,
                "floor_days": floor,
                "ceiling_days": ceiling,
                "reason": reason,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ClockMark",
            fields=[
                ("boot_id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("wall_at", models.DateTimeField()),
                ("boot_seconds", models.FloatField()),
            ],
        ),
        migrations.RunPython(seed, migrations.RunPython.noop, hints={"plane": "control"}),
    ]
