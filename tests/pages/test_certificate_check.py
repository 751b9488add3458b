"""The public check: pasted or uploaded, a clear verdict; whatever else it is given, a clear error; nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from privacy.certificates import published, strict
from privacy.certificates.models import Certificate
from tests.pages.test_certificate import destroy, make
from tests.pages.visitor import Page, Visitor, check
from tests.privacy.test_certificate_files import HOSTILE

pytestmark = pytest.mark.django_db(databases="__all__")
PATH = "/certificates/check/"
Issue = Callable[..., Certificate]

__all__ = ["destroy", "make"]


@pytest.fixture
def file(make: Issue) -> str:
    return published.envelope(make()).write().decode()


def given(visitor: Visitor, text: str = "", upload: bytes | None = None) -> Page:
    data: dict[str, Any] = {"text": text}
    if upload is not None:
        data["file"] = SimpleUploadedFile("certificate.json", upload, content_type="application/json")
    return visitor.post(PATH, data)


def test_says_what_it_is_for_and_where_the_head_stands(nobody: Visitor, make: Issue) -> None:
    make()
    page = nobody.get(PATH)
    assert "/.well-known/paasoo-certificates.json" in page.links()
    assert "Public key" in page.text
    assert page.all('form[enctype="multipart/form-data"] input[type=file]')


def test_a_genuine_file_is_genuine_pasted_or_uploaded(nobody: Visitor, file: str) -> None:
    for page in (given(nobody, file), given(nobody, upload=file.encode()), given(nobody, f"\n {file}")):
        assert "Certificate 1 is genuine" in page.text
        assert len(page.all(".checks li")) == 7
        assert "1,200 messages" in page.text
        # Asked again at once, the form is empty: nothing of the file stands on the page but what it states.
        assert page.all("textarea")[0].text_content().strip() == ""


def test_a_file_of_earlier_is_proven_in_the_chain_of_now(nobody: Visitor, file: str, make: Issue) -> None:
    for _ in range(5):
        make()
    page = given(nobody, file)
    assert "It stands in the chain as it is published, which has 6 certificates." in page.text


def test_with_its_receipt_it_is_final(
    nobody: Visitor, make: Issue, destroy: Callable[[int], Certificate]
) -> None:
    row = make(epoch=41)
    destroy(41)
    assert "It is final: certificate 2" in given(nobody, published.envelope(row).write().decode()).text


def test_an_altered_file_is_not_genuine_and_says_why(nobody: Visitor, file: str) -> None:
    page = given(nobody, file.replace("1200", "12"))
    assert "This certificate is not genuine" in page.text
    assert "Wrong: The digest is not that of the text" in page.text
    assert "What it states" not in page.text


def test_a_chain_that_is_longer_than_ours_is_not_ours(nobody: Visitor, file: str) -> None:
    value = json.loads(file)
    value["head"]["number"] = 10**14
    assert "This certificate is not genuine" in given(nobody, json.dumps(value)).text


def test_without_a_head_it_says_that_it_could_not_be_checked(
    nobody: Visitor, file: str, settings: Any
) -> None:
    settings.KEY_VAULT_URL = "file:///dev/null/nowhere"
    assert "No head is published" in nobody.get(PATH).text
    page = given(nobody, file)
    assert "This could not be checked to the end" in page.text
    assert "genuine" not in page.texts("h2")[0]


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - {"empty"}))
def test_whatever_is_no_certificate_file_gets_an_error_in_words(nobody: Visitor, name: str) -> None:
    page = given(nobody, upload=HOSTILE[name])
    assert len(page.texts(".error-summary a")) == 1, page.text
    assert page.title.startswith("Error: ")


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - {"empty", "not UTF-8"}))
def test_the_same_pasted(nobody: Visitor, name: str) -> None:
    page = given(nobody, HOSTILE[name].decode())
    assert len(page.texts(".error-summary a")) == 1
    assert len(page.response.content) < 30_000 + len(HOSTILE[name])


def test_nothing_at_all_says_what_to_give(nobody: Visitor) -> None:
    for page in (given(nobody), given(nobody, upload=b""), given(nobody, " \n")):
        assert len(page.texts(".error-summary a")) == 1


@pytest.mark.parametrize(
    "extra", [{"file": "text"}, {"text": "\x00"}, {"text": "\ud800"}, {"text": ["a", "b"]}]
)
def test_strange_forms_are_no_fault(nobody: Visitor, extra: dict[str, Any]) -> None:
    data = {
        name: value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        for name, value in extra.items()
    }
    assert nobody.client.post(PATH, data).status_code == 200


def test_a_huge_upload_is_turned_away_before_it_lies_anywhere(
    nobody: Visitor, settings: Any, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    huge = SimpleUploadedFile("huge.json", b" " * (3 * 1024 * 1024))
    response = nobody.client.post(PATH, {"file": huge})
    assert response.status_code == 413
    check(Page(response))
    assert not list(tmp_path.iterdir())
    assert strict.LARGEST < django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def test_nothing_is_stored(nobody: Visitor, file: str) -> None:
    def rows() -> dict[str, int]:
        found = {}
        for alias in django_settings.DATABASES:
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT relname, n_tup_ins FROM pg_stat_xact_user_tables")
                found |= {f"{alias}.{name}": count for name, count in cursor.fetchall()}
        return found

    before = rows()
    given(nobody, file)
    given(nobody, upload=file.encode())
    assert rows() == before
    assert set(nobody.client.cookies) <= {"csrf"}


def test_is_asked_only_so_often(nobody: Visitor) -> None:
    answers = [nobody.client.post(PATH, {"text": "x"}).status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]
    assert nobody.client.get(PATH).status_code == 200
