"""What may go next: the same letters as by reading the whole outbox, however little of it is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import heads, outbox, respondents
from bot.store.engine import Tx, to_ms
from bot.store.heads import Head
from bot.store.opening import OpenStore
from bot.store.outbox import Letter, LetterKindName, ToBot, ToChat, ToCustomer, ToTopic

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
STAFF, FORUM = -200, -100500


def letter(
    kind: LetterKindName, to: ToCustomer | ToTopic | ToChat | ToBot, method: str = "sendMessage"
) -> Letter:
    return Letter(kind, method, {}, to)


async def post(store: OpenStore, *letters: Letter) -> list[int]:
    async def op(tx: Tx) -> list[int]:
        for number in range(3):
            await respondents.seen(tx, f"k{number}", 1000 + number, "en", NOW)
        return [await outbox.post(tx, one, NOW) for one in letters]

    return await store.write(op)


async def ids(
    store: OpenStore, limit: int = 100, after: Head | None = None, shut: tuple[int, ...] = ()
) -> list[int]:
    found = await store.read(lambda tx: heads.heads(tx, NOW, limit, after, shut=shut))
    return [head.id for head in found]


async def test_one_letter_of_each_lane_the_most_urgent_first(store: OpenStore) -> None:
    await post(
        store,
        letter("summary", ToChat(STAFF)),
        letter("question", ToCustomer("k0")),
        letter("edit", ToCustomer("k0"), "editMessageText"),  # more urgent, and yet behind its lane's first
        letter("edit", ToCustomer("k1"), "editMessageText"),
        letter("menu", ToBot(), "setMyCommands"),
    )
    found = await store.read(lambda tx: heads.heads(tx, NOW, 100))
    assert [(head.id, head.chat_id, head.spends) for head in found] == [
        (4, 1001, True),
        (2, 1000, True),
        (1, STAFF, True),
        (5, None, False),
    ]


async def test_a_lane_that_is_being_sent_or_waits_for_another_try_shows_nothing(store: OpenStore) -> None:
    await post(store, *(letter("reply", ToCustomer(f"k{n % 3}")) for n in range(6)))

    async def op(tx: Tx) -> None:
        await tx.run("UPDATE outbox SET state='sending' WHERE id=1")
        await tx.run("UPDATE outbox SET not_before=:later WHERE id=2", later=to_ms(NOW) + 9000)

    await store.write(op)
    assert await ids(store) == [3]
    glance = await store.read(lambda tx: heads.glance(tx, NOW))
    assert glance.due_at == NOW + timedelta(seconds=9)


async def test_a_chat_that_is_shut_hides_nothing_behind_it(store: OpenStore) -> None:
    topics = [letter("relay", ToChat(FORUM, thread)) for thread in range(1, 60)]
    free = letter("relay", ToChat(FORUM, 99), "closeForumTopic")
    await post(
        store, *topics, free, letter("question", ToCustomer("k0")), letter("menu", ToBot(), "setMyCommands")
    )
    assert await ids(store, limit=5, shut=(FORUM, STAFF)) == [60, 61, 62]


async def test_page_after_page_is_the_whole(store: OpenStore) -> None:
    await post(store, *(letter("alert", ToChat(-n - 1)) for n in range(20)), letter("edit", ToChat(-99)))
    read, last = list[int](), None
    while page := await store.read(lambda tx, last=last: heads.heads(tx, NOW, 6, last)):  # type: ignore[misc]  # a default binds early
        read += [head.id for head in page]
        last = page[-1]
    assert read == [21, *range(1, 21)]


_LETTERS = st.tuples(
    st.sampled_from(["relay", "topic", "question", "edit", "alert"]),
    st.sampled_from(
        [ToCustomer("k0"), ToCustomer("k1"), ToTopic("k0"), ToTopic("k1"), ToChat(STAFF), ToBot()]
    ),
    st.sampled_from(["waiting", "waiting", "waiting", "sending", "sent"]),
    st.integers(-1, 1),
)


@given(st.lists(_LETTERS, max_size=12), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_in_the_outbox_no_letter_overtakes_one_of_its_lane(
    sqlite_store: OpenStore, letters: list[tuple[LetterKindName, ToTopic, str, int]], has_topic: bool
) -> None:
    async def op(tx: Tx) -> None:
        await tx.run("DELETE FROM outbox")
        await tx.run("DELETE FROM desk_topic")
        await respondents.seen(tx, "k0", 1000, "en", NOW)
        await tx.run(
            "INSERT INTO desk_topic(customer_key, forum_chat_id, thread_id, title, is_open, opened_at)"
            " VALUES('k0', :forum, :thread, 'T', 1, 0)",
            forum=FORUM,
            thread=70 if has_topic else None,
        )
        for kind, to, state, late in letters:
            letter_id = await outbox.post(tx, letter(kind, to), NOW + timedelta(seconds=late))
            await tx.run("UPDATE outbox SET state=:state WHERE id=:id", state=state, id=letter_id)

    await sqlite_store.write(op)
    rows = await sqlite_store.read(lambda tx: tx.all("SELECT * FROM outbox ORDER BY id"))
    first: dict[str, tuple[str, int, int, int]] = {}
    for row in rows:
        may_go = has_topic or row["topic_of"] != "k0" or row["kind"] == "topic"
        if row["state"] in ("waiting", "sending") and may_go:
            first.setdefault(row["lane"], (row["state"], row["not_before"], row["priority"], row["id"]))
    due = [
        (priority, letter_id)
        for state, at, priority, letter_id in first.values()
        if state == "waiting" and at <= to_ms(NOW)
    ]
    assert await ids(sqlite_store) == [letter_id for _, letter_id in sorted(due)]
