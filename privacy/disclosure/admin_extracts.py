"""Extracts in the staff pages: released by a second person, fetched once after a recent sign-in. Keeps P-SEC-2."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from paasoo_portal.core import directory
from paasoo_portal.core.http.pages import ask_to_confirm, confirmed_recently
from paasoo_portal.core.staff import OfAccountsAdmin
from privacy.disclosure import extracts, services
from privacy.disclosure.models import Extract, ExtractState
from privacy.errors import PrivacyError


@admin.register(Extract)
class ExtractAdmin(OfAccountsAdmin):
    list_display = ("extract", "account", "state", "records", "prepared_at", "fetched_at")
    ordering = ("-prepared_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_lazy("extract"))
    def extract(self, found: Extract) -> str:
        return str(found.pk)[-6:]

    @admin.display(description=_lazy("account"))
    def account(self, found: Any) -> str:
        return str(found.account_name)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Extract]:
        """Orders are the officers'; whoever works on cases sees those of cases."""
        rows: QuerySet[Extract] = super().get_queryset(request)
        return rows if request.user.has_perm("privacy.view_order") else rows.filter(order_id=None)

    def get_urls(self) -> list[URLPattern]:
        fetch = self.admin_site.admin_view(require_POST(self.fetch_view))
        return [path("<uuid:extract_id>/fetch/", fetch, name="extract_fetch"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What it holds in numbers, and its release in two steps."""
        found = self._found(request, object_id)
        step = request.POST.get("step", "")
        if step and not self.has_change_permission(request):
            raise PermissionDenied
        if step == "release":
            try:
                extracts.release(found.pk, by_id=_me(request))
            except PrivacyError as error:
                messages.error(request, str(error.user))
            else:
                messages.success(request, _("Released. It can be fetched once."))
            return redirect("admin:privacy_extract_change", found.pk)
        mine = found.prepared_by_id == _me(request)
        ready = found.state == ExtractState.READY
        context = {
            **self.admin_site.each_context(request),
            "title": _("Extract %(id)s") % {"id": str(found.pk)[-6:]},
            "found": found,
            "account": directory.label("account", found.account_id) if found.account_id else "",
            "by": {
                name: directory.label("person", identity) if identity else ""
                for name, identity in (
                    ("prepared", found.prepared_by_id),
                    ("released", found.released_by_id),
                    ("fetched", found.fetched_by_id),
                )
            },
            "may_release": ready and not mine and self.has_change_permission(request),
            "waits": ready and mine,
            "may_fetch": found.state == ExtractState.RELEASED and self._may_fetch(request, found),
            "check": step == "check",
        }
        return TemplateResponse(request, "admin/privacy/extract/one.html", context)

    def fetch_view(self, request: HttpRequest, extract_id: UUID) -> HttpResponseBase:
        """The file, once, to who prepared or who releases it."""
        found = self._found(request, str(extract_id))
        if not self._may_fetch(request, found):
            raise PermissionDenied
        if not confirmed_recently(request):
            return ask_to_confirm(reverse("admin:privacy_extract_change", args=[found.pk]))
        try:
            done, chunks = extracts.fetch(found.pk, by_id=_me(request))
        except PrivacyError as error:
            messages.error(request, str(error.user))
            return redirect("admin:privacy_extract_change", found.pk)
        services.fetched(done, by_id=_me(request))
        response = StreamingHttpResponse(chunks, content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="extract-{str(done.pk)[-6:]}.zip"'
        response["Content-Length"] = str(done.size)
        response["Cache-Control"] = "no-store"
        return response

    def _may_fetch(self, request: HttpRequest, found: Extract) -> bool:
        return found.prepared_by_id == _me(request) or self.has_change_permission(request)

    def _found(self, request: HttpRequest, object_id: str) -> Extract:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return self.get_queryset(request).get(pk=UUID(object_id))
        except (ValueError, Extract.DoesNotExist):
            raise Http404 from None


def _me(request: HttpRequest) -> UUID:
    return cast(UUID, request.user.pk)
