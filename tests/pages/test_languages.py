"""The portal in another language: offered complete, chosen on every page, and meant in tags, dates and emails."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from paasoo_portal.core import clock
from privacy.policy.models import PolicyVersion
from tests.pages.conftest import Cast
from tests.pages.visitor import Visitor

sys.path.insert(0, str(Path(settings.BASE_DIR) / "scripts"))
import texts

pytestmark = pytest.mark.django_db(databases="__all__")


def test_every_text_is_translated_into_every_language_on_offer() -> None:
    found = texts.texts()
    files = {path.parent.parent.name.lower().replace("_", "-"): path for path in texts.languages()}
    assert set(files) == set(dict(settings.LANGUAGES)) - {"en"}
    assert [one for path in files.values() for one in texts.check(path, found)] == []


def test_what_is_missing_or_wrong_in_a_language_is_found(tmp_path: Path) -> None:
    path = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    shutil.copy(texts.languages()[0], path)
    found = texts.texts()
    found.add("Never written %(name)s")
    assert [one for one in texts.check(path, found) if one.startswith("not in the file")]
    assert texts.update(path, found) == ["not translated: 'Never written %(name)s'"]
    mine = texts.read(path)
    mine["Never written %(name)s"].string = "从未写过 %(nmae)s"
    assert texts.wrong(mine) == ["other placeholders: 'Never written %(name)s'"]


def test_a_visitor_chooses_a_language_by_the_foot_and_it_stays(nobody: Visitor) -> None:
    page = nobody.get("/welcome/")
    assert page.tree.get("lang") == "en"
    assert settings.LANGUAGE_COOKIE_NAME not in nobody.client.cookies, "set only when somebody chooses"
    links = {found.text: found.get("href") for found in page.all(".tongues a")}
    assert links == {"English": "?lng=en", "简体中文": "?lng=zh-hans"}
    assert [found.get("lang") for found in page.all(".tongues a")] == ["en", "zh-Hans"]
    chinese = nobody.get("/welcome/", {"lng": "zh-hans"})
    assert chinese.tree.get("lang") == "zh-Hans"
    assert nobody.get("/prices/").tree.get("lang") == "zh-Hans"
    assert nobody.get("/prices/", {"lng": "en"}).tree.get("lang") == "en"
    cookie = nobody.client.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize("asked", ["xx", "", "zh-hans' or 1", "../../etc", "en\x00", "зh"])
def test_a_language_nobody_speaks_changes_nothing(nobody: Visitor, asked: str) -> None:
    assert nobody.get("/welcome/", {"lng": asked}).tree.get("lang") == "en"
    assert settings.LANGUAGE_COOKIE_NAME not in nobody.client.cookies


def test_the_browsers_language_is_spoken_when_nothing_was_chosen(nobody: Visitor) -> None:
    spoken = nobody.client.get("/welcome/", headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.1"})
    assert '<html lang="zh-Hans">' in spoken.content.decode()


def test_a_member_changes_the_profile_by_the_foot_and_stays_on_the_page(cast: Cast) -> None:
    bob = Visitor(cast.bob)
    page = bob.get("/messages/", {"state": "delivered"})
    form = page.all("form.tongues")[0]
    values = dict(form.form_values())
    assert values["next"] == "/messages/?state=delivered"
    assert bob.post_on(form.get("action"), values | {"language": "zh-hans"}) == values["next"]
    cast.bob.refresh_from_db()
    assert cast.bob.language == "zh-hans"
    assert bob.get("/messages/").tree.get("lang") == "zh-Hans"
    assert bob.client.post(form.get("action"), values | {"language": "xx"}).status_code == 400
    away = bob.post_on(form.get("action"), {"language": "en", "next": "https://example.com/"})
    assert away == "/profile/"


def test_a_link_changes_nobodys_account(cast: Cast) -> None:
    bob = Visitor(cast.bob)
    assert bob.get("/messages/", {"lng": "zh-hans"}).tree.get("lang") == "zh-Hans"
    cast.bob.refresh_from_db()
    assert cast.bob.language == "en"
    assert bob.get("/messages/").tree.get("lang") == "en", "the profile's word stands"


def test_legal_texts_come_in_the_readers_language_or_say_in_which_they_are(nobody: Visitor) -> None:
    assert nobody.get("/policy/", {"lng": "zh-hans"}).all("article.prose")[0].get("lang") is None
    PolicyVersion.objects.create(
        number="2026-12",
        effective_on=clock.today(),
        published_at=clock.now(),
        text="# New\n\nIn English as yet.",
    )
    assert nobody.get("/policy/").all("article.prose")[0].get("lang") == "en"


def test_days_and_emails_follow_the_readers_language(
    cast: Cast, mailoutbox: Any, django_capture_on_commit_callbacks: Any
) -> None:
    cast.alice.language = "zh-hans"
    cast.alice.save(update_fields=["language"])
    alice = Visitor(cast.alice)
    alice.confirm_recently()
    given = {"email": "new@example.com", "role": "viewer", "step": "send"}
    with django_capture_on_commit_callbacks(execute=True):
        assert alice.post_on("/team/invite/", given) == "/team/"
    (sent,) = mailoutbox
    html = sent.alternatives[0].content
    assert '<html lang="zh-Hans">' in html
    assert "邀请" in sent.subject
    assert f"{clock.today():%Y}年" in alice.get("/privacy/held/").text
