"""Legal clocks as rows, with those of until now as the first; requests note the clocks they were given (P-RGT-2)."""

from datetime import date

from django.db import migrations, models


# Kind, amount, unit, the law or clause behind it: as the constants were until now.
CLOCKS = [
    ("answer", 1, "months", "Art. 12(3) GDPR, counted by Regulation (EEC, Euratom) 1182/71."),
    ("extension", 2, "months", "Art. 12(3) GDPR: once, with the reason given within the first period."),
    ("take_over", 10, "days", "Our own: time for us to answer where an administrator has not."),
    ("confirm", 2, "days", "Our own: an address that nobody confirms is deleted."),
    ("order_review", 90, "days", "Our own: nothing is preserved longer than required."),
    ("closing", 7, "days", "Our own: time to change one’s mind."),
    ("return", 30, "days", "Art. 28(3)(g) GDPR: return at the customer’s choice, before deletion."),
]


def seed(apps, schema_editor):
    if schema_editor.connection.alias != "default":
        return
    legal_clock = apps.get_model("privacy", "LegalClock")
    for kind, amount, unit, reason in CLOCKS:
        legal_clock.objects.using("default").get_or_create(
            kind=kind,
            region="",
            effective_on=date(2024, 2, 19),
            defaults={"amount": amount, "unit": unit, "reason": reason},
        )


def note(apps, schema_editor):
    """What was received under the first clocks, which are the only ones yet."""
    if schema_editor.connection.alias != "default":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "UPDATE privacy_rightsrequest SET take_over_on = due_on - 10, "
            "confirm_until = CASE WHEN state = 'unconfirmed' THEN received_at + interval '2 days' END "
            "WHERE take_over_on IS NULL AND state IN ('open', 'unconfirmed')"
        )


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0014_returned_data"),
    ]

    operations = [
        migrations.AddField(
            model_name="rightsrequest",
            name="clocks",
            field=models.JSONField(default=dict, null=True),
        ),
        migrations.AddField(
            model_name="rightsrequest",
            name="confirm_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rightsrequest",
            name="take_over_on",
            field=models.DateField(null=True),
        ),
        migrations.AlterField(
            model_name="requeststep",
            name="kind",
            field=models.CharField(
                choices=[
                    ("received", "Received"),
                    ("confirmed", "Address confirmed"),
                    ("routed", "Handed to the account’s administrator"),
                    ("taken_over", "Taken over by PaaSoo"),
                    ("assigned", "Somebody looks after it"),
                    ("extended", "More time taken"),
                    ("answered", "Answered"),
                    ("refused", "Refused"),
                    ("cancelled", "Cancelled"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="LegalClock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("answer", "Answer to a rights request"),
                            ("extension", "Extension of that answer"),
                            ("take_over", "PaaSoo takes a request over, before it is due"),
                            ("confirm", "A visitor confirms their address"),
                            ("order_review", "A hold that an authority ordered is looked at again"),
                            ("closing", "Closing of an account can be taken back"),
                            ("return", "What a closed account gets back can be fetched"),
                        ],
                        max_length=16,
                        verbose_name="clock",
                    ),
                ),
                ("region", models.CharField(blank=True, default="", max_length=2, verbose_name="region")),
                ("amount", models.PositiveSmallIntegerField(verbose_name="how long")),
                (
                    "unit",
                    models.CharField(
                        choices=[("days", "days"), ("months", "months")], max_length=8, verbose_name="unit"
                    ),
                ),
                ("effective_on", models.DateField(verbose_name="effective on")),
                ("reason", models.TextField(verbose_name="law or clause behind it")),
                ("published_at", models.DateTimeField(null=True, verbose_name="published")),
                ("published_by_id", models.UUIDField(null=True)),
            ],
            options={
                "verbose_name": "legal clock",
                "verbose_name_plural": "legal clocks",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "region", "effective_on"), name="legalclock_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("unit", "days"), ("kind__in", ["answer", "extension"]), _connector="OR"
                        ),
                        name="legalclock_unit",
                    ),
                ],
            },
        ),
        migrations.RunPython(seed, migrations.RunPython.noop, hints={"plane": "control"}),
        migrations.RunPython(note, migrations.RunPython.noop, hints={"plane": "control"}),
    ]
