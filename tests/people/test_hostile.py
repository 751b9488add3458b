"""An account whose every string is hostile: all pages are walked, nothing runs, nothing breaks, nothing is cut off.

Every page that has a name, and every staff page that the registry makes; one that answers otherwise is listed, and why.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.api_keys.services import create_api_key
from accounts.models import Membership, Person
from accounts.teams.invitations import create_invitation
from messaging.accept.portal import Accepted, Item, accept_each
from messaging.messages.models import Message
from messaging.webhooks import services as webhooks
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope, system_scope
from privacy.disclosure.forms import OrderForm
from privacy.floors.models import StatutoryFloor
from privacy.holds.forms import HoldForm
from privacy.keys.models import DataClass
from privacy.models import RetentionRun, SubProcessor
from privacy.requests.models import Route
from privacy.requests.services import extend, receive
from tests.centre.rows_of_everything import Maker
from tests.conftest import AsRole
from tests.pages.conftest import REGION, Cast, Send
from tests.pages.test_permissions import METHODS
from tests.pages.visitor import Page, Visitor, check
from tests.staff.test_matrix import OTHERS, named_pages, patterns, place_of

pytestmark = pytest.mark.django_db(databases="__all__")
SCRIPT = "<script>alert(1)</script>"
STRINGS = [
    f"{SCRIPT}\"'><img src=x onerror=alert(1)>",
    f"=HYPERLINK(0)+cmd|'/C{{{{request.user.password}}}}{{%include'x'%}}{'ÿ' * 60}",
    "\u202egnirts desrever\u202c ’; DROP TABLE accounts_person; -- 😀👩\u200d👩\u200d👧\u200d👦\u200d\ufe0f",
]
# In names, which no form lets in by now, writing is turned by another character than in free words, which are as
# somebody typed them: those must be set apart from what is ours.
TURNED = "\u202d"


def free(text: str) -> str:
    return text.replace("\u202e", TURNED)


# What staff, or whoever was here before there were rules, wrote in free words.
WRITTEN = {
    "privacy.CaseRule": ("reason",),
    "privacy.Case": ("reason", "extension_reason"),
    "privacy.LegalClock": ("reason",),
    "privacy.Order": ("authority", "their_reference", "legal_basis", "asked", "assessment", "granted"),
    "privacy.StatutoryFloor": ("jurisdiction", "law"),
    "privacy.LegalHold": ("authority", "reference"),
    "privacy.RetentionBound": ("reason",),
    "privacy.PolicyVersion": ("changes", "text"),
    "privacy.SubProcessor": ("subject", "purpose", "regions"),
    "privacy.RightsRequest": ("text",),
    "privacy.RequestStep": ("note",),
    "accounts.Person": ("name",),
    "accounts.Account": ("name", "default_sender", "push_url"),
}


# The programs' own answer in JSON; staff pages are walked by themselves; the development pages are not there in
# production.
APART = ("messaging.classic", "messaging.rest", "admin", "paasoo_portal.development")
ENDS = {"account_logout"}
# What of an account's own pages answers the seeded company otherwise than with a page.
OTHERWISE = {
    "certificate": "none was issued; it holds counts, days and keys",
    "certificate_file": "none was issued",
    "api_key_former": "no former secret works",
    "messages_export": "a file, of which there is a test below",
}
# Parts of pages, fetched again while somebody looks.
FRAGMENTS = {"message_steps"}
INLINE = {"a", "b", "code", "em", "small", "span", "strong", "time"}
SET_APART = {"bdi", "option", "textarea", "title"}


@dataclass(frozen=True)
class Hostile:
    """The seeded company, its string, and one of everything it has, by the placeholders of the URLs."""

    cast: Cast
    text: str
    things: dict[str, str]
    # By the names of staff pages: the row whose page is opened.
    rows: dict[str, Any]


@pytest.fixture
def hostile(cast: Cast, send: Send, as_role: AsRole, request: Any) -> Hostile:
    """By the forms' services what they admit, the rest as it was written before there were rules."""
    text: str = request.param
    Maker(cast, send, as_role).of({*WRITTEN, "privacy.Extract"})
    StatutoryFloor.objects.create(
        data_class=DataClass.NUMBER, days=1, jurisdiction="x", law="x", effective_on=clock.today()
    )
    SubProcessor.objects.create(name=text[:80], subject="x", purpose="x", regions="x")
    things = {**OTHERS, **_made_by_services(cast, text)}
    with as_role("owner"), system_scope("test", using=dict.fromkeys(("default", REGION))):
        RetentionRun.objects.create(database="main", kind="night", cutoff_on=clock.today())
        for label, names in WRITTEN.items():
            _write(label, names, text)
        Message.objects.using(REGION).update(sender=text[:16], carrier_ref=text[:64])
    return Hostile(cast, text, things, _rows(as_role))


def _made_by_services(cast: Cast, text: str) -> dict[str, str]:
    company, alice = cast.company.pk, cast.alice.pk
    key = create_api_key(account_id=company, name=text[:80], created_by_id=alice).key
    endpoint = webhooks.create(
        account_id=company,
        url="https://example.com/?" + "".join(text.split())[:400],
        name=text[:80],
        topics=["delivered"],
        created_by_id=alice,
    ).endpoint
    invitation = create_invitation(
        account_id=company, email=_address(text), role="viewer", invited_by_id=alice
    ).invitation
    request = receive(
        kind="other", person_id=alice, account_id=company, text=free(text), route=Route.ADMINISTRATOR
    )
    extend(request.pk, by_id=alice, by_kind="administrator", text=free(text))
    (message,) = accept_each(
        account_id=company,
        region=REGION,
        items=[Item(to="447700900123", text=free(text), client_ref=free(text)[:64])],
        api_key_id=key.pk,
    )
    assert isinstance(message, Accepted)
    with scope(company):
        member = Membership.objects.get(person=cast.bob)
    return {
        "<str:region>": REGION,
        "<uuid:account_id>": str(company),
        "<uuid:person_id>": str(cast.bob.pk),
        "<uuid:message_id>": str(message.id),
        "<uuid:key_id>": str(key.pk),
        "<uuid:endpoint_id>": str(endpoint.pk),
        "<uuid:call_id>": str(uuid7()),
        "<uuid:certificate_id>": str(uuid7()),
        "<uuid:invitation_id>": str(invitation.pk),
        "<uuid:member_id>": str(member.pk),
        "<uuid:job_id>": str(uuid7()),
        "<uuid:request_id>": str(request.pk),
        "<slug:slug>": "content",
        "<slug:reference>": request.reference,
        "<slug:kind>": "other",
        "<str:number>": "2026-11",
        "<str:token>": "nonsense",
    }


def _address(text: str) -> str:
    """As hostile as an address may be: much is one between quotes."""
    quoted = "".join(mark for mark in text if mark.isascii() and mark not in "\"'\\ ")[:60]
    try:
        validate_email(address := f'"{quoted}"@example.com')
    except ValidationError:
        return "x@example.com"
    return address


def _write(label: str, names: tuple[str, ...], text: str) -> None:
    model = apps.get_model(label)
    fields = {name: model._meta.get_field(name).max_length for name in names}  # type: ignore[union-attr]
    written = {name: text[:most] if most else free(text) for name, most in fields.items()}
    model._base_manager.update(**written)


def _rows(as_role: AsRole) -> dict[str, Any]:
    """One row of each model that staff have pages of."""
    with as_role("owner"), system_scope("test", using=dict.fromkeys(("default",))):
        return {
            f"{model._meta.app_label}_{model._meta.model_name}": model._base_manager.order_by("pk").last()
            for model in admin.site._registry
            if model is not Message
        }


@pytest.mark.parametrize("hostile", STRINGS, indirect=True, ids=range(len(STRINGS)))
def test_every_page_and_every_staff_page_shows_it_as_text(hostile: Hostile) -> None:
    opened = _walk_pages(hostile)
    assert named_pages() - set(METHODS) - opened == set(OTHERWISE)
    staff = _walk_staff_pages(hostile)
    for name, row in hostile.rows.items():
        assert {f"{name}_changelist", f"{name}_change"} <= staff, (name, row)
    assert {"messaging_message_of_account", "messaging_message_one", "unmask", "credit", "suspend"} <= staff


def _walk_pages(hostile: Hostile) -> set[str]:
    """The names of the pages that open to the account's administrator, each of them judged."""
    alice = Visitor(Person.objects.get(pk=hostile.cast.alice.pk))
    alice.confirm_recently()
    opened, guarded = set(), named_pages()
    for name, route, family, view in patterns():
        if family.startswith(APART) or name in METHODS or name in ENDS:
            continue
        place = place_of(hostile.things, name, route, family, view)
        answer = alice.client.get(place.path)
        assert answer.status_code < 500 or name == "readyz", place.path
        if _is_page(answer):
            opened.add(name)
            page = _judge(answer, place.path)
            if name in FRAGMENTS:
                continue
            check(page)
            # The account is named on every page of its own.
            assert name not in guarded or hostile.text.split()[0] in page.tree.text_content(), place.path
    return opened


def _walk_staff_pages(hostile: Hostile) -> set[str]:
    """The same of the staff pages, for who may open all of them."""
    dana = Visitor(Person.objects.get(pk=hostile.cast.dana.pk))
    opened = set()
    for name, route, family, _view in patterns():
        path = _staff_path(hostile, name, f"/{route}")
        if family != "admin" or "<" in path or name in {"logout", "autocomplete"} or name.endswith("_delete"):
            continue
        answer = dana.client.get(path)
        assert answer.status_code < 500, path
        if _is_page(answer):
            opened.add(name)
            _judge(answer, path)
    return opened


def _staff_path(hostile: Hostile, name: str, path: str) -> str:
    row = hostile.rows.get(name.rpartition("_")[0])
    given = {**hostile.things, **({"<path:object_id>": str(row.pk)} if row is not None else {})}
    for placeholder, value in given.items():
        path = path.replace(placeholder, value)
    return path


def _is_page(answer: Any) -> bool:
    return answer.status_code == 200 and answer["Content-Type"].startswith("text/html")


def _judge(answer: Any, path: str) -> Page:
    page = Page(answer)
    assert SCRIPT not in page.source, path
    assert "onerror=alert" not in _attributes(page), path
    assert not _astray(page), (path, _astray(page))
    return page


def _astray(page: Page) -> list[str]:
    """Free words that would turn what stands beside them: they are neither set apart nor alone in their block."""
    found = []
    for text in page.tree.xpath(f"//body//text()[contains(., '{TURNED}')]"):
        around = text.getparent().getparent() if text.is_tail else text.getparent()
        while around.tag in INLINE:
            around = around.getparent()
        alone = around.text_content().strip() == text.strip() and free(STRINGS[-1]).startswith(text.strip())
        if around.tag not in SET_APART and not alone:
            found.append(" ".join(around.text_content().split()))
    return found


@pytest.mark.parametrize("hostile", STRINGS[1:2], indirect=True, ids=[""])
def test_a_spreadsheet_calculates_nothing(hostile: Hostile) -> None:
    alice = Visitor(Person.objects.get(pk=hostile.cast.alice.pk))
    answer = alice.client.get("/messages/export/")
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]
    cells = [cell for line in lines for cell in line]
    assert [cell for cell in cells if "HYPERLINK" in cell]
    assert not [cell for cell in cells if cell.startswith("=")]


@pytest.mark.parametrize("hostile", STRINGS[:1], indirect=True, ids=[""])
def test_emails_hold_it_as_text_too(
    hostile: Hostile, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    alice = Visitor(Person.objects.get(pk=hostile.cast.alice.pk))
    with django_capture_on_commit_callbacks(execute=True):
        given = {"email": "new@example.com", "role": "viewer", "step": "send"}
        assert alice.post_on("/team/invite/", given) == "/team/"
    (sent,) = mailoutbox
    assert "\n" not in sent.subject
    html = sent.alternatives[0][0]
    assert SCRIPT not in html
    assert SCRIPT in sent.body


@pytest.mark.parametrize(
    "text", ["a\u202eb", "a\u0000b", "a\nb", "x" * 5000], ids=["turned", "null", "line", "long"]
)
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/account/settings/", "name"),
        ("/account/settings/", "default_sender"),
        ("/account/settings/", "push_url"),
        ("/api-keys/new/", "name"),
        ("/webhooks/new/", "name"),
        ("/webhooks/new/", "url"),
        ("/profile/", "name"),
    ],
)
def test_forms_refuse_what_would_mislead(alice: Visitor, path: str, field: str, text: str) -> None:
    alice.confirm_recently()
    given = {"name": "Harbour", "default_sender": "Harbour", "push_url": "", "url": "https://example.com/"}
    hostile = f"https://example.com/{text}" if field.endswith("url") else text
    page = alice.post(path, given | {field: hostile})
    assert any(f"#id_{field}" == one.get("href") for one in page.all(".error-summary li a")), page.texts("li")


@pytest.mark.parametrize("form", [HoldForm, OrderForm])
def test_what_staff_write_of_an_authority_misleads_nobody_either(form: type[forms.Form]) -> None:
    names = {"authority", "reference", "their_reference", "legal_basis"} & set(form.base_fields)
    found = form(dict.fromkeys(names, "a\u202eb"))
    assert names <= set(found.errors)


def _attributes(page: Page) -> str:
    return " ".join(
        f"{name}={value}"
        for found in page.tree.iter()
        if isinstance(found.tag, str)
        for name, value in found.attrib.items()
        if name.startswith("on")
    )
