"""Telling: the rolling summary, on schedule and on demand. Computed and painted outside any writing transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from cronsim import CronSim

from bot.domain.chart_data import chart_data
from bot.domain.errors import ChartError
from bot.domain.explore_text import explore_row
from bot.domain.figures_json import from_json, to_json
from bot.domain.naming import Names
from bot.domain.report_text import report_post, report_text
from bot.domain.summary import ChangedSince, Summary
from bot.domain.texts import Texts
from bot.domain.views import EXPLORE
from bot.flow.chats import ChatBook
from bot.flow.composing import ReportSettings, compose, shown
from bot.flow.letters import LetterKind, PostedLetter, as_repeat
from bot.flow.membership import Membership
from bot.flow.ports import Painter, Picture, Tokens
from bot.flow.render import keyboard
from bot.store import counting, outbox, quotes, reports, respondents, staff_buttons, timers
from bot.store.engine import Store, Tx
from bot.store.outbox import Letter, ToChat, ToCustomer, post
from bot.store.reports import Report, WrittenComment
from bot.store.staff_buttons import StaffButton
from bot.store.timers import Timer

log = structlog.get_logger(__name__)

DAILY, WEEKLY = "daily", "weekly"
_A_MINUTE = timedelta(minutes=1)


class Reports:
    """The timers ``report`` (scheduled) and ``ces`` (ordered by somebody), and what both are made of."""

    def __init__(
        self,
        store: Store,
        membership: Membership,
        painter: Painter,
        chats: ChatBook,
        texts: Texts,
        settings: ReportSettings,
        tokens: Tokens,
    ) -> None:
        self._store = store
        self._membership = membership
        self._tokens = tokens
        self._painter = painter
        self._chats = chats
        self._texts = texts
        self._settings = settings
        self._names = Names(texts, settings.titles)
        self._schedules = {DAILY: settings.schedule, WEEKLY: settings.weekly}

    def next_run(self, now: datetime, schedule: str = DAILY) -> datetime | None:
        """When a scheduled summary is due next, in the team's time zone with its clock changes."""
        cron = self._schedules[schedule]
        if not cron:
            return None
        local = now.astimezone(self._settings.zone)
        return next(CronSim(cron, local)).astimezone(now.tzinfo)

    def _latest_run(self, schedule: str, due_at: datetime, now: datetime) -> datetime:
        cron = self._schedules[schedule]
        if not cron:
            return due_at
        ahead = (now + _A_MINUTE).astimezone(
            self._settings.zone
        )  # it looks back from before the minute it is given
        latest = next(run for run in CronSim(cron, ahead, reverse=True) if run <= now)
        return max(due_at, latest.astimezone(now.tzinfo))

    async def plan(self, tx: Tx, now: datetime) -> None:
        """At start: a run that was missed stays due (one catch-up, not one per day); else the next is set.

        What was planned ahead by an earlier schedule is planned anew.
        """
        for schedule in self._schedules:
            next_run = self.next_run(now, schedule)
            planned = await timers.due_at(tx, "report", schedule)
            if next_run is None:
                await timers.stop(tx, schedule, "report")
            elif planned is None or planned > now:
                await timers.start(tx, "report", schedule, next_run)

    async def scheduled(self, timer: Timer, now: datetime) -> None:
        """Post the summary of the period that ended at the latest due time, and set the next run.

        After days off that is one summary, of the latest period and not of the first that was missed.
        """
        schedule = timer.subject
        chat_id, next_run = self._chats.staff, self.next_run(now, schedule)
        if chat_id is not None:
            await self._post(schedule, chat_id, None, self._latest_run(schedule, timer.due_at, now), now)
        if next_run is not None:
            due = next_run
            await self._store.write(lambda tx: timers.start(tx, "report", schedule, due))

    async def ordered(self, timer: Timer, now: datetime) -> None:
        """``/ces``: the summary as of now, where it was asked for, if whoever asked may see it."""
        order = json.loads(timer.subject)
        if "person" not in order:
            await self._post(f"ces:{timer.id}", order["chat"], order["thread"], timer.due_at, now)
            return
        key = order["person"]
        person = await self._store.read(lambda tx: respondents.by_key(tx, key))
        if person is None or person.chat_id is None:
            return  # erased meanwhile
        if await self._membership.is_staff(person.chat_id):
            await self._post(f"ces:{timer.id}", person.chat_id, None, timer.due_at, now)
            return
        refusal = {"text": self._texts("admin.refused.not_staff")}
        letter = Letter("reply", "sendMessage", refusal, ToCustomer(key))
        await self._store.write(lambda tx: post(tx, letter, now))

    async def compose(self, to_at: datetime, as_of: datetime) -> Summary:
        """The figures of every window that ends at ``to_at``."""
        return await self._store.read(lambda tx: compose(tx, to_at, as_of, self._settings))

    async def _composed(self, tx: Tx, schedule: str, chat_id: int, to_at: datetime, now: datetime) -> Summary:
        """The figures, and how many of those that this chat was shown last have changed since."""
        is_weekly = schedule == WEEKLY
        settings = self._settings.of_the_week if is_weekly else self._settings
        summary = await compose(tx, to_at, now, settings, is_weekly=is_weekly)
        before = await reports.last_in(tx, chat_id, now)
        if before is None:
            return summary
        windows = from_json(Summary, json.loads(before.figures)["summary"]).windows
        longest = max((each.window for each in windows), key=lambda window: window.span)
        n = await counting.changed_since(tx, longest, before.as_of)
        return replace(summary, changed=ChangedSince(n, before.as_of)) if n else summary

    async def _post(
        self, schedule: str, chat_id: int, thread_id: int | None, to_at: datetime, now: datetime
    ) -> None:
        summary = await self._store.read(lambda tx: self._composed(tx, schedule, chat_id, to_at, now))
        picture = await self._paint(summary)

        async def op(tx: Tx) -> None:
            kept = {"summary": to_json(summary), "names": None if picture is None else list(picture.names)}
            figures = json.dumps(kept, ensure_ascii=False)
            report_id = await reports.add(tx, schedule, chat_id, thread_id, to_at, now, figures)
            if report_id is not None:  # else it was posted already, by an earlier run or another copy
                await self._letters(tx, summary, picture, report_id, ToChat(chat_id, thread_id), now)

        await self._store.write(op)
        log.info("report.posted", schedule=schedule, windows=len(summary.windows))

    async def _paint(self, summary: Summary) -> Picture | None:
        try:
            return await self._painter.render(
                chart_data(summary, self._names.of), self._texts, self._settings.theme
            )
        except ChartError as error:
            log.warning("report.no_picture", error=str(error))
            return None

    async def _letters(
        self,
        tx: Tx,
        summary: Summary,
        picture: Picture | None,
        report_id: int,
        to: ToChat,
        now: datetime,
    ) -> None:
        zone = self._settings.zone
        shown_quotes = [comment.invitation_id for comment in summary.comments]
        token = self._tokens.new()
        await staff_buttons.add(tx, token, StaffButton(to.chat_id, EXPLORE, str(report_id)), now)
        buttons = keyboard((explore_row(token, self._texts),))
        if picture is None:
            text = {**_text(report_text(summary, self._texts, zone)), **buttons}
            await post(tx, _letter("sendMessage", text, to, report_id, shown_quotes), now)
            return
        words = report_post(summary, self._texts, zone, picture.names)
        caption = {"caption": words.caption, "parse_mode": "HTML", **buttons}
        on_picture = [] if words.rest else shown_quotes
        letter = _letter("sendPhoto", caption, to, report_id, on_picture)
        await post(tx, replace(letter, file=picture.content, file_field="photo", file_name="ces.png"), now)
        if words.rest:
            rest = _letter("sendMessage", _text(words.rest), to, report_id, shown_quotes, is_rest=True)
            await post(tx, rest, now)

    async def without_quotes(self, tx: Tx, chat_id: int, message_id: int, now: datetime) -> bool:
        """Redraw a posted summary with the comments that still exist. False: this message is no summary.

        Its figures stay as they were posted; only erased words go.
        """
        report = await reports.at_message(tx, chat_id, message_id)
        if report is None:
            return False
        left = await reports.comments_of(tx, await quotes.at_message(tx, chat_id, message_id))
        first, rest_text = self._words(report, left)
        token = await staff_buttons.token_of(tx, StaffButton(chat_id, EXPLORE, str(report.id)))
        if token is not None:
            first |= keyboard((explore_row(token, self._texts),))
        chat = ToChat(chat_id)
        method = "editMessageCaption" if "caption" in first else "editMessageText"
        await post(tx, Letter("edit", method, {"message_id": report.message_id, **first}, chat), now)
        if report.rest_message_id is not None and rest_text:
            rest = {"message_id": report.rest_message_id, **_text(rest_text)}
            await post(tx, Letter("edit", "editMessageText", rest, chat), now)
        elif report.rest_message_id is not None:  # without the erased words it all fits under the picture
            gone = {"message_id": report.rest_message_id}
            await post(tx, Letter("delete", "deleteMessage", gone, chat, subject="quote"), now)
        return True

    def has_picture(self, report: Report) -> bool:
        """Whether a posted summary has a picture, so that its words are a caption."""
        return json.loads(report.figures)["names"] is not None

    def _words(self, report: Report, comments: Iterable[WrittenComment]) -> tuple[dict[str, Any], str | None]:
        """A stored report with these comments: the parameters of its first message, and the text of its second."""
        kept = json.loads(report.figures)
        summary = replace(
            from_json(Summary, kept["summary"]), comments=tuple(shown(comment) for comment in comments)
        )
        if kept["names"] is None:
            return _text(report_text(summary, self._texts, self._settings.zone)), None
        words = report_post(summary, self._texts, self._settings.zone, kept["names"])
        return {"caption": words.caption, "parse_mode": "HTML"}, words.rest

    async def reword_waiting(self, tx: Tx) -> None:
        """Summaries that are still to be sent lose the comments that do not exist any more."""
        for letter_id, subject in await quotes.waiting_summaries(tx):
            about = json.loads(subject)
            report = await reports.by_id(tx, about["report"])
            left = await reports.comments_of(tx, about["quotes"])
            if report is None or len(left) == len(about["quotes"]):
                continue
            first, rest = self._words(report, left)
            still = json.dumps({**about, "quotes": [comment.invitation_id for comment in left]})
            if not about["is_rest"]:
                await quotes.reword(tx, letter_id, first, still)
            elif rest:
                await quotes.reword(tx, letter_id, _text(rest), still)
            else:
                await outbox.forget(tx, letter_id)


class SummaryLetter(LetterKind):
    """Once, unless the outcome is unknown: then it is posted again (telegram.md 4)."""

    def __init__(self, posts: Reports, texts: Texts) -> None:
        self._posts = posts
        self._texts = texts

    async def repeated(self, tx: Tx, letter: PostedLetter, now: datetime) -> Mapping[str, Any]:
        """It says that it may be there already."""
        return as_repeat(letter.payload, self._texts)

    async def claim(self, tx: Tx, letter: PostedLetter, now: datetime) -> bool:
        """What the caption had no room for is a reply to its picture."""
        about = json.loads(letter.subject or "{}")
        if about.get("is_rest"):
            picture = await reports.picture_of(tx, about["report"])
            if picture is not None:
                letter.payload["reply_parameters"] = {
                    "message_id": picture,
                    "allow_sending_without_reply": True,
                }
        return True

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """Remember where the report stands and whose words it shows."""
        if letter.chat_id is None or letter.subject is None:
            return
        about = json.loads(letter.subject)
        message_id = int(result["message_id"])
        await reports.posted(tx, about["report"], message_id, is_rest=about["is_rest"])
        left = [comment.invitation_id for comment in await reports.comments_of(tx, about["quotes"])]
        await quotes.remember(tx, letter.chat_id, message_id, left)
        if len(left) < len(about["quotes"]):  # somebody was forgotten while it was on the wire
            await self._posts.without_quotes(tx, letter.chat_id, message_id, now)


def _letter(
    method: str,
    parameters: dict[str, Any],
    to: ToChat,
    report_id: int,
    quoted: list[int],
    *,
    is_rest: bool = False,
) -> Letter:
    subject = json.dumps({"report": report_id, "quotes": quoted, "is_rest": is_rest})
    return Letter("summary", method, parameters, to, subject=subject)


def _text(text: str) -> dict[str, Any]:
    return {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
