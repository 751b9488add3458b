from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0009_certificate_blocks"),
    ]

    operations = [
        migrations.AddField(
            model_name="retentionbound",
            name="published_at",
            field=models.DateTimeField(null=True, verbose_name="published"),
        ),
        migrations.AddField(
            model_name="retentionbound",
            name="published_by_id",
            field=models.UUIDField(null=True),
        ),
    ]
