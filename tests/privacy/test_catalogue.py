"""The catalogue: nothing undeclared can ship, through tables and third-party models included (P-CAT-1 to 5)."""

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
    MEMBERS,
    Held,
    NotPersonal,
    PersonalData,
    catalogue,
    dpv,
    not_personal,
    override,
    refuse_incomplete,
)
from privacy.catalogue.boot import CatalogueIncomplete
from privacy.catalogue.completeness import fields_of, installed_models, problems
from privacy.catalogue.declarations import Catalogue, NotPersonalField
from privacy.catalogue.terms import (
    ACCOUNT_LIFE,
    ACCOUNTING_YEARS,
    CONTENT_RULE,
    DELIVER,
    RUN_ACCOUNT,
    SECURITY,
    SECURITY_LOG,
    Basis,
    Category,
    Erasure,
    Export,
    Recipient,
    Role,
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
    own="a stranger's own",
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


def test_device_information_ends_by_days(stranger: type[models.Model]) -> None:
    fields: Fields = {"id": not_personal("n"), "sealed": Held(), "text": Held()}
    endless = replace(
        PERSON, category=Category.C7, purposes=(SECURITY,), retention=ACCOUNT_LIFE, fields=fields
    )
    assert "privacy.E004" in found(endless, stranger)
    ending = replace(endless, retention=SECURITY_LOG, since=("id",))
    assert "privacy.E004" not in found(ending, stranger)


class TestEveryRuleHasItsMoment:
    """A rule of so many days says from when it counts, or who ends it: privacy.E009 and E010."""

    FIELDS: Fields = {"id": not_personal("n"), "sealed": Held(sealed=True), "text": Held(clear="x")}

    @pytest.mark.parametrize("erasure", [Erasure.ROW, Erasure.BLANK, Erasure.KEPT])
    def test_silence_is_refused_and_told_what_to_write(
        self, stranger: type[models.Model], erasure: Erasure
    ) -> None:
        silent = replace(PERSON, erasure=erasure, fields=self.FIELDS)
        hint = found(silent, stranger)["privacy.E009"]
        assert "accounts/personal_data.py" in hint
        assert "since=" in hint
        assert "privacy.E009" not in found(replace(silent, by="partition"), stranger)
        assert "privacy.E009" in found(replace(silent, by="somebody"), stranger)

    def test_what_dies_with_a_key_needs_none(self, stranger: type[models.Model]) -> None:
        assert found(replace(PERSON, fields=self.FIELDS), stranger) == {}

    def test_a_field_with_a_rule_of_its_own_says_so_itself(self, stranger: type[models.Model]) -> None:
        own = Held(clear="x", retention=SECURITY_LOG, erasure=Erasure.BLANK)
        fields: Fields = {**self.FIELDS, "text": own}
        assert "privacy.E009" in found(replace(PERSON, since=("id",), fields=fields), stranger)
        fields = {**self.FIELDS, "text": replace(own, by="key")}
        assert "privacy.E009" not in found(replace(PERSON, fields=fields), stranger)

    @pytest.mark.parametrize("path", ["text", "closed_at", "text__nowhere"])
    def test_a_moment_that_is_none_is_named(self, stranger: type[models.Model], path: str) -> None:
        declaration = replace(PERSON, erasure=Erasure.ROW, since=(path,), fields=self.FIELDS)
        assert "privacy.E010" in found(declaration, stranger)

    def test_every_rule_of_ours_is_ended_by_somebody(self) -> None:
        for entry in catalogue().entries():
            if entry.personal and entry.retention and entry.retention.days is not None:
                by_key = entry.erasure in {Erasure.KEY, Erasure.PARTITION}
                assert entry.since or entry.by or by_key, (entry.model, entry.field)


def test_what_is_not_exported_says_why(stranger: type[models.Model]) -> None:
    fields = TestEveryRuleHasItsMoment.FIELDS
    assert "privacy.E012" in found(replace(PERSON, export=Export.NONE, fields=fields), stranger)
    reasoned = replace(PERSON, export=Export.NONE, withheld="a secret", fields=fields)
    assert found(reasoned, stranger) == {}


class TestTheVocabulary:
    """Every word is DPV's own, from a list that was looked up: privacy.E011."""

    def test_a_word_that_nobody_looked_up_is_refused(self, stranger: type[models.Model]) -> None:
        slip: Fields = {**TestEveryRuleHasItsMoment.FIELDS, "text": Held("Authentification", clear="x")}
        hint = found(replace(PERSON, fields=slip), stranger)["privacy.E011"]
        assert "dpv-2.3-terms.txt" in hint

    def test_the_list_says_what_it_is_and_holds_nothing_unused(self) -> None:
        head = dpv.TERMS.read_text(encoding="utf-8")
        for word in ("DPV 2.3", "w3id.org/dpv", "W3C Software and Document License"):
            assert word in head
        assert {iri for _, iri in dpv.used(catalogue())} == dpv.known()
        assert all(iri.startswith("https://w3id.org/dpv") for iri in dpv.known())

    def test_every_kind_of_word_has_its_iri(self) -> None:
        assert set(dpv.SUBJECTS) == set(Subject)
        assert set(dpv.SOURCES) == set(Source)
        assert set(dpv.ROLES) == set(Role)
        assert set(dpv.CATEGORIES) == set(Category)
        assert set(Recipient) - set(dpv.RECIPIENTS) == {Recipient.NOBODY}


def test_json_ld_tells_each_process_in_full() -> None:
    out = StringIO()
    call_command("catalogue", "--format", "jsonld", stdout=out)
    printed = json.loads(out.getvalue())
    nodes = {node["@id"]: node for node in printed["@graph"]}
    assert len(nodes) == len(printed["@graph"]), "each process has a name of its own"
    prefixes = {name: iri for name, iri in printed["@context"].items() if isinstance(iri, str)}
    for node in nodes.values():
        assert node["@type"] == dpv.PROCESS
        assert node["hasLegalBasis"].startswith("https://w3id.org/dpv/legal/eu/gdpr#A6-1-")
        assert node["hasDataController"]
        assert node["dpv:hasStorageCondition"]
        for name in node:
            prefix, _, word = name.partition(":")
            if word and prefix == "dpv":
                assert prefixes[prefix] + word in dpv.known()
    deliver = nodes["urn:paasoo:process:messaging.Message:deliver:end_user"]
    assert deliver["hasDataProcessor"] == "urn:paasoo:organisation"
    assert deliver["hasDataController"] == "urn:paasoo:customer"
    assert "https://w3id.org/dpv#EncryptionAtRest" in deliver["hasTechnicalMeasure"]
    assert "https://w3id.org/dpv/pd#TelephoneNumber" in {
        one["@type"] for one in deliver["dpv:hasPersonalData"]
    }
    declared = {entry.model for entry in catalogue().entries() if entry.personal}
    assert declared <= {node["dct:title"] for node in nodes.values()}


def test_markdown_is_the_table_s_own_rows() -> None:
    out = StringIO()
    call_command("catalogue", "--format", "markdown", stdout=out)
    head, rule, *lines = out.getvalue().strip().splitlines()
    assert head.startswith("| MODEL | FIELD |")
    assert set(rule) <= set("|- ")
    assert len(lines) == len(catalogue().entries()) + len(catalogue().stores)
    assert {line.count(" | ") for line in lines} == {5}


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


def test_whose_a_row_is_when_an_organisation_leaves_is_said(stranger: type[models.Model]) -> None:
    fields: Fields = {"id": not_personal("a number"), "sealed": Held(sealed=True), "text": Held(clear="x")}
    silent = replace(PERSON, own="", fields=fields)
    hint = found(silent, stranger)["privacy.E013"]
    assert "accounts/personal_data.py" in hint
    assert "organisation=" in hint
    for said in (
        {"organisation": MEMBERS},
        {"own": "theirs"},
        {"export": Export.NONE, "withheld": "a secret"},
    ):
        assert "privacy.E013" not in found(replace(silent, **said), stranger)  # type: ignore[arg-type]


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


def test_every_purpose_names_a_basis_of_the_closed_list_and_our_role() -> None:
    for entry in catalogue().entries():
        if entry.personal:
            assert entry.purposes, entry
            assert all(purpose.basis in Basis and purpose.role in Role for purpose in entry.purposes)
            assert entry.category
            assert entry.retention
            assert entry.erasure
            assert entry.source
    assert [basis.iri[-1] for basis in Basis] == list("abcdef")


def test_pseudonymised_data_are_personal() -> None:
    """P-CAT-5. Of all bytes that nobody can read, these alone say nothing about a person."""
    ours = {"core.AuditEvent.digest", "core.AuditAnchor.digest"}
    ours |= {"privacy.Extract.key", "privacy.ExportJob.key", "privacy.DataKey.wrapped"}
    unreadable = {
        f"{model._meta.label}.{field.name}"
        for model in installed_models()
        for field in fields_of(model)
        if isinstance(field, models.BinaryField)
    }
    personal = {f"{entry.model}.{entry.field}" for entry in catalogue().entries() if entry.personal}
    assert unreadable - personal == ours


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
