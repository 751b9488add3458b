from datetime import UTC, date, datetime

from django.db import migrations


def seed(apps, schema_editor):
    from privacy.policy import first, first_zh_hans

    PolicyVersion = apps.get_model("privacy", "PolicyVersion")
    PolicyVersion.objects.using(schema_editor.connection.alias).get_or_create(
        number=first.NUMBER,
        language="zh-hans",
        defaults={
            "effective_on": date(2026, 11, 1),
            "published_at": datetime(2026, 11, 1, tzinfo=UTC),
            "text": first_zh_hans.TEXT,
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0007_legal_holds"),
    ]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop, hints={"plane": "control"})]
