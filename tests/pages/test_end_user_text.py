"""The model text for End-Users says what this account instructs, and changes with it. P-WHO-4."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import translation

from paasoo_portal.core import clock
from privacy.catalogue.terms import Role
from privacy.end_user_text import text
from privacy.keys.models import DataClass
from privacy.retention import instructions
from privacy.subprocessors.models import SubProcessor
from tests.pages.conftest import Cast, Send
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
PAGE = "/privacy/end-user-text/"
# Of the law and of the company: the only numbers that are not the account's.
OTHERS = {"28", "675998"}


def plain(visitor: Visitor, language: str = "en") -> str:
    found = visitor.get(PAGE, {"text": language}).all("#plain")[0]
    return str(found.text_content())


def numbers(told: str) -> list[str]:
    return [one for one in re.findall(r"\d+", told) if one not in OTHERS]


def in_force(cast: Cast) -> list[str]:
    classes = (DataClass.CONTENT, DataClass.NUMBER, DataClass.RECORDING)
    return [str(instructions.in_force(cast.company.pk, one)) for one in classes]


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_every_number_is_the_account_s_and_changes_with_it(cast: Cast, alice: Visitor, language: str) -> None:
    assert numbers(plain(alice, language)) == in_force(cast) == ["30", "90", "30"]
    for data_class, days in ((DataClass.CONTENT, 11), (DataClass.NUMBER, 77), (DataClass.RECORDING, 5)):
        instructions.instruct(
            account_id=cast.company.pk, data_class=data_class, days=days, person_id=cast.alice.pk
        )
    assert numbers(plain(alice, language)) == ["30", "90", "30"], "in force after the grace period alone"
    assert len(alice.get(PAGE).texts(".notice.warn")) == 3, "which the page says"
    with clock.travel(by=instructions.GRACE + timedelta(minutes=1)):
        assert numbers(plain(alice, language)) == in_force(cast) == ["11", "77", "5"]


def test_what_is_not_stored_is_said_without_a_number(cast: Cast, alice: Visitor) -> None:
    instructions.instruct(
        account_id=cast.company.pk, data_class=DataClass.CONTENT, days=0, person_id=cast.alice.pk
    )
    with clock.travel(by=instructions.GRACE + timedelta(minutes=1)):
        told = plain(alice)
    assert "The text of each message: not stored beyond delivery." in told
    assert numbers(told) == ["90", "30"]


def test_it_names_us_the_data_the_places_and_who_works_there(cast: Cast, alice: Visitor, send: Send) -> None:
    told = plain(alice)
    for said in (
        "PAASOO TECHNOLOGY (IRELAND) LIMITED",
        "your phone number",
        "stored in: Singapore.",
        "[your contact]",
    ):
        assert said in told, said
    assert "Scalegrid" in told
    assert "Google Cloud" not in told, "it works in Taiwan, where nothing of the account lies"
    assert "Ireland)" not in told.split("stored in")[1]
    send(region="ie")
    assert "stored in: Singapore, Ireland." in plain(alice)
    SubProcessor.objects.filter(name="Scalegrid").update(ended_on=clock.today() - timedelta(days=1))
    assert "Scalegrid" not in plain(alice)


def test_every_kind_of_data_about_end_users_has_its_words() -> None:
    assert {entry.term for entry in text._entries()} == set(text.WORDS)
    ours = {one.slug for entry in text._entries() for one in entry.purposes if one.role is Role.PROCESSOR}
    assert ours == set(text.PURPOSES)


def test_the_html_says_the_same_and_is_escaped(cast: Cast, alice: Visitor) -> None:
    SubProcessor.objects.filter(name="AWS").update(name="A<b>&W")
    page = alice.get(PAGE)
    shown = str(page.all("#html")[0].text_content())
    assert "A&lt;b&gt;&amp;W" in shown
    assert not re.search(r"(style|class|script)", shown)
    words = re.sub(r"<[^>]+>", " ", shown)
    assert html.unescape(words).split() == re.sub(r"(?m)^- ", "", headed(plain(alice), shown)).split()


def headed(told: str, shown: str) -> str:
    """The plain text with its headings as the HTML has them."""
    for title in re.findall(r"<h2>(.*)</h2>", shown):
        told = told.replace(html.unescape(title).upper(), html.unescape(title))
    return told


def test_it_says_that_it_is_a_model_and_needs_no_script(alice: Visitor) -> None:
    page = alice.get(PAGE)
    assert "no legal advice" in page.text
    assert all(button.get("hidden") is not None for button in page.all("button[data-copy]"))
    assert PAGE in alice.get("/privacy/").links()
    assert PAGE in alice.get("/retention/").links()


def test_administrators_alone(bob: Visitor, vera: Visitor) -> None:
    for visitor in (bob, vera):
        assert visitor.client.get(PAGE).status_code == 403
        assert PAGE not in visitor.get("/privacy/").links()


def test_it_is_in_the_language_that_is_asked_for_whatever_the_reader_s(alice: Visitor) -> None:
    page = alice.get(PAGE, {"text": "zh-hans"})
    assert page.all("#plain")[0].get("lang") == "zh-hans"
    assert page.tree.get("lang") == "en"
    assert alice.get(PAGE, {"text": "xx"}).all("#plain")[0].get("lang") == "en"
    assert translation.get_language() == "en"
