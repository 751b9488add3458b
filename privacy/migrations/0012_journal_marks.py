from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0011_preservation"),
    ]

    operations = [
        migrations.CreateModel(
            name="JournalMark",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
            ],
        ),
    ]
