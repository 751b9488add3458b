from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(fields=["day", "region"], name="usage_day_region"),
        ),
        migrations.AddIndex(
            model_name="daycount",
            index=models.Index(fields=["day"], name="daycount_day"),
        ),
    ]
