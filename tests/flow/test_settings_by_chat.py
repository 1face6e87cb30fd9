"""Settings by chat on the real store: from the menu to the decision's numbers, with two admins and second thoughts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.adapters.catalogues import Catalogues
from bot.adapters.clock import RandomTokens, TravelClock
from bot.domain.buttons import ButtonData, parse_button
from bot.domain.messages import Message
from bot.domain.overrides import SETTINGS
from bot.domain.survey import MANUAL, Rules, Trigger, TriggerBook
from bot.flow.rulebook import Rulebook
from bot.flow.settings_menu import SettingsMenu
from bot.flow.staff_menus import Redraw
from bot.store import audit, overrides, staff_buttons
from bot.store.engine import Tx
from bot.store.opening import OpenStore
from tests.telegram_html import visible

CHAT = -100123
VIP = Trigger("vip", rules=Rules(cooldown=timedelta(days=7)), own=frozenset({"cooldown"}))


class Bench:
    """One copy of the bot, as far as its settings go."""

    def __init__(self, store: OpenStore, clock: TravelClock, file: Rules, *, language: str = "en") -> None:
        self.store = store
        self.clock = clock
        self.rulebook = Rulebook(TriggerBook((Trigger("support", rules=file), VIP)), file)
        shown = (
            ("survey.cooldown", "14d"),
            ("survey.company", "A & B"),
            ("x.long", "y" * 2000),
            ("z.long", "z" * 2000),
        )
        texts = Catalogues.load().of(language)
        self.menu = SettingsMenu(self.rulebook, RandomTokens(), texts, ZoneInfo("UTC"), shown)

    async def settings(self) -> Message:
        return await self.store.write(lambda tx: self.menu.open(tx, CHAT, self.clock.now()))

    async def set(self, words: str) -> Message:
        return await self.store.write(lambda tx: self.menu.set(tx, words.split(), CHAT, self.clock.now()))

    async def press(self, message: Message, label: str, who: str = "Ada") -> Redraw:
        """Press the button whose label begins so (a dot before it apart)."""
        redraw = await self.forge(data_of(message, label), who)
        assert redraw is not None
        return redraw

    async def go(self, message: Message, *labels: str, who: str = "Ada") -> Message:
        for label in labels:
            redraw = await self.press(message, label, who)
            assert redraw.message is not None
            message = redraw.message
        return message

    async def forge(self, button: ButtonData, who: str = "Ada") -> Redraw | None:
        async def op(tx: Tx) -> Redraw | None:
            row = await staff_buttons.by_token(tx, button.token)
            assert row is not None
            return await self.menu.pressed(tx, row, button, who, self.clock.now())

        return await self.store.write(op)

    async def rules(self, trigger: str = "support") -> Rules:
        found = await self.store.read(lambda tx: self.rulebook.trigger(tx, trigger))
        assert found is not None
        return found.rules

    async def audit(self) -> list[str]:
        lines = await self.store.read(lambda tx: audit.before(tx, None, 50))
        return [f"{line.actor}: {line.action} {line.subject} {line.detail}" for line in lines]


def data_of(message: Message, label: str) -> ButtonData:
    found = [
        button.data
        for row in message.rows
        for button in row
        if button.label.removeprefix("● ").startswith(label)
    ]
    assert found, f"{label} of {labels(message)}"
    data = parse_button(found[0])
    assert data is not None
    return data


def labels(message: Message) -> list[str]:
    return [button.label for row in message.rows for button in row]


@pytest.fixture
def bench(store: OpenStore, clock: TravelClock) -> Bench:
    return Bench(store, clock, Rules())


async def test_a_change_is_chosen_confirmed_counts_at_once_and_is_marked(bench: Bench) -> None:
    menu = await bench.settings()
    assert "Cooldown: 14 days" in visible(menu.text)
    choices = await bench.go(menu, "Cooldown")
    assert "● 14 days" in labels(choices)
    assert "As in the file: 14 days" not in labels(choices)
    question = await bench.go(choices, "30 days")
    assert visible(question.text).startswith("Cooldown: 14 days → 30 days?\n\nNo customer is asked twice")
    assert (await bench.rules()).cooldown == timedelta(days=14)  # nothing before the yes

    done = await bench.press(question, "Yes, change it")
    assert done.toast == "Changed. It counts from now on."
    assert done.message is not None
    assert "✅ Cooldown: 14 days → 30 days" in visible(done.message.text)
    assert (await bench.rules()).cooldown == timedelta(days=30)
    assert (await bench.rules(MANUAL)).cooldown == timedelta(days=30)
    assert (await bench.rules("vip")).cooldown == timedelta(days=7)
    assert await bench.audit() == ["Ada: setting survey.cooldown 14d → 30d"]

    overview = visible((await bench.go(done.message, "‹ Settings")).text)
    assert "✏️ Cooldown: 30 days (file: 14 days) – \u2068Ada\u2069, Nov 25, 2026 10:00" in overview
    assert "The trigger vip keeps its own numbers: Cooldown 7 days" in overview


async def test_cancelling_changes_nothing(bench: Bench) -> None:
    await bench.go(await bench.settings(), "Delay", "1 hour", "Cancel", "‹ Settings")
    assert (await bench.rules()) == Rules()
    assert await bench.audit() == []


@pytest.mark.parametrize("name", SETTINGS)
async def test_each_setting_can_be_changed_to_all_that_is_offered_and_back(
    sqlite_store: OpenStore, clock: TravelClock, name: str
) -> None:
    bench, setting = Bench(sqlite_store, clock, Rules()), SETTINGS[name]
    for written in setting.offered:
        value = setting.parse(written)
        if value == setting.of(await bench.rules()):
            continue
        message = await bench.set(f"{name} {written}")
        await bench.go(message, "Yes")
        assert setting.of(await bench.rules()) == value
    if await bench.rules() != Rules():
        await bench.go(await bench.set(f"{name} file"), "Yes")
    assert await bench.rules() == Rules()
    assert await sqlite_store.read(overrides.all_overrides) == {}


async def test_a_restart_and_another_copy_of_the_bot_know_of_the_change(
    bench: Bench, store: OpenStore, clock: TravelClock
) -> None:
    await bench.go(await bench.set("sampling 50%"), "Yes")
    another = Bench(store, clock, Rules())
    assert (await another.rules()).sampling == 50.0
    edited_file = Bench(store, clock, Rules(sampling=50.0, delay=timedelta(minutes=1)))
    assert "✏️ Sampling" not in (await edited_file.settings()).text  # the file says the same by now
    assert (await edited_file.rules()).delay == timedelta(minutes=1)


async def test_undo_restores_what_was_there_before(bench: Bench) -> None:
    await bench.go(await bench.set("cooldown 30d"), "Yes")
    done = await bench.go(await bench.set("cooldown 60d"), "Yes")
    bench.clock.move_to(bench.clock.now() + timedelta(minutes=10))
    undone = await bench.press(done, "Undo", who="Ben")
    assert undone.toast == "Undone."
    assert (await bench.rules()).cooldown == timedelta(days=30)
    assert (await bench.audit())[0] == "Ben: setting_undone survey.cooldown 60d → 30d"

    again = await bench.forge(data_of(done, "Undo"))
    assert again is not None
    assert again.toast.startswith("It is too late")
    assert (await bench.rules()).cooldown == timedelta(days=30)


async def test_undoing_a_reset_brings_the_change_back(bench: Bench) -> None:
    await bench.go(await bench.set("quiet 21:00-09:00"), "Yes")
    done = await bench.go(await bench.settings(), "Quiet hours", "As in the file: off", "Yes")
    assert (await bench.rules()).quiet is None
    assert (await bench.audit())[0] == "Ada: setting_reset survey.quiet_hours 21:00-09:00 → off"
    await bench.go(done, "Undo")
    assert SETTINGS["quiet"].written((await bench.rules()).quiet) == "21:00-09:00"


async def test_after_ten_minutes_it_is_too_late_to_undo(bench: Bench) -> None:
    done = await bench.go(await bench.set("cooldown 30d"), "Yes")
    bench.clock.move_to(bench.clock.now() + timedelta(minutes=10, seconds=1))
    late = await bench.press(done, "Undo")
    assert late.toast.startswith("It is too late")
    assert late.message is not None
    assert "✏️ Cooldown" in late.message.text
    assert (await bench.rules()).cooldown == timedelta(days=30)


@pytest.mark.parametrize("what_ben_did", ["60d", "14d", "30d by a detour"])
async def test_undo_never_takes_back_what_somebody_else_changed_since(
    bench: Bench, what_ben_did: str
) -> None:
    done = await bench.go(await bench.set("cooldown 30d"), "Yes")
    bens = ["60d", "30d"] if "detour" in what_ben_did else [what_ben_did]
    for value in bens:
        await bench.go(await bench.set(f"cooldown {value}"), "Yes", who="Ben")
    before = await bench.rules()
    answer = await bench.press(done, "Undo")
    assert answer.message is not None
    assert visible(answer.message.text).startswith("Not undone: somebody changed Cooldown again since.")
    assert await bench.rules() == before
    assert len(await bench.audit()) == 1 + len(bens)


async def test_a_confirmation_of_what_is_no_longer_true_asks_again(bench: Bench) -> None:
    adas = await bench.set("delay 1h")
    await bench.go(await bench.set("delay 10m"), "Yes", who="Ben")
    answer = await bench.press(adas, "Yes")
    assert answer.message is not None
    assert visible(answer.message.text).startswith(
        "Somebody changed it meanwhile. Look again:\n\nDelay: 10 minutes → 1 hour?"
    )
    assert (await bench.rules()).delay == timedelta(minutes=10)
    await bench.go(answer.message, "Yes")
    assert (await bench.rules()).delay == timedelta(hours=1)


async def test_confirming_twice_changes_once(bench: Bench) -> None:
    question = await bench.set("delay 1h")
    await bench.press(question, "Yes")
    await bench.press(question, "Yes")
    assert (await bench.rules()).delay == timedelta(hours=1)
    assert len(await bench.audit()) == 1


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("", "Write /set, a name and a value, as in /set cooldown 10d"),
        ("theme dark", "Write /set, a name and a value, as in /set cooldown 10d"),
        ("cooldown soon", "“soon” is not a value here. Right would be, for example: /set cooldown 10d"),
        ("sampling <b>", "“<b>” is not a value here. Right would be, for example: /set sampling 50%"),
        ("cooldown 200d", "Only off to 180 days can be set by chat. The settings file takes any value."),
        ("deadline 1h", "Only 24 hours to 7 days can be set by chat."),
        ("delay 25h", "Only at once to 24 hours can be set by chat."),
        ("sampling 0", "Only 1% to 100% can be set by chat."),
        ("quiet 09:00-08:00", "Only off, or at most 16 hours a day can be set by chat."),
        ("cooldown 14d", "It is 14 days already."),
        ("cooldown file", "It is 14 days already."),
        ("cooldown", "Cooldown\nHow long a customer is left in peace"),
        ("cooldown=10d", "Cooldown: 14 days → 10 days?"),
        ("survey.quiet_hours 22:00 - 6:30", "Quiet hours: off → 22:00–06:30?"),
    ],
)
async def test_what_is_written_is_understood_or_answered_with_what_would_be_right(
    sqlite_store: OpenStore, clock: TravelClock, words: str, answer: str
) -> None:
    bench = Bench(sqlite_store, clock, Rules())
    message = await bench.set(words)
    assert visible(message.text).startswith(answer)
    assert message.rows
    assert await bench.rules() == Rules()


@pytest.mark.parametrize(
    "forge",
    [
        lambda data: ButtonData("a1", data.token, "y", "cooldown_200d_14d"),
        lambda data: ButtonData("a1", data.token, "p", "cooldown_200d"),
        lambda data: ButtonData("a1", data.token, "y", "edit_for_1h_24h"),
        lambda data: ButtonData("a1", data.token, "y", "cooldown"),
        lambda data: ButtonData("a1", data.token, "y", "cooldown__"),
        lambda data: ButtonData("a1", data.token, "s", "zone"),
        lambda data: ButtonData("a1", data.token, "z", "cooldown_10d_14d"),
    ],
)
async def test_forged_data_changes_nothing(
    sqlite_store: OpenStore, clock: TravelClock, forge: Callable[[ButtonData], ButtonData]
) -> None:
    bench = Bench(sqlite_store, clock, Rules())
    question = await bench.set("cooldown 10d")
    assert await bench.forge(forge(data_of(question, "Yes"))) is None
    assert await bench.rules() == Rules()


async def test_an_undo_that_was_never_offered_undoes_nothing(bench: Bench) -> None:
    menu = await bench.settings()
    answer = await bench.forge(ButtonData("a1", data_of(menu, "Cooldown").token, "u", ""))
    assert answer is not None
    assert answer.toast.startswith("It is too late")
    assert await bench.audit() == []


async def test_all_settings_are_shown_page_by_page_with_what_was_changed(bench: Bench) -> None:
    await bench.go(await bench.set("cooldown 30d"), "Yes")
    first = await bench.go(await bench.settings(), "All settings")
    assert "survey.cooldown = 14d ✏️ 30d" in visible(first.text)
    assert "survey.company = A & B" in visible(first.text)
    assert labels(first) == ["Next page ›", "‹ Settings"]
    second = await bench.go(first, "Next page")
    assert labels(second) == ["‹ Previous page", "‹ Settings"]
    assert "z.long" in second.text
    assert "z.long" not in first.text
    forged = await bench.forge(ButtonData("a1", data_of(first, "‹").token, "a", "99"))
    assert forged is not None
    assert forged.message == second


async def test_a_value_that_this_version_cannot_read_counts_as_not_there(bench: Bench) -> None:
    now = bench.clock.now()
    await bench.store.write(
        lambda tx: overrides.put(tx, "survey.cooldown", "a fortnight", "Ada", now, expected=None)
    )
    assert await bench.rules() == Rules()
    done = await bench.go(await bench.set("cooldown 30d"), "Yes")
    assert (await bench.rules()).cooldown == timedelta(days=30)
    await bench.go(done, "Undo")
    assert await bench.rules() == Rules()


async def test_a_number_outside_the_bounds_that_the_file_has_can_be_left_and_come_back_to(
    sqlite_store: OpenStore, clock: TravelClock
) -> None:
    bench = Bench(sqlite_store, clock, Rules(delay=timedelta(seconds=5), deadline=timedelta(days=30)))
    await bench.go(await bench.set("deadline 7d"), "Yes")
    assert (await bench.rules()).deadline == timedelta(days=7)
    await bench.go(await bench.set("deadline file"), "Yes")
    assert (await bench.rules()).deadline == timedelta(days=30)


async def test_of_two_who_change_the_same_at_once_one_is_told(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()
    puts = [
        lambda tx, value=value: overrides.put(tx, "survey.delay", value, "Ada", now, expected=None)
        for value in ("1h", "4h")
    ]
    took = [await store.write(put) for put in puts]
    assert took == [True, False]
    assert (await store.read(overrides.all_overrides))["survey.delay"].value == "1h"
    assert not await store.write(
        lambda tx: overrides.put(tx, "survey.delay", None, "Ada", now, expected="4h")
    )


async def test_the_menu_speaks_chinese(sqlite_store: OpenStore, clock: TravelClock) -> None:
    bench = Bench(sqlite_store, clock, Rules(), language="zh-Hans")
    done = await bench.go(await bench.settings(), "冷却期", "30天", "确认修改")
    assert visible(done.text).startswith("✅ 冷却期：14天 → 30天")
    assert labels(done) == ["撤销（10分钟内）", "‹ 设置"]
