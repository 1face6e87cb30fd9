"""The generic source: every recorded delivery becomes one record, and signatures hold over raw bytes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import BadSignature, UnreadableDelivery
from bot.domain.events import ConversationEnded, ConversationReopened, CustomerRef, Delivery, Facts, Ignored
from bot.playground.settings import HOOK_SECRET
from handlers.sources import SOURCES
from tests.signing import FOLDER, compact, recorded, signed

SOURCE = SOURCES["generic"]
RECEIVED = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
ENDED_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
OTHER_SECRET = "whsec_YW5vdGhlci1zZWNyZXQtZm9yLXJvdGF0aW9uLTEyMw=="

WHOLE = ConversationEnded(
    source="generic",
    conversation_id="acme-helpdesk/42",
    ended_at=ENDED_AT,
    customer=CustomerRef(telegram_id=700000042, external_id="cust-1001"),
    agent="7",
    team="tier-1",
    tags=("billing",),
    language="zh-Hans",
    closed_by="agent",
    facts=Facts(
        first_response_seconds=178,
        resolution_seconds=1260,
        customer_messages=4,
        agent_messages=5,
        reopen_count=0,
        transfers=1,
        resolved_by="human",
    ),
)


def parsed(content: Any) -> Any:
    """What the source makes of a body."""
    return SOURCE.parse(Delivery("generic", {}, compact(content), RECEIVED))


def test_a_whole_delivery_becomes_an_ending_with_all_its_facts() -> None:
    assert parsed(recorded("ended")) == WHOLE


def test_unknown_fields_are_ignored() -> None:
    assert parsed(recorded("ended_with_unknown_fields")) == WHOLE


def test_missing_facts_are_unknown() -> None:
    heard = parsed(recorded("ended_without_facts"))
    assert heard.facts == Facts()
    assert (heard.agent, heard.team, heard.tags, heard.language, heard.closed_by) == (
        None,
        None,
        (),
        None,
        None,
    )


def test_the_least_that_is_needed_is_a_conversation() -> None:
    assert parsed(recorded("ended_bare")) == ConversationEnded(
        "generic", "helpdesk/42", ENDED_AT, CustomerRef(telegram_id=700000042)
    )


def test_an_ending_without_any_time_happened_when_it_was_received() -> None:
    body = recorded("ended_bare")
    del body["timestamp"]
    assert parsed(body).ended_at == RECEIVED


def test_ids_may_be_numbers_or_text() -> None:
    heard = parsed(recorded("ended_ids_as_other_types"))
    assert heard.conversation_id == "helpdesk/42"
    assert heard.customer.telegram_id == 700000042
    assert heard.agent == "7"


def test_a_customer_without_an_id_is_nobody_known_and_their_e_mail_is_not_kept() -> None:
    heard = parsed(recorded("ended_nobody_known"))
    assert heard.customer == CustomerRef()
    assert "example.com" not in repr(heard)


def test_times_come_to_utc_as_exact_as_they_were() -> None:
    assert parsed(recorded("ended_with_microseconds")).ended_at == ENDED_AT + timedelta(microseconds=123456)


def test_other_kinds_of_endings_keep_their_kind() -> None:
    assert parsed(recorded("ended_purchase")).kind == "purchase"


def test_a_reopening_names_the_same_conversation() -> None:
    assert parsed(recorded("reopened")) == ConversationReopened(
        "generic", WHOLE.conversation_id, ENDED_AT + timedelta(minutes=2)
    )


@pytest.mark.parametrize("name", ["other_type", "a_list", "a_number"])
def test_what_is_none_of_our_business_is_ignored_with_a_reason(name: str) -> None:
    assert isinstance(parsed(recorded(name)), Ignored)


UNMAPPED = {
    "ended_unknown_kind": "kind",
    "ended_without_time_zone": "time zone",
    "ended_before_time": "before all time",
    "ended_not_a_time": "ISO 8601",
    "ended_words_for_numbers": "telegram_user_id",
    "ended_endless_number": "resolution_seconds",
    "ended_huge_number": "customer_messages",
    "ended_without_id": "conversation_id",
    "data_is_text": "object",
}


@pytest.mark.parametrize("name", UNMAPPED)
def test_a_shape_that_we_cannot_read_says_what_is_wrong(name: str) -> None:
    with pytest.raises(UnreadableDelivery, match=UNMAPPED[name]):
        parsed(recorded(name))


def test_what_stands_in_place_of_a_customers_id_is_not_repeated() -> None:
    with pytest.raises(UnreadableDelivery) as caught:
        parsed(recorded("ended_words_for_numbers"))
    assert "1234567" not in str(caught.value)


def test_every_recorded_delivery_is_one_case_of_these_tests() -> None:
    tried = {"other_type", "a_list", "a_number", "reopened", *UNMAPPED} | {
        *("ended", "ended_with_unknown_fields", "ended_without_facts", "ended_bare", "ended_purchase"),
        *("ended_ids_as_other_types", "ended_nobody_known", "ended_with_microseconds"),
    }
    assert {path.stem for path in FOLDER.glob("*.json")} == tried


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_whatever_stands_anywhere_it_is_a_record_or_unreadable(data: st.DataObject) -> None:
    body = recorded("ended")
    target = data.draw(st.sampled_from([body, body["data"], body["data"]["customer"], body["data"]["facts"]]))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(json_values)
    try:
        heard = parsed(body)
    except UnreadableDelivery:
        return
    assert isinstance(heard, ConversationEnded | Ignored)


# Signatures


def delivery(body: bytes, headers: dict[str, str]) -> Delivery:
    """As it was received."""
    return Delivery("generic", headers, body, RECEIVED)


BODY = compact(recorded("ended"))


@pytest.mark.parametrize("secrets", [[HOOK_SECRET], [OTHER_SECRET, HOOK_SECRET], [HOOK_SECRET, OTHER_SECRET]])
def test_any_of_several_secrets_will_do(secrets: list[str]) -> None:
    SOURCE.verify(delivery(BODY, signed(BODY)), secrets)


def test_a_sender_may_sign_with_several_secrets_at_once() -> None:
    headers, other = signed(BODY), signed(BODY, secret=OTHER_SECRET)
    headers["webhook-signature"] = f"{other['webhook-signature']} {headers['webhook-signature']}"
    SOURCE.verify(delivery(BODY, headers), [HOOK_SECRET])


def shifted(span: timedelta) -> dict[str, str]:
    """Signed so far from now."""
    return signed(BODY, at=datetime.now(UTC) + span)


WRONG: dict[str, tuple[bytes, dict[str, str]]] = {
    "another secret": (BODY, signed(BODY, secret=OTHER_SECRET)),
    "another body": (BODY + b" ", signed(BODY)),
    "another id": (BODY, signed(BODY) | {"webhook-id": "evt_2"}),
    "an hour old": (BODY, shifted(-timedelta(hours=1))),
    "an hour ahead": (BODY, shifted(timedelta(hours=1))),
    "no number": (BODY, signed(BODY) | {"webhook-timestamp": "noon"}),
    "no base64": (BODY, signed(BODY) | {"webhook-signature": "v1,***"}),
    "no version": (BODY, signed(BODY) | {"webhook-signature": "abc"}),
    "another version": (BODY, {k: v.replace("v1,", "v2,") for k, v in signed(BODY).items()}),
    "empty": (BODY, signed(BODY) | {"webhook-signature": ""}),
    "letters": (BODY, signed(BODY) | {"webhook-signature": "v1,üüü"}),
    "nothing": (BODY, {}),
    "no UTF-8": (b"\xff\xfe{}", signed(BODY)),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_signature_is_refused(case: str) -> None:
    body, headers = WRONG[case]
    with pytest.raises(BadSignature):
        SOURCE.verify(delivery(body, headers), [OTHER_SECRET[:-4] + "OTk5", HOOK_SECRET])


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_a_missing_signature(missing: str) -> None:
    headers = signed(BODY)
    del headers[missing]
    with pytest.raises(BadSignature):
        SOURCE.verify(delivery(BODY, headers), [HOOK_SECRET])


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_may_be_a_few_minutes_off(minutes: int) -> None:
    SOURCE.verify(delivery(BODY, shifted(timedelta(minutes=minutes))), [HOOK_SECRET])


def test_the_key_of_a_delivery_is_its_id() -> None:
    assert SOURCE.key(delivery(BODY, signed(BODY, id="evt_7"))) == "evt_7"
