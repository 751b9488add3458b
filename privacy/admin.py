"""The staff pages of the promise: policy versions, sub-processors, retention's runs, the trail. Keeps P-POL-1, P-SUB-1."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from paasoo_portal.core.audit import verify
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.staff import StaffAdmin
from privacy.alarms import dashboard
from privacy.cases.admin import CaseAdmin, CaseRuleAdmin
from privacy.clocks.admin import LegalClockAdmin
from privacy.disclosure.admin import OrderAdmin
from privacy.disclosure.admin_extracts import ExtractAdmin
from privacy.floors.admin import StatutoryFloorAdmin
from privacy.holds.admin import LegalHoldAdmin
from privacy.policy import services as policy
from privacy.policy.models import PolicyVersion
from privacy.retention.admin import RetentionBoundAdmin
from privacy.retention.models import RetentionRun
from privacy.subprocessors.models import SubProcessor

__all__ = [
    "CaseAdmin",
    "CaseRuleAdmin",
    "ExtractAdmin",
    "LegalClockAdmin",
    "LegalHoldAdmin",
    "OrderAdmin",
    "RetentionBoundAdmin",
    "StatutoryFloorAdmin",
]


class KeptAdmin(StaffAdmin):
    """What is never deleted here."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadAdmin(KeptAdmin):
    """What is only read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PolicyVersion)
class PolicyVersionAdmin(KeptAdmin):
    """A draft is edited; what was published is not, whoever asks."""

    list_display = ("number", "language", "effective_on", "published_at", "material")
    ordering = ("-effective_on", "language")
    fields = ("number", "language", "effective_on", "material", "changes", "text", "published_at")
    readonly_fields = ("published_at",)
    actions = ("publish",)

    def has_change_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.published_at is None)

    @admin.action(description=_lazy("Publish the chosen drafts"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """A page that says what would follow, then the publication (P-POL-1)."""
        drafts = list(queryset.filter(published_at=None))
        try:
            policy.judge(drafts)
            if drafts and request.POST.get("step") != "publish":
                return self._check(request, drafts)
            count = policy.publish(drafts, actor_id=request.user.pk)
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
        else:
            self.message_user(request, _("Published: %(count)d") % {"count": count})
        return None

    def _check(self, request: HttpRequest, drafts: list[PolicyVersion]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Publish these versions?"),
            "drafts": drafts,
            "chosen": ACTION_CHECKBOX_NAME,
            "told": any(draft.material for draft in drafts),
        }
        return TemplateResponse(request, "admin/privacy/policyversion/publish.html", context)


@admin.register(SubProcessor)
class SubProcessorAdmin(KeptAdmin):
    list_display = ("name", "subject", "purpose", "regions", "since", "ended_on")
    ordering = ("name",)


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadAdmin):
    """Each night's runs, and the dashboard of how every database stands."""

    list_display = ("database", "kind", "cutoff_on", "state", "started_at", "finished_at")
    list_filter = ("database", "kind", "state")
    ordering = ("-cutoff_on", "database", "kind")
    change_list_template = "admin/privacy/retentionrun/change_list.html"

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.dashboard)
        return [path("dashboard/", page, name="privacy_retentionrun_dashboard"), *super().get_urls()]

    def dashboard(self, request: HttpRequest) -> HttpResponse:
        """What is due, done, late and held; what rings, and what rang."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Retention dashboard"),
            **dashboard.page(),
        }
        return TemplateResponse(request, "admin/privacy/retentionrun/dashboard.html", context)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadAdmin):
    """The trail, read as it is; the chain on a page is verified as it is shown."""

    list_display = ("at", "chain", "number", "event", "actor_kind", "actor_id", "subject_id")
    list_filter = ("event", "actor_kind")
    search_fields = ("=chain", "=actor_id", "=subject_id")
    search_help_text = _lazy("An id")
    ordering = ("-id",)
    show_full_result_count = False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        found = AuditEvent.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        broken = verify(found.chain) if found is not None else None
        fits = _("The whole chain fits.")
        told = fits if broken is None else _("The chain breaks at entry %(number)s.") % {"number": broken}
        return super().change_view(request, object_id, form_url, {"subtitle": told} | (extra_context or {}))
