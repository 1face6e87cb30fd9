"""Compares what was acknowledged with what is stored, and what was sent with what the ledger says."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from bot.adapters.catalogues import Catalogues
from bot.domain.buttons import parse_button
from bot.playground.botapi import World
from tests.faults.ledgers import Ledger
from tests.faults.plan import CUSTOMERS, FORUM, WRITERS, Done, Tap

_NO_PROMISE = (
    "",
    Catalogues.load().of("en")("customer.toast.one_moment"),
)  # what a tap hears that is not stored yet
_ASKED = ("sent", "answered", "expired")


class Auditor:
    """Watches one world. What it finds is a sentence each; nothing found: nothing was lost, doubled or made up."""

    def __init__(self, world: World, done: Done) -> None:
        self.repeated_lines = 0  # relayed again, as nobody could know whether they had arrived
        self._world = world
        self._done = done
        self._read_calls = 0
        self._first_update = min(entry.update_id for entry in world.updates.pending())
        self._newest_update = 0
        self._questions: dict[str, list[tuple[int, int]]] = {}  # by token: (chat, message) of every sending
        self._toasts: dict[str, str] = {}
        self.is_heard = False  # a bot has got as far as to say who it is, since this was last set to False

    def look(self) -> None:
        """Take note of what went over the wire since the last look."""
        pending = self._world.updates.pending()
        for entry in pending:  # what Telegram would forget on a slow machine is not the bot's to lose
            entry.expires_at = math.inf
        self._newest_update = max([self._newest_update, *(entry.update_id for entry in pending)])
        for call in self._world.calls[self._read_calls :]:
            self.is_heard |= call.method == "getMe"
            if call.error is None and call.method == "sendMessage":
                for token in _tokens(call.params.get("reply_markup")):
                    where = (int(call.params["chat_id"]), int(call.result["message_id"]))
                    self._questions.setdefault(token, []).append(where)
            elif call.error is None and call.method == "answerCallbackQuery":
                self._toasts[str(call.params["callback_query_id"])] = str(call.params.get("text", ""))
        self._read_calls = len(self._world.calls)

    @property
    def updates(self) -> int:
        """How many updates there were."""
        return self._newest_update - self._first_update + 1

    @property
    def asked(self) -> int:
        """How many questions have been sent."""
        return sum(len(sendings) for sendings in self._questions.values())

    def after_a_kill(self, ledger: Ledger) -> Iterator[str]:
        """At any instant: what was acknowledged is stored, and nobody was asked twice or without a record."""
        self.look()
        heard = {(row["source"], row["key"]) for row in ledger.rows("SELECT source, key FROM delivery")}
        waiting = {entry.update_id for entry in self._world.updates.pending()}
        confirmed = set(range(self._first_update, self._newest_update + 1)) - waiting
        yield from _each(
            "update {} was confirmed and is not stored",
            (update for update in confirmed if ("telegram", str(update)) not in heard),
        )
        yield from _each(
            "webhook {} got its 202 and is not stored",
            (key for key in self._done.accepted if ("generic", key) not in heard),
        )
        promised = [tap for tap in self._done.taps if self._toasts.get(tap.query_id, "") not in _NO_PROMISE]
        yield from self._taps(ledger, promised)
        yield from self._sendings(ledger)

    def at_rest(self, ledger: Ledger) -> Iterator[str]:
        """When nothing is left to do: everything that ever happened is there once, in order."""
        yield from self.after_a_kill(ledger)
        yield from self._taps(ledger, self._done.taps)
        yield from self._scores(ledger)
        yield from self._relayed(ledger)
        for what, sql in (
            ("delivery {key} was never processed", "SELECT key FROM delivery WHERE done_at IS NULL"),
            ("delivery {key} failed: {error}", "SELECT key, error FROM delivery WHERE error IS NOT NULL"),
            (
                "letter {id} ({kind}) is {state}: {last_error}",
                "SELECT id, kind, state, last_error FROM outbox WHERE state IN ('waiting','sending','failed')",
            ),
        ):
            yield from (what.format(**row) for row in ledger.rows(sql))
        known = {
            row["conversation_id"].rpartition("/")[2]
            for row in ledger.rows("SELECT conversation_id FROM invitation WHERE source='generic'")
        }
        yield from _each("{} was accepted and nothing was decided", self._done.accepted - known)
        yield from self._world.violations

    def _taps(self, ledger: Ledger, taps: Iterable[Tap]) -> Iterator[str]:
        stored = Counter(
            (row["update_id"], row["token"], row["value"])
            for row in ledger.rows(
                "SELECT e.update_id, e.value, i.token FROM response_event e"
                " JOIN invitation i ON i.id=e.invitation_id WHERE e.kind IN ('tap','late_tap')"
            )
        )
        for tap in taps:
            times = stored[tap.update_id, tap.token, tap.value]
            if tap.verb == "v" and times != 1:
                toast = self._toasts.get(tap.query_id)
                yield f"the tap of update {tap.update_id}, answered with {toast!r}, is stored {times} times"

    def _sendings(self, ledger: Ledger) -> Iterator[str]:
        invitations = {row["token"]: row for row in ledger.rows("SELECT token, state FROM invitation")}
        letters: dict[str, list[tuple[str, int | None]]] = {}
        for row in ledger.rows(
            "SELECT i.token, o.state, o.message_id FROM outbox o JOIN invitation i ON i.id=o.invitation_id"
            " WHERE o.kind='question'"
        ):
            letters.setdefault(row["token"], []).append((row["state"], row["message_id"]))
        for token, sendings in self._questions.items():
            if len(sendings) > 1:
                yield f"question {token} was sent {len(sendings)} times"
            match letters.get(token, []):
                case [("sending" | "unknown", None)]:
                    pass
                case [("sent", message_id)] if message_id == sendings[0][1]:
                    pass
                case told:
                    yield f"question {token} was sent as {sendings}; the ledger says {told}"
            if token not in invitations or invitations[token]["state"] in ("scheduled", "skipped"):
                yield f"question {token} was sent and is {invitations.get(token)}"
        for token, told in letters.items():
            if told[0][0] == "sent" and token not in self._questions:
                yield f"question {token} counts as sent and never was"
        for token, row in invitations.items():
            if row["state"] in _ASKED and token not in self._questions:
                yield f"question {token} counts as {row['state']} and was never sent"

    def _scores(self, ledger: Ledger) -> Iterator[str]:
        last = {tap.token: int(tap.value) for tap in self._done.taps if tap.verb == "v"}
        for row in ledger.rows("SELECT token, score, state FROM invitation WHERE score IS NOT NULL"):
            if row["score"] != last.get(row["token"]):
                yield f"{row['token']} has score {row['score']}; the last tap said {last.get(row['token'])}"

    def _relayed(self, ledger: Ledger) -> Iterator[str]:
        remarks = {
            row["value"] for row in ledger.rows("SELECT value FROM response_event WHERE kind='comment'")
        }
        numbers = {f"Customer {person}": person for person in CUSTOMERS}
        topics = {one["thread_id"]: numbers[one["name"]] for one in self._world.topics(FORUM)}
        passed_on: dict[int, list[str]] = {person: [] for person in CUSTOMERS}
        for message in self._world.messages(FORUM):
            text = message.get("text", "")
            if text.startswith("line "):
                passed_on[topics[message["message_thread_id"]]].append(text)
        for person in CUSTOMERS:
            said = [text for text in self._done.said[person] if text not in remarks]
            yield from self._same(f"what customer {person} said", said, passed_on[person])
        for person in WRITERS:
            heard = [message.get("text", "") for message in self._world.messages(person)]
            heard = [text for text in heard if text.startswith("answer ")]
            yield from self._same(f"what customer {person} was answered", self._done.answered[person], heard)
        lost = remarks - {text for person in CUSTOMERS for text in self._done.said[person]}
        yield from _each("the comment {!r} was never written", lost)

    def _same(self, what: str, said: list[str], heard: list[str]) -> Iterator[str]:
        first, last = list(dict.fromkeys(heard)), list(dict.fromkeys(reversed(heard)))[::-1]
        self.repeated_lines += len(heard) - len(first)
        for order in (first, last):  # lines that travelled together are repeated together
            if order != said:
                missing, extra = sorted(set(said) - set(order)), sorted(set(order) - set(said))
                wrong = next(
                    (one for one, other in zip(said, order, strict=False) if one != other), "the end"
                )
                around = heard.index(wrong) if wrong in heard else 0
                there = heard[max(0, around - 6) : around + 7]
                yield f"{what}: missing {missing}, extra {extra}, wrong from {wrong!r}: {there}"
                return


def _each(sentence: str, found: Iterable[Any]) -> Iterator[str]:
    return (sentence.format(one) for one in found)


def _tokens(markup: Any) -> set[str]:
    """The tokens of the buttons that answer a question."""
    keyboard = json.loads(markup) if isinstance(markup, str) else markup or {}
    data = [one.get("callback_data", "") for row in keyboard.get("inline_keyboard", []) for one in row]
    buttons = [button for button in map(parse_button, data) if button is not None]
    return {button.token for button in buttons if button.kind == "s1" and button.verb == "v"}
