"""Every staff page × everybody, against the one table; a page nobody listed fails. P-SEC-2."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts import staff_roles
from accounts.staff_roles import FINANCE, OFFICER, OPERATOR, SUPPORT
from tests.pages.conftest import Cast
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
# What each list asks for.
LISTS = {
    "accounts/person": {SUPPORT, OFFICER},
    "accounts/account": {SUPPORT, OFFICER, FINANCE, OPERATOR},
    "messaging/message": {SUPPORT, OFFICER},
    "messaging/price": {SUPPORT, FINANCE, OPERATOR},
    "privacy/rightsrequest": {OFFICER},
    "privacy/policyversion": {SUPPORT, OFFICER},
    "privacy/subprocessor": {SUPPORT, OFFICER},
    "privacy/legalhold": {OFFICER},
    "privacy/case": {SUPPORT, OFFICER},
    "privacy/caserule": {SUPPORT, OFFICER},
    "privacy/order": {OFFICER},
    "privacy/extract": {SUPPORT, OFFICER},
    "privacy/statutoryfloor": {OFFICER},
    "privacy/retentionrun": {OFFICER, OPERATOR},
    "privacy/retentionbound": {OFFICER, OPERATOR},
    "privacy/legalclock": {OFFICER, OPERATOR},
    "core/auditevent": {OFFICER, OPERATOR},
}


def test_every_list_is_in_the_table() -> None:
    assert {f"{m._meta.app_label}/{m._meta.model_name}" for m in admin.site._registry} == set(LISTS)


def test_every_list_admits_exactly_its_roles(
    cast: Cast, staff: dict[str, Visitor], dana: Visitor, alice: Visitor, nobody: Visitor
) -> None:
    for name, roles in LISTS.items():
        path = f"/admin/{name}/"
        for role, visitor in staff.items():
            status = visitor.client.get(path).status_code
            assert (status == 200) == (role in roles), (name, role, status)
            assert status in {200, 403, 404}, (name, role, status)
        assert dana.client.get(path).status_code == 200, name
        assert nobody.client.get(path).status_code == 302, name
        assert alice.client.get(path).status_code in {302, 403}, name


def test_what_is_done_admits_exactly_its_roles(cast: Cast, staff: dict[str, Visitor]) -> None:
    company, person = cast.company.pk, cast.bob.pk
    done = {
        f"/admin/accounts/account/{company}/credit/": {FINANCE},
        f"/admin/accounts/person/{person}/unmask/": {SUPPORT, OFFICER},
        "/admin/messaging/price/add/": {FINANCE},
        "/admin/privacy/policyversion/add/": {OFFICER},
        "/admin/privacy/subprocessor/add/": {OFFICER},
        "/admin/privacy/legalhold/add/": {OFFICER},
        "/admin/privacy/order/add/": {OFFICER},
        "/admin/privacy/statutoryfloor/add/": {OFFICER},
        "/admin/privacy/case/add/": {SUPPORT, OFFICER},
        "/admin/privacy/caserule/add/": {OFFICER},
        "/admin/privacy/retentionrun/dashboard/": {OFFICER, OPERATOR},
    }
    for path, roles in done.items():
        for role, visitor in staff.items():
            assert (visitor.client.get(path).status_code == 200) == (role in roles), (path, role)


def test_the_groups_are_kept_in_step_with_the_table() -> None:
    group = Group.objects.get(name=FINANCE)
    group.permissions.clear()
    staff_roles.keep(using="default")
    names = {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}
    assert names == {name for name, roles in staff_roles.TABLE.items() if FINANCE in roles}


def test_nothing_personal_is_deleted_or_edited_here(dana: Visitor, cast: Cast) -> None:
    assert dana.client.get("/admin/core/auditevent/add/").status_code == 403
    assert dana.client.get("/admin/privacy/retentionrun/add/").status_code == 403
    assert dana.client.get(f"/admin/accounts/person/{cast.bob.pk}/delete/").status_code == 403
