"""What staff's pages of Django's own making share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

from paasoo_portal.core import directory
from paasoo_portal.core.days import DayField
from paasoo_portal.core.names import plain_name


class StaffAdmin(admin.ModelAdmin):
    """A list has a name, and fields refuse what they refuse elsewhere: days beyond reckoning, names that mislead."""

    formfield_overrides = {models.DateField: {"form_class": DayField}}

    @property
    def media(self) -> forms.Media:
        """Django's scripts without those that write slugs, of which there are none: half of all their weight."""
        scripts = [name for name in super().media._js if "xregexp" not in name and "urlify" not in name]  # type: ignore[attr-defined]
        return forms.Media(js=scripts)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Named after what it lists: Django's own words ask to select one."""
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **given: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **given)
        if isinstance(db_field, models.CharField) and isinstance(field, forms.CharField):
            field.validators.append(plain_name)
        return field


class OfAccountsAdmin(StaffAdmin):
    """A list that names accounts: they are asked for once, not once a row; `account_name` of each row is theirs."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        rows = list(found.result_list)
        names = directory.labels("account", {row.account_id for row in rows if row.account_id})
        for row in rows:
            row.account_name = names.get(row.account_id, "")
        found.result_list = rows
        return found
