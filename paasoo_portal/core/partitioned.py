"""The migration operation that creates a partitioned table, which Django itself cannot say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState
from django.db.models.options import Options


class CreatePartitionedModel(CreateModel):
    """CreateModel for a partitioned table: `partition_by` and `key` are SQL; `indexes` maps names to SQL.

    The SQL key holds the account, as sharding asks, while Django is told that `id` is the key. Indexes made on the
    parent are made on every partition by PostgreSQL itself.
    """

    def __init__(
        self,
        name: str,
        fields: Sequence[Any],
        options: dict[str, Any] | None = None,
        bases: Any = None,
        managers: Any = None,
        *,
        partition_by: str,
        key: str,
        indexes: dict[str, str] | None = None,
    ) -> None:
        super().__init__(name, list(fields), options, bases, managers)
        self.partition_by = partition_by
        self.key = key
        self.sql_indexes = indexes or {}

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        columns = [self._column(schema_editor, model, field) for field in model._meta.local_fields]
        table = schema_editor.quote_name(model._meta.db_table)
        body = ", ".join([*columns, f"PRIMARY KEY ({self.key})"])
        schema_editor.execute(f"CREATE TABLE {table} ({body}) PARTITION BY {self.partition_by}")
        for name, definition in self.sql_indexes.items():
            unique = "UNIQUE " if definition.startswith("UNIQUE ") else ""
            rest = definition.removeprefix("UNIQUE ")
            schema_editor.execute(f"CREATE {unique}INDEX {schema_editor.quote_name(name)} ON {table} {rest}")

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        name, arguments, keywords = super().deconstruct()
        keywords |= {"partition_by": self.partition_by, "key": self.key, "indexes": self.sql_indexes}
        return name, arguments, keywords

    @staticmethod
    def _column(schema_editor: BaseDatabaseSchemaEditor, model: Any, field: Any) -> str:
        options: Options[Any] = model._meta
        definition, _ = schema_editor.column_sql(options.model, field)
        if definition is None:
            raise ValueError(f"{field} has no column")
        return f"{schema_editor.quote_name(field.column)} {definition.replace(' PRIMARY KEY', '')}"
