"""Sign in, sign up, reset: the same answer whether an address exists or not."""

from __future__ import annotations

import re

import pytest
from django.core import mail

from accounts.models import Account, Person
from tests.pages.conftest import Cast, enrol
from tests.pages.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def test_signs_in_and_lands_home(cast: Cast, nobody: Visitor) -> None:
    assert nobody.post_on("/accounts/login/", {"login": "bob@example.com", "password": PASSWORD}) == "/"
    assert nobody.get("/").title == "Home – PaaSoo"


def test_asks_visitors_to_sign_in_and_returns_there(nobody: Visitor) -> None:
    answer = nobody.client.get("/messages/?state=4")
    assert nobody.sent_on(answer) == "/accounts/login/?next=/messages/%3Fstate%3D4"


def test_an_empty_form_says_what_to_enter(nobody: Visitor) -> None:
    page = nobody.post("/accounts/login/", {})
    assert page.texts(".error-summary a") == [
        "Enter your email address",
        "Enter your password",
    ]
    assert page.texts(".field-error") == [
        "Enter your email address",
        "Enter your password",
    ]


@pytest.mark.parametrize("address", ["alice@example.com", "nobody@example.com"])
def test_a_wrong_password_and_an_unknown_address_get_one_answer(
    cast: Cast, nobody: Visitor, address: str
) -> None:
    page = nobody.post("/accounts/login/", {"login": address, "password": "not it at all"})
    assert page.texts(".error-summary li") == ["The email address or the password is not right"]
    assert address in page.source
    assert "not it at all" not in page.source


@pytest.mark.parametrize("address", ["alice@example.com", "nobody@example.com"])
def test_a_reset_answers_alike_for_every_address(cast: Cast, nobody: Visitor, address: str) -> None:
    assert nobody.post_on("/accounts/password/reset/", {"email": address}) == "/accounts/password/reset/done/"
    assert "If the address belongs to an account" in nobody.get("/accounts/password/reset/done/").text
    assert len(mail.outbox) == 1
    assert "675998" in mail.outbox[0].body


def test_a_reset_link_changes_the_password_once(cast: Cast, nobody: Visitor) -> None:
    nobody.post_on("/accounts/password/reset/", {"email": "alice@example.com"})
    link = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link is not None
    form = nobody.sent_on(nobody.client.get(link[1]))
    assert nobody.get(form).title == "Choose a new password – PaaSoo"
    fresh = {"password1": "a brand new sentence", "password2": "a brand new sentence"}
    assert nobody.post_on(form, fresh) == "/accounts/password/reset/key/done/"
    assert nobody.get("/accounts/password/reset/key/done/").title.startswith("Your password is changed")
    assert Person.objects.get(email="alice@example.com").check_password("a brand new sentence")
    assert Visitor().get(link[1]).title == "This link no longer works – PaaSoo"


def test_signs_up_confirms_and_opens_an_account(nobody: Visitor) -> None:
    given = {
        "name": "Erin",
        "email": "erin@example.com",
        "password1": "a sentence of mine",
    }
    assert nobody.post_on("/accounts/signup/", given) == "/accounts/confirm-email/"
    assert nobody.get("/accounts/confirm-email/").title == "Check your email – PaaSoo"
    link = re.search(r"http://[^/]+(/accounts/confirm-email/\S+)", str(mail.outbox[0].body))
    assert link is not None
    assert "erin@example.com" in nobody.get(link[1]).text
    nobody.post_on(link[1], {})
    if nobody.client.get("/").status_code == 302 and "_auth_user_id" not in nobody.client.session:
        nobody.post_on(
            "/accounts/login/",
            {"login": "erin@example.com", "password": "a sentence of mine"},
        )
    assert nobody.sent_on(nobody.client.get("/")) == "/account/open/"
    assert nobody.get("/account/open/").title == "Name your organisation – PaaSoo"
    assert "Enter the name" in nobody.post("/account/open/", {"region": "ie"}).text
    assert nobody.post_on("/account/open/", {"name": "Erin & Co", "region": "ie"}) == "/"
    assert Account.objects.get(name="Erin & Co").region == "ie"
    assert nobody.sent_on(nobody.client.get("/")) == "/accounts/2fa/"
    enrol(Person.objects.get(email="erin@example.com"))
    assert "Your first message" in nobody.get("/").text


def test_signing_up_with_a_known_address_tells_nobody_but_its_owner(cast: Cast, nobody: Visitor) -> None:
    given = {
        "name": "Mallory",
        "email": "alice@example.com",
        "password1": "a sentence of mine",
    }
    assert nobody.post_on("/accounts/signup/", given) == "/accounts/confirm-email/"
    assert mail.outbox[0].subject.strip() == "You already have an account"


def test_the_account_pages_are_whole(alice: Visitor) -> None:
    for path in ("/accounts/password/change/", "/accounts/email/", "/accounts/logout/"):
        alice.confirm_recently()
        alice.get(path)


def test_signs_out(alice: Visitor) -> None:
    assert alice.post_on("/accounts/logout/") == "/accounts/login/"
    assert alice.client.get("/").status_code == 302


def test_links_in_mail_come_from_the_settings_and_no_host_header(cast: Cast, nobody: Visitor) -> None:
    nobody.client.post(
        "/accounts/password/reset/",
        {"email": "alice@example.com"},
        headers={"host": "evil.example.com"},
    )
    assert "evil.example.com" not in mail.outbox[0].body
