"""One message: its way, what is kept until when; erased it says so; a stranger's id is nobody's."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from messaging.delivery.models import DeliveryPush, PushState
from messaging.messages.models import Message, MessageEvent
from messaging.messages.states import Actor, State
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from tests.pages.conftest import REGION, Cast, Send, path_of
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def deliver(cast: Cast, message_id: UUID) -> None:
    """What dispatcher and carrier would leave behind."""
    with scope(cast.company.pk, using=[REGION]):
        found = Message.objects.using(REGION).filter(pk=message_id)
        found.update(state=State.DELIVERED, final_at=clock.now())
        for state, actor in (
            (State.SENT, Actor.CARRIER),
            (State.DELIVERED, Actor.HANDSET),
        ):
            MessageEvent(
                account_id=cast.company.pk,
                message_id=message_id,
                state=state,
                actor=actor,
                at=clock.now(),
            ).save(using=REGION)
        DeliveryPush(
            account_id=cast.company.pk,
            message_id=message_id,
            message_state=State.DELIVERED,
            state=PushState.FAILED,
            due_at=clock.now(),
            attempts=3,
            last_status=502,
        ).save(using=REGION)


def test_shows_text_number_price_and_until_when(alice: Visitor, send: Send) -> None:
    sent = send("447700900101", text="Your parcel €5")
    page = alice.get(path_of(sent))
    for words in (
        "Your parcel €5",
        "+447700900101",
        "0.035 EUR",
        "GSM 03.38",
        "hand, in the portal",
    ):
        assert words in page.text, words
    for days in (30, 90):
        last_on = clock.today() + timedelta(days=days - 1)
        assert f"Kept until the end of {last_on.day} {last_on:%B %Y}, then erased" in page.text
    assert [bar.get("value") for bar in page.all("progress")] == ["30", "90"]


def test_tells_every_step_with_its_actor_and_the_pushes(alice: Visitor, cast: Cast, send: Send) -> None:
    sent = send()
    deliver(cast, sent.id)
    page = alice.get(path_of(sent))
    steps = page.texts(".timeline li")
    assert "Sent" in steps[-2]
    assert "Carrier" in steps[-2]
    assert "Delivered" in steps[-1]
    assert "Handset" in steps[-1]
    assert "HTTP 502" in page.text
    assert "Given up" in page.text


def test_refreshes_until_final(alice: Visitor, cast: Cast, send: Send) -> None:
    sent = send()
    assert alice.get(path_of(sent)).all("[role=status][data-refresh]")
    assert "X-Final" not in alice.client.get(path_of(sent) + "steps/")
    deliver(cast, sent.id)
    assert not alice.get(path_of(sent)).all("[data-refresh]")
    assert alice.client.get(path_of(sent) + "steps/")["X-Final"] == "1"


def test_after_its_time_the_text_is_erased_and_the_number_stays(alice: Visitor, send: Send) -> None:
    sent = send("447700900101", text="Nobody reads this later")
    with clock.travel(by=timedelta(days=31)):
        page = alice.get(path_of(sent))
    assert "Nobody reads this later" not in page.source
    assert "Erased" in page.text
    assert "+447700900101" in page.text
    with clock.travel(by=timedelta(days=91)):
        page = alice.get(path_of(sent))
    assert "7700900101" not in page.source
    assert page.texts(".erased").count(page.texts(".erased")[0]) >= 1


def test_a_text_not_kept_beyond_delivery_says_so(alice: Visitor, cast: Cast, send: Send) -> None:
    sent = send(content_days=0)
    with scope(cast.company.pk, using=[REGION]):
        Message.objects.using(REGION).filter(pk=sent.id).update(content_sealed=None)
    assert "not to be stored beyond delivery" in alice.get(path_of(sent)).text


def test_a_moved_ciphertext_is_refused_and_never_reads_as_erased(
    alice: Visitor, cast: Cast, send: Send
) -> None:
    one, two = (
        send("447700900101", text="First text"),
        send("447700900102", text="Second text"),
    )
    with scope(cast.company.pk, using=[REGION]):
        rows = {row.pk: row for row in Message.objects.using(REGION).filter(pk__in=[one.id, two.id])}
        Message.objects.using(REGION).filter(pk=one.id).update(content_sealed=rows[two.id].content_sealed)
    page = alice.get(path_of(one))
    assert "Second text" not in page.source
    assert "It is not erased" in page.text
    assert "Second text" in alice.get(path_of(two)).text


def test_foreign_and_unknown_ids_are_the_same_404(alice: Visitor, charlie: Visitor, send: Send) -> None:
    foreign = charlie.client.get(path_of(send()))
    unknown = charlie.client.get(f"/messages/{REGION}/{uuid7()}/")
    assert foreign.status_code == unknown.status_code == 404
    assert without_id(foreign) == without_id(unknown)
    assert charlie.client.get(path_of(send()) + "steps/").status_code == 404
    assert alice.client.get(f"/messages/xx/{uuid7()}/").status_code == 404


def test_a_swept_day_says_erased_whoever_asks(alice: Visitor, charlie: Visitor) -> None:
    old = uuid7(clock.now() - timedelta(days=400))
    for visitor in (alice, charlie):
        page = visitor.get(f"/messages/{REGION}/{old}/", status=410)
        assert "Nothing is left of the messages of" in page.text


def test_a_viewer_sees_no_text_and_a_mask(vera: Visitor, send: Send) -> None:
    page = vera.get(path_of(send("447700900101", text="For few eyes")))
    assert "For few eyes" not in page.source
    assert "447700900101" not in page.source
    assert "Your role in this account does not include reading texts" in page.text
    assert "EUR" not in page.text


def test_stays_within_its_budget_of_queries(
    alice: Visitor, send: Send, django_assert_max_num_queries: object
) -> None:
    path = path_of(send())
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        alice.client.get(path)


def without_id(response: object) -> bytes:
    return response.content.replace(response["X-Request-Id"].encode(), b"")  # type: ignore[attr-defined,index,no-any-return]
