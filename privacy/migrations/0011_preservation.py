"""Holds by two officers, on accounts, numbers and people; copies under keys of their own; named exceptions with their rules."""

from datetime import date

import django_cryptography.fields
import paasoo_portal.core.clock
import paasoo_portal.core.ids
from django.db import migrations, models


SINCE = date(2024, 2, 19)
# kind, days, days of the extension, numbers, content, messages at most, the officer's alone, why
RULES = (
    (
        "billing",
        90,
        90,
        True,
        False,
        10_000,
        False,
        "Policy: billing. A disputed charge is settled within a quarter.",
    ),
    (
        "reconciliation",
        90,
        90,
        True,
        False,
        100_000,
        False,
        "Policy: invoice reconciliation with carriers, by quarter.",
    ),
    (
        "troubleshooting",
        14,
        14,
        True,
        True,
        500,
        False,
        "Policy: troubleshooting. A fault is found in days or not at all.",
    ),
    ("spam", 30, 30, True, True, 5_000, False, "Policy: spam. The time carriers take to answer a complaint."),
    ("fraud", 90, 90, True, True, 10_000, True, "Policy: fraud. The time to charge back a payment."),
    ("exploit", 30, 60, True, False, 100_000, True, "Policy: network exploits, found in numbers and times."),
    ("abuse", 30, 60, True, True, 5_000, True, "Policy: abuse. The time to hear the customer."),
)


def publish_rules(apps, schema_editor):
    rule = apps.get_model("privacy", "CaseRule")
    for kind, days, more, number, content, most, officer, why in RULES:
        rule.objects.create(
            kind=kind,
            days=days,
            extension_days=more,
            with_number=number,
            with_content=content,
            most=most,
            officer_only=officer,
            effective_on=SINCE,
            reason=why,
        )


def confirm_earlier(apps, schema_editor):
    """What one officer placed under the former rule stays in force, and does not lapse."""
    hold = apps.get_model("privacy", "LegalHold")
    hold.objects.filter(confirmed_at=None).update(confirmed_at=models.F("placed_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0008_policy_in_chinese"),
    ]

    operations = [
        migrations.CreateModel(
            name="Case",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("billing", "Billing"),
                            ("reconciliation", "Invoice reconciliation"),
                            ("troubleshooting", "Troubleshooting"),
                            ("spam", "Spam"),
                            ("fraud", "Fraud"),
                            ("exploit", "Network exploit"),
                            ("abuse", "Abuse"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("account_id", models.UUIDField(db_index=True, verbose_name="account")),
                (
                    "number",
                    django_cryptography.fields.encrypt(
                        models.CharField(blank=True, max_length=20, null=True, verbose_name="number")
                    ),
                ),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
                ("with_number", models.BooleanField(verbose_name="numbers are copied")),
                ("with_content", models.BooleanField(verbose_name="content is copied")),
                ("most", models.PositiveIntegerField(verbose_name="messages at most")),
                ("reason", django_cryptography.fields.encrypt(models.TextField(verbose_name="reason"))),
                ("opened_by_id", models.UUIDField(null=True)),
                (
                    "opened_at",
                    models.DateTimeField(default=paasoo_portal.core.clock.now, verbose_name="opened"),
                ),
                ("ends_on", models.DateField(verbose_name="ends")),
                ("extension_days", models.PositiveIntegerField(verbose_name="days of the one extension")),
                ("extended_by_id", models.UUIDField(null=True)),
                ("extended_at", models.DateTimeField(null=True, verbose_name="extended")),
                (
                    "extension_reason",
                    django_cryptography.fields.encrypt(
                        models.TextField(blank=True, default="", verbose_name="reason of the extension")
                    ),
                ),
                ("closed_by_id", models.UUIDField(null=True)),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
            ],
            options={
                "verbose_name": "case",
                "verbose_name_plural": "cases",
                "permissions": [
                    ("open_guarded_case", "Can open cases of kinds that are the privacy officer’s")
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseRule",
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
                            ("billing", "Billing"),
                            ("reconciliation", "Invoice reconciliation"),
                            ("troubleshooting", "Troubleshooting"),
                            ("spam", "Spam"),
                            ("fraud", "Fraud"),
                            ("exploit", "Network exploit"),
                            ("abuse", "Abuse"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("days", models.PositiveIntegerField(verbose_name="days")),
                ("extension_days", models.PositiveIntegerField(verbose_name="days of the one extension")),
                ("with_number", models.BooleanField(verbose_name="numbers may be copied")),
                ("with_content", models.BooleanField(verbose_name="content may be copied")),
                ("most", models.PositiveIntegerField(verbose_name="messages at most")),
                ("officer_only", models.BooleanField(verbose_name="opened by the privacy officer alone")),
                ("effective_on", models.DateField(verbose_name="effective on")),
                ("reason", models.TextField(verbose_name="law or clause behind it")),
            ],
            options={
                "verbose_name": "rule of cases",
                "verbose_name_plural": "rules of cases",
            },
        ),
        migrations.CreateModel(
            name="Preservation",
            fields=[
                ("account_id", models.UUIDField()),
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("source", models.CharField(choices=[("hold", "Hold"), ("case", "Case")], max_length=4)),
                (
                    "about",
                    models.CharField(choices=[("messages", "Messages"), ("person", "Person")], max_length=8),
                ),
                ("key_id", models.UUIDField()),
                ("number_sealed", models.BinaryField(null=True)),
                ("with_content", models.BooleanField()),
                ("with_number", models.BooleanField()),
                ("first_day", models.DateField()),
                ("last_day", models.DateField(null=True)),
                ("most", models.PositiveIntegerField(null=True)),
                ("copied_to", models.UUIDField(null=True)),
                ("copies", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="PreservedPerson",
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
                ("case_id", models.UUIDField(db_index=True)),
                ("key_id", models.UUIDField()),
                ("rows_sealed", models.BinaryField()),
                ("copied_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="legalhold",
            name="confirmed_at",
            field=models.DateTimeField(null=True, verbose_name="confirmed"),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="confirmed_by_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="lapsed",
            field=models.BooleanField(db_default=False, default=False, verbose_name="lapsed"),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="number",
            field=django_cryptography.fields.encrypt(
                models.CharField(blank=True, max_length=20, null=True, verbose_name="number")
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="person_id",
            field=models.UUIDField(blank=True, null=True, verbose_name="person"),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="release_asked_at",
            field=models.DateTimeField(null=True, verbose_name="release proposed"),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="release_asked_by_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="scope",
            field=models.CharField(
                choices=[
                    ("account", "An account’s messages"),
                    ("number", "One number of an account"),
                    ("person", "A person who uses the portal"),
                ],
                db_default="account",
                default="account",
                max_length=8,
                verbose_name="what is covered",
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="secret",
            field=models.BooleanField(db_default=False, default=False, verbose_name="kept from the customer"),
        ),
        migrations.AlterField(
            model_name="datakey",
            name="data_class",
            field=models.SmallIntegerField(
                choices=[
                    (1, "Message content"),
                    (2, "End-User numbers"),
                    (3, "Recordings"),
                    (4, "Preserved copies"),
                ]
            ),
        ),
        migrations.AlterField(
            model_name="keytombstone",
            name="data_class",
            field=models.SmallIntegerField(
                choices=[
                    (1, "Message content"),
                    (2, "End-User numbers"),
                    (3, "Recordings"),
                    (4, "Preserved copies"),
                ]
            ),
        ),
        migrations.AlterField(
            model_name="legalhold",
            name="account_id",
            field=models.UUIDField(blank=True, db_index=True, null=True, verbose_name="account"),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account_id", None), ("person_id__isnull", False), ("scope", "person")),
                    models.Q(
                        models.Q(("scope", "person"), _negated=True),
                        ("account_id__isnull", False),
                        ("person_id", None),
                    ),
                    _connector="OR",
                ),
                name="legalhold_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by_id", None),
                    models.Q(("confirmed_by_id", models.F("placed_by_id")), _negated=True),
                    _connector="OR",
                ),
                name="legalhold_two_to_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_by_id", None),
                    models.Q(("released_by_id", models.F("release_asked_by_id")), _negated=True),
                    _connector="OR",
                ),
                name="legalhold_two_to_release",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("closed_at", None)), fields=["account_id"], name="case_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))), name="case_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="caserule",
            constraint=models.UniqueConstraint(fields=("kind", "effective_on"), name="case_rule_once"),
        ),
        migrations.AddIndex(
            model_name="preservation",
            index=models.Index(fields=["account_id"], name="preservation_account"),
        ),
        migrations.RunPython(confirm_earlier, migrations.RunPython.noop, hints={"plane": "control"}),
        migrations.RunPython(publish_rules, migrations.RunPython.noop, hints={"plane": "control"}),
    ]
