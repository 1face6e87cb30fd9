"""Random steps against a model in plain Python: both engines must agree with it after every step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import outbox, timers
from bot.store.engine import Tx, from_ms, to_ms
from bot.store.opening import OpenStore
from bot.store.timers import Timer

START = datetime(2026, 11, 25, 10, tzinfo=UTC)
KINDS = st.sampled_from(["ask", "expire"])
SUBJECTS = st.sampled_from(["1", "2", "3"])
SECONDS = st.integers(-100, 100)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("start"), KINDS, SUBJECTS, SECONDS),
        st.tuples(st.just("start_and_fail"), KINDS, SUBJECTS, SECONDS),
        st.tuples(st.just("stop"), KINDS, SUBJECTS, SECONDS),
        st.tuples(st.just("claim"), KINDS, SUBJECTS, st.integers(1, 4)),
        st.tuples(st.just("complete"), KINDS, SUBJECTS, SECONDS),
        st.tuples(st.just("retry"), KINDS, SUBJECTS, SECONDS),
        st.tuples(st.just("post"), KINDS, SUBJECTS, SECONDS),
        st.tuples(st.just("wait"), KINDS, SUBJECTS, st.integers(1, 60)),
    ),
    min_size=15,
    max_size=40,
)


@dataclass(frozen=True)
class TimerModel:
    """One row of ``timer`` as it should be."""

    due: datetime
    visible: datetime
    attempts: int = 0
    lease: str | None = None


@dataclass
class Model:
    """What the tables should hold."""

    now: datetime = START
    timers: dict[tuple[str, str], TimerModel] = field(default_factory=dict)
    claimed: dict[tuple[str, str], Timer] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)
    leases: int = 0


class Undo(Exception):
    """Raised inside an op to make it fail."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_both_engines_do_what_the_model_does(
    store: OpenStore, steps: list[tuple[str, str, str, int]]
) -> None:
    await store.write(empty)
    model = Model()
    for step in steps:
        await apply(store, model, *step)
        assert await store.read(seen) == (model.timers, model.letters)


async def empty(tx: Tx) -> None:
    await tx.run("DELETE FROM timer")
    await tx.run("DELETE FROM outbox")


async def seen(tx: Tx) -> tuple[dict[tuple[str, str], TimerModel], dict[str, str]]:
    rows = await tx.all("SELECT * FROM timer")
    letters = await tx.all("SELECT coalesce_key, payload FROM outbox WHERE state='waiting'")
    return (
        {
            (row["kind"], row["subject"]): TimerModel(
                from_ms(row["due_at"]), from_ms(row["visible_at"]), row["attempts"], row["lease"]
            )
            for row in rows
        },
        {row["coalesce_key"]: row["payload"] for row in letters},
    )


async def apply(store: OpenStore, model: Model, verb: str, kind: str, subject: str, number: int) -> None:
    """Do one step for real and in the model; the answers must be the same."""
    key, at = (kind, subject), model.now + timedelta(seconds=number)
    if verb == "start":
        await store.write(lambda tx: timers.start(tx, kind, subject, at))
        model.timers[key] = TimerModel(at, at)
    elif verb == "start_and_fail":
        await start_and_fail(store, kind, subject, at)
    elif verb == "stop":
        await store.write(lambda tx: timers.stop(tx, subject, kind))
        model.timers.pop(key, None)
    elif verb == "claim":
        await claim(store, model, number)
    elif verb == "complete" and (done := model.claimed.get(key)):
        is_ours = key in model.timers and model.timers[key].lease == done.lease
        assert await store.write(partial(timers.complete, timer=done)) == is_ours
        if is_ours:
            del model.timers[key]
    elif verb == "retry" and (back := model.claimed.get(key)):
        await store.write(partial(timers.retry, timer=back, at=at, error="again"))
        if key in model.timers and model.timers[key].lease == back.lease:
            model.timers[key] = replace(model.timers[key], visible=at, lease=None)
    elif verb == "post":
        letter = outbox.Letter(
            "edit", "editMessageText", {"text": number}, outbox.ToChat(1), coalesce_key=subject
        )
        await store.write(lambda tx: outbox.post(tx, letter, model.now))
        model.letters[subject] = f'{{"text":{number}}}'
    elif verb == "wait":
        model.now = at


async def start_and_fail(store: OpenStore, kind: str, subject: str, at: datetime) -> None:
    async def op(tx: Tx) -> None:
        await timers.start(tx, kind, subject, at)
        raise Undo

    try:
        await store.write(op)
    except Undo:
        return
    raise AssertionError("the op's own error was swallowed")


async def claim(store: OpenStore, model: Model, limit: int) -> None:
    model.leases += 1
    lease, until = f"lease-{model.leases}", model.now + timedelta(seconds=30)
    claimed = await store.write(lambda tx: timers.claim(tx, model.now, until, lease, limit))
    visible = {key: row for key, row in model.timers.items() if row.visible <= model.now}
    assert len(claimed) == min(limit, len(visible))
    chosen = [visible.pop((timer.kind, timer.subject)) for timer in claimed]
    latest = max((to_ms(row.visible) for row in chosen), default=0)
    assert all(to_ms(row.visible) >= latest for row in visible.values())
    for timer, row in zip(claimed, chosen, strict=True):
        key = (timer.kind, timer.subject)
        assert (timer.due_at, timer.attempts, timer.lease) == (row.due, row.attempts + 1, lease)
        model.timers[key] = TimerModel(row.due, until, row.attempts + 1, lease)
        model.claimed[key] = timer
