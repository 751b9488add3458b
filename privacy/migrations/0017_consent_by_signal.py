from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0016_clock_region_choices"),
    ]

    operations = [
        migrations.AlterField(
            model_name="consentrecord",
            name="how",
            field=models.CharField(
                choices=[
                    ("banner", "the notice"),
                    ("settings", "the settings page"),
                    ("signal", "the browser’s Global Privacy Control"),
                ],
                max_length=12,
            ),
        ),
    ]
