"""One copy at a time for each person, kind and account. The index is made beside the running service, then swapped."""

from django.db import migrations, models

MAKE = """
CREATE UNIQUE INDEX CONCURRENTLY export_once_per_account ON privacy_exportjob (person_id, kind, account_id)
NULLS NOT DISTINCT WHERE state IN ('waiting', 'running')
"""
CONTROL = {"plane": "control"}


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("privacy", "0005_requests_and_exports")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    MAKE, "DROP INDEX CONCURRENTLY IF EXISTS export_once_per_account", hints=CONTROL
                ),
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS export_one_at_a_time",
                    migrations.RunSQL.noop,
                    hints=CONTROL,
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="exportjob", name="export_one_at_a_time"),
                migrations.AddConstraint(
                    model_name="exportjob",
                    constraint=models.UniqueConstraint(
                        fields=["person_id", "kind", "account_id"],
                        condition=models.Q(state__in=["waiting", "running"]),
                        nulls_distinct=False,
                        name="export_once_per_account",
                    ),
                ),
            ],
        )
    ]
