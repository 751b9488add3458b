"""The catalogue: nothing undeclared can ship, through tables and third-party models included (P-CAT-2)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import models
from django.test.utils import isolate_apps

from privacy.catalogue import (
    Held,
    NotPersonal,
    PersonalData,
    catalogue,
    not_personal,
    override,
    refuse_incomplete,
)
from privacy.catalogue.boot import CatalogueIncomplete
from privacy.catalogue.completeness import fields_of, installed_models, problems
from privacy.catalogue.declarations import Catalogue, NotPersonalField
from privacy.catalogue.terms import (
    ACCOUNTING_YEARS,
    CONTENT_RULE,
    DELIVER,
    RUN_ACCOUNT,
    Basis,
    Category,
    Erasure,
    Source,
    Subject,
)

ROOT = Path(__file__).resolve().parents[2]
Fields = dict[str, Held | NotPersonalField]
PERSON = PersonalData(
    "accounts.Stranger",
    category=Category.C3,
    subject=Subject.END_USER,
    purposes=(DELIVER,),
    source=Source.CUSTOMER,
    retention=CONTENT_RULE,
    erasure=Erasure.KEY,
    fields={},
)


def found(declaration: PersonalData | NotPersonal | None, model: type[models.Model]) -> dict[str, str]:
    """Problems of one model by id."""
    given = Catalogue()
    if declaration is not None:
        given.declare(declaration)
    return {problem.id: problem.hint for problem in problems(given, [model])}


@pytest.fixture
def stranger() -> type[models.Model]:
    with isolate_apps("accounts"):

        class Stranger(models.Model):
            sealed = models.BinaryField()
            text = models.TextField()

            class Meta:
                app_label = "accounts"

        return Stranger


def test_ours_is_complete_and_sound() -> None:
    assert list(problems(catalogue())) == []
    assert run_checks(tags=["privacy"]) == []
    refuse_incomplete()


def test_it_covers_every_field_of_every_table() -> None:
    declared = {(entry.model.lower(), entry.field) for entry in catalogue().entries()}
    stored = {
        (model._meta.label_lower, field.name) for model in installed_models() for field in fields_of(model)
    }
    assert stored == declared
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert {"auth_group_permissions", "accounts_person_groups", "django_session"} <= tables


def test_an_undeclared_model_is_named_with_the_file_to_edit(stranger: type[models.Model]) -> None:
    hint = found(None, stranger)["privacy.E001"]
    assert "accounts/personal_data.py" in hint
    assert '"sealed", "text"' in hint


def test_a_third_party_model_is_declared_in_the_root() -> None:
    hint = found(None, Session)["privacy.E001"]
    assert "paasoo_portal/personal_data.py" in hint


def test_an_undeclared_field_is_named_with_what_to_write(stranger: type[models.Model]) -> None:
    declaration = replace(PERSON, fields={"id": not_personal("a number"), "sealed": Held(sealed=True)})
    hint = found(declaration, stranger)["privacy.E002"]
    assert "accounts/personal_data.py" in hint
    assert '"text": Held(' in hint
    assert "not_personal(" in hint
    listed = NotPersonal("accounts.Stranger", "prices", fields=("id", "sealed"))
    assert '"text"' in found(listed, stranger)["privacy.E002"]


def test_traffic_data_must_be_sealed_or_say_why_not(stranger: type[models.Model]) -> None:
    base: Fields = {"id": not_personal("a number"), "sealed": Held(sealed=True)}
    assert "privacy.E003" in found(replace(PERSON, fields={**base, "text": Held()}), stranger)
    assert "privacy.E003" in found(replace(PERSON, fields={**base, "text": Held(sealed=True)}), stranger)
    assert found(replace(PERSON, fields={**base, "text": Held(clear="routing needs it")}), stranger) == {}


def test_nothing_is_kept_beyond_its_ceiling(stranger: type[models.Model]) -> None:
    declaration = replace(
        PERSON,
        retention=ACCOUNTING_YEARS,
        fields={"id": not_personal("a number"), "sealed": Held(sealed=True), "text": Held(clear="x")},
    )
    assert "privacy.E004" in found(declaration, stranger)


def test_stale_and_double_declarations_show(stranger: type[models.Model]) -> None:
    fields: Fields = {
        "id": not_personal("n"),
        "sealed": Held(sealed=True),
        "text": Held(clear="x"),
        "gone": Held(),
    }
    assert "privacy.E005" in found(replace(PERSON, fields=fields), stranger)
    given = Catalogue()
    for _ in range(2):
        given.declare(NotPersonal("accounts.Nobody", "x", fields=()))
    assert {problem.id for problem in problems(given, [])} == {"privacy.E005", "privacy.E006"}


def test_not_personal_needs_a_reason(stranger: type[models.Model]) -> None:
    listed = NotPersonal("accounts.Stranger", " ", fields=("id", "sealed", "text"))
    assert "privacy.E007" in found(listed, stranger)


def test_activity_data_stand_on_consent_alone(stranger: type[models.Model]) -> None:
    fields: Fields = {"id": not_personal("n"), "sealed": Held(), "text": Held()}
    activity = replace(PERSON, category=Category.C6, purposes=(RUN_ACCOUNT,), fields=fields)
    assert "privacy.E008" in found(activity, stranger)
    consented = replace(RUN_ACCOUNT, basis=Basis.CONSENT)
    assert found(replace(activity, purposes=(consented,)), stranger) == {}


def test_an_incomplete_catalogue_refuses_to_start_and_says_what_to_write() -> None:
    declaration = catalogue().models["accounts.person"]
    assert isinstance(declaration, PersonalData)
    fewer = {name: held for name, held in declaration.fields.items() if name != "email"}
    with override(replace(declaration, fields=fewer)), pytest.raises(CatalogueIncomplete) as refused:
        refuse_incomplete()
    assert "accounts.Person.email" in str(refused.value)
    assert "accounts/personal_data.py" in str(refused.value)
    refuse_incomplete()


def test_every_purpose_names_a_basis_of_the_closed_list() -> None:
    for entry in catalogue().entries():
        if entry.personal:
            assert entry.purposes, entry
            assert all(purpose.basis in Basis for purpose in entry.purposes)
            assert entry.category
            assert entry.retention
            assert entry.erasure
            assert entry.source
    assert [basis.iri[-1] for basis in Basis] == list("abcdef")


def test_the_command_prints_table_and_json() -> None:
    out = StringIO()
    call_command("catalogue", "--format", "json", stdout=out)
    printed = json.loads(out.getvalue())
    [content] = [
        field
        for field in printed["fields"]
        if field["field"] == "content_sealed" and field["model"] == "messaging.Message"
    ]
    assert content["stored"] == "sealed"
    assert content["category"] == "C3"
    assert {store["kind"] for store in printed["stores"]} >= {
        "cookie",
        "queue",
        "log",
        "email",
        "cache key",
        "file",
    }
    assert len(printed["version"]) == 16
    out = StringIO()
    call_command("catalogue", stdout=out)
    assert "messaging.Message" in out.getvalue()


SERVERS = {
    "web": ["-c", "import paasoo_portal.wsgi"],
    "door": ["-c", "import paasoo_portal.asgi"],
    "worker": ["-m", "celery", "-A", "paasoo_portal.celery", "worker", "--pool", "solo"],
    "beat": ["-m", "celery", "-A", "paasoo_portal.celery", "beat"],
}


@pytest.mark.parametrize("server", SERVERS)
def test_no_server_starts_with_an_undeclared_field(server: str, tmp_path: Path) -> None:
    """A field that somebody adds without a declaration, in a process of its own."""
    package = tmp_path / "surprise"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "models.py").write_text(
        "from django.db import models\nclass Surprise(models.Model):\n    shoe_size = models.IntegerField()\n"
    )
    (tmp_path / "surprised.py").write_text(
        "from paasoo_portal.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, 'surprise']\n"
    )
    ran = subprocess.run(
        [sys.executable, *SERVERS[server]],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "surprised",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode != 0, ran.stdout
    assert "surprise.Surprise" in ran.stderr
    assert "personal_data.py" in ran.stderr
