"""``check``: what is fine, what is missing, and that looking changes nothing."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.clock import RandomTokens, SystemClock
from bot.app import App
from bot.commands.check.schedule import schedule_findings
from bot.config import load
from bot.config.sections import SummarySettings
from tests.commands.town import ADA, BEN, FORUM, STAFF, TEAM, Town, invoke
from tests.settling import until


async def test_where_nothing_is_missing_everything_is_named_and_the_exit_code_is_zero(town: Town) -> None:
    ended = await town.check()
    assert ended.exit_code == 0, ended.output
    for sentence in (
        "Telegram knows the bot: CES, @ces_play_bot.",
        f"chats.staff: the bot is an admin of “Support team” (channel, {STAFF}) and can post there.",
        f"chats.support_forum: the bot is an admin of “Support” (group with topics, {FORUM}) and can manage its",
        f"chats.admins, {ADA}: Ada King can be reached.",
        "At 09:00 on Monday through Friday, time zone UTC. Next: ",
        "ces.db will be made at the first start.",
        f"Nothing is in the way. Start the bot: python3 -m bot run --config {town.folder / 'config.toml'}",
    ):
        assert sentence in ended.output
    assert "✗" not in ended.output
    assert "  ! " not in ended.output


async def test_looking_makes_no_file_and_takes_no_update(town: Town) -> None:
    town.world.say(BEN, BEN, "Hello?")
    waiting = [entry.update_id for entry in town.world.updates.pending()]
    town.settings()
    before = sorted(path.name for path in town.folder.iterdir())
    await town.check(chats={"staff": None})
    assert [entry.update_id for entry in town.world.updates.pending()] == waiting
    assert sorted(path.name for path in town.folder.iterdir()) == before


async def test_a_running_bot_is_not_disturbed_by_a_check(town: Town) -> None:
    settings = load(town.settings(), needs_token=True)
    async with App(settings, SystemClock(), RandomTokens()) as app:
        await until(lambda: app.is_ready)
        ended = await town.check(chats={"alerts": TEAM})
        assert ended.exit_code == 0, ended.output
        assert "ces.db opens (schema " in ended.output
        town.world.say(BEN, BEN, "My parcel has not come.")
        await until(lambda: bool(town.world.topics(FORUM)))
    assert [call for call in town.world.calls if call.error and "Conflict" in call.error] == []


async def test_a_wrong_token_gets_a_sentence_of_its_own(town: Town) -> None:
    ended = await town.check(telegram={"token": "7000000001:another-token-that-nobody-gave-us"})
    assert ended.exit_code == 1
    assert "✗ Telegram does not know the bot's token." in ended.output
    assert "another-token" not in ended.output


async def test_a_missing_token_is_said_and_the_rest_is_checked(town: Town) -> None:
    ended = await town.check(telegram={"token": None})
    assert ended.exit_code == 1
    assert "✗ telegram.token is missing" in ended.output
    assert "ces.db will be made" in ended.output


async def test_a_telegram_that_cannot_be_reached_gets_a_sentence_of_its_own(
    town: Town, unused_tcp_port: int
) -> None:
    ended = await town.check(telegram={"api_url": f"http://127.0.0.1:{unused_tcp_port}"})
    assert ended.exit_code == 1
    assert f"✗ Telegram cannot be reached at http://127.0.0.1:{unused_tcp_port}" in ended.output


async def test_a_telegram_that_is_asked_too_often_says_when_to_come_back(town: Town) -> None:
    town.world.faults.fail("getMe", 429, "Too Many Requests: retry after 7", retry_after=7)
    ended = await town.check()
    assert ended.exit_code == 1
    assert "Check again in 7 seconds." in ended.output


async def test_chats_that_the_bot_does_not_see_are_told_apart(town: Town) -> None:
    town.world.kick_bot(STAFF, by=ADA)
    ended = await town.check(chats={"support_forum": -1009999999999, "alerts": 1000000003, "admins": [BEN]})
    assert ended.exit_code == 1
    assert f"✗ chats.staff: the bot was removed from the chat {STAFF}." in ended.output
    assert (
        "✗ chats.support_forum: there is no chat -1009999999999, or the bot was never added" in ended.output
    )
    assert f"→ Is it “Team”? Then write: chats.alerts = {TEAM}" in ended.output
    assert f"! chats.admins, {BEN}: this person has never written to the bot" in ended.output


async def test_an_admin_who_has_blocked_the_bot_is_named(town: Town) -> None:
    town.world.block(ADA)
    ended = await town.check()
    assert ended.exit_code == 0
    assert f"! chats.admins, {ADA}: the bot cannot write to Ada King" in ended.output


@pytest.mark.parametrize(
    ("rights", "sentence"),
    [
        ([], "✗ chats.support_forum: the bot is no admin of “Support”"),
        (["can_delete_messages"], "but may not manage topics."),
    ],
)
async def test_a_forum_without_the_rights_for_it_is_wrong(
    town: Town, rights: list[str], sentence: str
) -> None:
    town.world.appoint(FORUM, town.world.bot_id, rights, by=ADA)
    ended = await town.check()
    assert ended.exit_code == 1
    assert sentence in ended.output
    assert "Manage Topics" in ended.output


async def test_a_forum_where_topics_cannot_be_deleted_is_a_remark(town: Town) -> None:
    town.world.appoint(FORUM, town.world.bot_id, ["can_manage_topics"], by=ADA)
    ended = await town.check()
    assert ended.exit_code == 0
    assert "! chats.support_forum: the bot may not delete messages" in ended.output


async def test_a_support_group_without_topics_and_a_channel_in_its_place_are_wrong(town: Town) -> None:
    group = await town.check(chats={"support_forum": TEAM})
    assert f"✗ chats.support_forum: “Team” (group, {TEAM}) has no topics." in group.output
    channel = await town.check(chats={"support_forum": STAFF})
    assert "cannot have topics; only groups can." in channel.output
    assert "! chats.staff and chats.support_forum are the same chat" in channel.output


async def test_a_staff_channel_where_the_bot_may_not_post_is_wrong(town: Town) -> None:
    town.world.appoint(STAFF, town.world.bot_id, ["can_edit_messages"], by=ADA)
    without_right = await town.check()
    assert without_right.exit_code == 1
    assert "but without the right to post." in without_right.output
    town.world.appoint(STAFF, town.world.bot_id, [], by=ADA)
    no_admin = await town.check()
    assert "✗ chats.staff: the bot is no admin of “Support team”" in no_admin.output


async def test_a_staff_group_where_the_bot_is_a_plain_member_is_a_remark(town: Town) -> None:
    town.world.appoint(TEAM, town.world.bot_id, [], by=ADA)
    ended = await town.check(chats={"staff": TEAM})
    assert ended.exit_code == 0
    assert "! chats.staff: the bot can post in “Team”" in ended.output


async def test_a_group_that_became_a_supergroup_is_found_under_its_new_id(town: Town) -> None:
    town.world.add_group(-77, "Old team", admins={ADA: None})
    new_id = town.world.migrate(-77)
    ended = await town.check(chats={"staff": -77})
    assert ended.exit_code == 0
    assert f"→ Write into the settings: chats.staff = {new_id}" in ended.output
    assert f"the bot is an admin of “Old team” (group, {new_id})" in ended.output


async def test_a_webhook_in_the_way_of_polling_is_told_without_its_secret_path(town: Town) -> None:
    town.world.webhook.url = "https://helpdesk.example.com/telegram/abcdefghijklmnop"
    ended = await town.check()
    assert ended.exit_code == 0
    assert "! Telegram delivers updates to https://helpdesk.example.com, but telegram.mode" in ended.output
    assert "abcdefghijklmnop" not in ended.output


async def test_a_webhook_that_is_missing_foreign_or_failing_is_told(town: Town) -> None:
    webhook = {
        "mode": "webhook",
        "webhook_url": "https://ces.example.com",
        "webhook_secret": "0123456789abcdef",
    }
    missing = await town.check(telegram=webhook)
    assert "! No webhook is set yet." in missing.output
    town.world.webhook.url = "https://other.example.com/telegram/x"
    foreign = await town.check(telegram=webhook)
    assert "https://other.example.com, not to https://ces.example.com" in foreign.output
    town.world.webhook.url = "https://ces.example.com/telegram/x"
    town.world.webhook.last_error_date = int(SystemClock().now().timestamp())
    town.world.webhook.last_error_message = "Connection refused"
    failing = await town.check(telegram=webhook)
    assert "✓ Telegram delivers updates to https://ces.example.com" in failing.output
    assert "UTC: Connection refused." in failing.output


async def test_ids_of_chats_that_wrote_are_named_while_the_settings_lack_them(town: Town) -> None:
    town.world.say(ADA, FORUM, "/id")
    town.world.say(ADA, TEAM, "/id")
    town.world.say(ADA, ADA, "/id")
    ended = await town.check(chats={"staff": None, "support_forum": None, "admins": []})
    assert f"{FORUM} is “Support” (group with topics). It fits: chats.support_forum = {FORUM}" in ended.output
    assert f"{TEAM} is “Team” (group). It fits: chats.staff = {TEAM}" in ended.output
    assert f"{ADA} is “Ada King” (a person). It fits: chats.admins = [{ADA}]" in ended.output


async def test_customers_are_not_named_once_the_admins_are_known(town: Town) -> None:
    town.world.say(BEN, BEN, "Hello?")
    ended = await town.check(chats={"staff": None})
    assert "“Ben”" not in ended.output
    assert "None of the chats that wrote lately" in ended.output


async def test_while_another_bot_polls_the_check_says_so_instead_of_failing(town: Town) -> None:
    town.world.say(ADA, TEAM, "/id")
    town.world.faults.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    ended = await town.check(chats={"staff": None})
    assert "The bot is running: send /id in a chat" in ended.output


async def test_a_database_of_an_older_version_is_sent_to_migrate(town: Town) -> None:
    path = town.settings()
    await invoke("migrate", "--config", str(path))
    _set_schema(town.folder / "ces.db", 0)
    ended = await town.check()
    assert ended.exit_code == 1
    assert f"→ Run: python3 -m bot migrate --config {path}" in ended.output


@pytest.mark.postgres
async def test_a_database_on_postgresql_is_looked_at_before_and_after_its_first_start(
    town: Town, postgres_url: str
) -> None:
    pepper = town.folder / "pepper"
    pepper.write_text("ab" * 32)
    pepper.chmod(0o600)
    sections = {"database": {"url": postgres_url}, "privacy": {"pepper_file": str(pepper)}}
    empty = await town.check(**sections)
    assert "✓ The database on PostgreSQL is empty" in empty.output
    assert f"✓ The pepper is in {pepper}" in empty.output
    await invoke("migrate", "--config", str(town.settings(**sections)))
    made = await town.check(**sections)
    assert "✓ The database on PostgreSQL opens (schema " in made.output
    gone = await town.check(**{**sections, "database": {"url": "postgresql://ces:hunter2@127.0.0.1:1/ces"}})
    assert gone.exit_code == 1
    assert "hunter2" not in gone.output


async def test_a_database_without_its_pepper_and_a_missing_folder_are_wrong(town: Town) -> None:
    await invoke("migrate", "--config", str(town.settings()))
    (town.folder / "ces.pepper").unlink()
    without_pepper = await town.check()
    assert without_pepper.exit_code == 1
    assert "the pepper is gone" in without_pepper.output
    no_folder = await town.check(database={"url": "sqlite:///nowhere/ces.db"})
    assert "✗ There is no folder" in no_folder.output


async def test_a_title_cannot_give_orders_to_the_terminal(town: Town) -> None:
    town.world.add_channel(-1001000000009, "\x1b[2J[bold]Evil\u202e", admins={ADA: None})
    ended = await town.check(chats={"staff": -1001000000009})
    assert "“[2J[bold]Evil”" in ended.output
    assert "\x1b" not in ended.output


def test_the_schedule_is_shown_in_words_and_across_a_clock_change(tmp_path: Path) -> None:
    settings = load(None).model_copy(
        update={
            "summary": SummarySettings.model_validate({"schedule": "30 9 * * *", "timezone": "Europe/Berlin"})
        }
    )
    [finding] = schedule_findings(settings, datetime(2026, 10, 23, 12, tzinfo=UTC))
    assert finding.text == (
        "At 09:30 every day, time zone Europe/Berlin. Next: Sat 2026-10-24 09:30, Sun 2026-10-25 09:30, "
        "Mon 2026-10-26 09:30."
    )


def _set_schema(database: Path, version: int) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute(f"PRAGMA user_version={version}")
    connection.close()


async def test_the_weekly_digest_has_a_schedule_of_its_own_and_the_live_summary_needs_a_right(
    town: Town,
) -> None:
    keys = {"weekly": "0 9 * * 1", "live": True}
    ended = await town.check(summary=keys)
    assert "The weekly digest: At 09:00 on Monday, time zone UTC. Next: Mon " in ended.output
    assert "summary.live: the bot can pin its message in “Support team” (channel," in ended.output
    town.world.appoint(STAFF, town.world.bot_id, ["can_post_messages"], by=ADA)
    ended = await town.check(summary=keys)
    assert ended.exit_code == 0
    assert "summary.live: the bot may not pin in “Support team”" in ended.output
    assert "switch on Edit Messages of Others" in ended.output
    assert "summary.live" not in (await town.check()).output
