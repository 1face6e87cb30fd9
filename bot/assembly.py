"""Builds every part of the bot from its settings: the only file that knows them all. ``bot.app`` lets them live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.adapters.catalogues import Catalogues
from bot.adapters.charts import Charts
from bot.adapters.clock import SystemClock, monotonic
from bot.adapters.erasure_file import ErasureFile
from bot.adapters.spreadsheet import ExcelRows
from bot.adapters.telegram.channel import PlainBot, TelegramChannel
from bot.adapters.telegram.receiving import Receiver
from bot.adapters.telegram.toasts import Toasts
from bot.config import Settings
from bot.domain.survey import TriggerBook
from bot.domain.views import EXPLORE
from bot.flow.alert_entry import WATCH
from bot.flow.alert_list import ALERT_LIST, BASELINE, AlertList
from bot.flow.alerts import DROP, TELL, Alerts, AnyAlertLetter
from bot.flow.answers import Answers, PromptLetter
from bot.flow.budgets import Budgets
from bot.flow.chats import ChatBook
from bot.flow.copies import informed
from bot.flow.desk import Desk
from bot.flow.dispatch import Dispatch, QuestionLetter
from bot.flow.erasures import ERASURES, Erasures
from bot.flow.exploring import Explorer
from bot.flow.exporting import EXPORT, Exporter
from bot.flow.fading import Fading
from bot.flow.follow_ups import FollowUps
from bot.flow.hard_answers import HardAnswers
from bot.flow.housekeeping import HOUSEKEEPING, Housekeeping
from bot.flow.inbox import Handle, Inbox, OnPress
from bot.flow.intake import Intake
from bot.flow.letters import LetterKind
from bot.flow.live import Live
from bot.flow.live_letters import LiveLetter, PinLetter, ViewLetter
from bot.flow.membership import Membership
from bot.flow.menus import Menus
from bot.flow.nonresponse import WHO_ANSWERED, WhoAnswered
from bot.flow.notices import TopicNotices
from bot.flow.orders import Orders
from bot.flow.outbox import Sender
from bot.flow.ports import Channel, Clock, Tokens
from bot.flow.question import QuestionBoard
from bot.flow.rehearsals import SIMULATE, Rehearsals
from bot.flow.reminders import REMIND, ReminderLetter, Reminders
from bot.flow.reports import Reports, SummaryLetter
from bot.flow.rights import DeleteLetter, EditLetter
from bot.flow.ringing import RingingStore
from bot.flow.rulebook import Rulebook
from bot.flow.standing import Standings
from bot.flow.store_guard import StoreGuard, telling
from bot.flow.timers import TimerLoop
from bot.flow.vitals import Vitals
from bot.flow.watched import WatchedChannel, WatchedStore
from bot.routing import build_router
from bot.store.follow_ups import FOLLOW_UP
from bot.store.leadership import Leadership
from bot.store.live import LIVE
from bot.store.opening import OpenStore
from bot.store.respondents import Pseudonyms
from handlers.limits import with_limited_commands
from handlers.router import lane_of

_POLL_OTHER_COPIES_EVERY = timedelta(seconds=2)
_OTHER_COPIES_GRACE = timedelta(seconds=3)
_POLL_OTHER_COPIES_LETTERS_EVERY = timedelta(milliseconds=250)


@dataclass
class Loops:
    """Everything that runs as long as the bot does."""

    inbox: Inbox
    sender: Sender
    timers: TimerLoop
    toasts: Toasts
    receiver: Receiver

    def ring(self) -> None:
        """Something was written: whoever waits for it looks."""
        self.inbox.ring()
        self.sender.ring()
        self.timers.ring()

    @property
    def are_idle(self) -> bool:
        """True while nobody works on anything."""
        return self.inbox.is_idle and self.sender.is_idle and self.timers.is_idle


@dataclass(frozen=True)
class Parts:
    """What the bot is made of, as far as its life needs to know it."""

    loops: Loops
    leadership: Leadership
    erasures: Erasures
    vitals: Vitals
    guard: StoreGuard
    channel: Channel
    chats: ChatBook
    reports: Reports
    alerts: Alerts
    live: Live
    housekeeping: Housekeeping
    menus: Menus
    webhook_path: str


def assemble(
    settings: Settings,
    clock: Clock,
    tokens: Tokens,
    store: OpenStore,
    bot: PlainBot,
    pseudonyms: Pseudonyms,
    username: Callable[[], str],
    lag: Callable[[float], float],
) -> Parts:
    """Build every part from the settings; nothing runs yet.

    ``username``: the bot's @name, once it is known. ``lag(seconds)``: the loop's worst lag within so many seconds.
    """

    has_led = False

    def ring() -> None:
        loops.ring()

    def leads_or_not() -> None:
        nonlocal has_led
        has_led = has_led or leadership.term is not None
        loops.ring()

    catalogues = Catalogues.load()
    staff_texts = catalogues.for_staff(settings.chats.language)
    rulebook = Rulebook(TriggerBook(settings.triggers_built()), settings.rules())
    channel = WatchedChannel(TelegramChannel(bot), monotonic)
    chats = ChatBook(
        staff=settings.chats.staff,
        support_forum=settings.chats.support_forum,
        alerts=settings.chats.alerts,
        admins=frozenset(settings.chats.admins),
        tells_hard_answers=settings.alerts.hard_answers,
    )
    watched = WatchedStore(store, monotonic)
    ringing = RingingStore(watched, ring)
    tells_staff = chats.alerts is not None
    retention = settings.retention_built()
    board = QuestionBoard(rulebook, catalogues, is_modern=settings.telegram.modern, tells_staff=tells_staff)
    notices = TopicNotices(staff_texts, is_on=settings.chats.explain)
    standings = Standings(
        staff=[pseudonyms.key(person) for person in settings.chats.admins],
        test_accounts=[pseudonyms.key(person) for person in settings.survey.test_accounts],
    )
    list_path = settings.erasures_path()
    erasures = Erasures(ringing, pseudonyms, None if list_path is None else ErasureFile(list_path))
    intake = Intake(rulebook, pseudonyms, tokens, board, notices, standings)
    dispatch = Dispatch(board, notices, standings)
    reminders = Reminders(board)
    visits = FollowUps(rulebook, intake.visited)
    charts = Charts(catalogues.of("en"))
    live = Live(ringing, channel, charts, chats, staff_texts, settings.reports_built(), tokens)
    answers = Answers(board, pseudonyms, catalogues, tells_staff=tells_staff, changed=live.changed)
    hard_answers = HardAnswers(staff_texts, lambda: chats.alerts)
    desk = Desk(intake, chats, staff_texts, catalogues)
    membership = Membership(channel, chats)
    reports = Reports(ringing, membership, charts, chats, staff_texts, settings.reports_built(), tokens)
    watching = settings.alerts_built()
    alerts = Alerts(ringing, charts, lambda: chats.drops, tokens, staff_texts, watching)
    explorer = Explorer(ringing, membership, staff_texts, settings.reports_built(), reports)
    orders = Orders(ringing, membership, staff_texts)
    exporter = Exporter(ringing, channel, orders, staff_texts, settings.summary.timezone, ExcelRows)
    alert_list = AlertList(ringing, orders, chats, tokens, staff_texts, watching)
    who_answered = WhoAnswered(ringing, orders, staff_texts, settings.nonresponse_built())
    menus = Menus(catalogues, catalogues.languages, chats, staff_texts, settings.survey.language)
    housekeeping = Housekeeping(retention, settings.summary.timezone, Fading(reports, hard_answers).faded)
    rehearsals = Rehearsals(ringing, rulebook, pseudonyms.sample, staff_texts, settings.summary.timezone)
    router = build_router(
        settings,
        tokens,
        username,
        chats,
        catalogues,
        pseudonyms,
        answers,
        desk,
        reports,
        menus,
        intake,
        rulebook,
        retention,
        erasures,
        rehearsals,
        {DROP: alerts.pressed, BASELINE: alert_list.pressed, EXPLORE: explorer.pressed},
    )
    is_shared = settings.sqlite_path() is None
    handle: Handle = with_limited_commands(router.handle, settings.limits.commands_per_minute)
    pressed: OnPress = router.pressed
    if is_shared:
        handle, pressed = informed(handle, pressed, chats)
    inbox = Inbox(
        ringing,
        clock,
        handle,
        pressed,
        lambda update: lane_of(update, pseudonyms.key),
        poll_every=_POLL_OTHER_COPIES_EVERY if is_shared else None,
    )
    kinds: dict[str, LetterKind] = {
        **dict(desk.kinds().items()),
        "question": QuestionLetter(dispatch, board, notices),
        "reminder": ReminderLetter(reminders, board),
        "prompt": PromptLetter(board),
        "alert": AnyAlertLetter(staff_texts),
        "summary": SummaryLetter(reports, staff_texts),
        "live": LiveLetter(live),
        "view": ViewLetter(live),
        "pin": PinLetter(live),
        "edit": EditLetter(),
        "delete": DeleteLetter(staff_texts),
    }
    sending = settings.sending
    budgets = Budgets(
        per_second=sending.per_second,
        per_chat_second=sending.per_chat_second,
        per_group_minute=sending.per_group_minute,
    )
    leadership = store.lead("sender", leads_or_not)
    sender = Sender(
        ringing,
        clock,
        channel,
        kinds,
        budgets,
        tokens,
        on_chat_moved=chats.moved,
        leadership=leadership,
        poll_every=_POLL_OTHER_COPIES_LETTERS_EVERY if is_shared else None,
        grace=_OTHER_COPIES_GRACE if is_shared else timedelta(),
    )
    timers = TimerLoop(
        ringing,
        clock,
        tokens,
        steps={
            "ask": dispatch.ask,
            REMIND: reminders.remind,
            FOLLOW_UP: visits.visit,
            "expire": dispatch.expire,
            "edit_close": answers.edit_closed,
            "comment_close": answers.comment_closed,
            "hard_answer": hard_answers.tell,
            "live_location": desk.live_location_ended,
            HOUSEKEEPING: housekeeping.sweep,
            WATCH: alerts.look,
        },
        jobs={
            "report": reports.scheduled,
            "ces": reports.ordered,
            SIMULATE: rehearsals.ordered,
            TELL: alerts.tell,
            ALERT_LIST: alert_list.ordered,
            WHO_ANSWERED: who_answered.ordered,
            EXPLORE: explorer.show,
            EXPORT: exporter.ordered,
            LIVE: live.look,
            ERASURES: erasures.write_down,
        },
        poll_every=_POLL_OTHER_COPIES_EVERY if is_shared else None,
    )
    toasts = Toasts(channel, clock)

    def one_moment(language: str | None) -> str:
        return catalogues.of(language)("customer.toast.one_moment")

    loops = Loops(inbox, sender, timers, toasts, Receiver(channel, inbox, clock, toasts, one_moment))
    path = f"/telegram/{pseudonyms.path('telegram')}"
    is_by_webhook = settings.telegram.mode == "webhook"
    vitals = Vitals(
        store=watched,
        channel=channel,
        leadership=leadership,
        lag=lag,
        clock=SystemClock(),
        monotonic=monotonic,
        webhook_url=settings.telegram.webhook_url + path if is_by_webhook else "",
    )
    # of several copies the one that leads, or did before the database went
    tell = telling(channel, lambda: chats.drops, lambda: has_led or leadership.term is not None)
    guard = StoreGuard(watched, SystemClock(), monotonic, tell, staff_texts)
    return Parts(
        loops,
        leadership,
        erasures,
        vitals,
        guard,
        channel,
        chats,
        reports,
        alerts,
        live,
        housekeeping,
        menus,
        path,
    )
