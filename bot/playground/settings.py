"""The playground's settings: quick where production is patient, and shown to the visitor."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.config import Settings
from bot.config.sections import (
    ChatsSettings,
    DatabaseSettings,
    HttpSettings,
    SendingSettings,
    SourcesSettings,
    SummarySettings,
    SurveySettings,
    TelegramSettings,
)
from bot.playground.page.stage import Roles

TOKEN = "1234567:playground-token-that-opens-nothing-at-all"
HOOK_SECRET = "whsec_cGxheWdyb3VuZC1vbmx5LW5vdC1hLXNlY3JldC0h"


def play_settings(
    *, api_url: str, folder: Path, roles: Roles, language: str, is_production: bool
) -> Settings:
    """The settings of the stage; ``is_production``: the defaults that a real team starts with."""
    survey = SurveySettings(company="Northwind")
    sending = SendingSettings()
    if not is_production:
        survey = SurveySettings(
            company="Northwind",
            delay=timedelta(seconds=5),
            cooldown=timedelta(0),
            quiet_hours=None,
            yearly_cap=0,
            minimum_messages=0,
            minimum_characters=0,
        )
        sending = SendingSettings(per_second=200, per_group_minute=600, per_chat_second=20)
    return Settings(
        telegram=TelegramSettings(token=SecretStr(TOKEN), api_url=api_url, modern=True),
        chats=ChatsSettings(
            staff=roles.staff_chats[0],
            support_forum=roles.support_forum,
            admins=list(roles.admins),
            language=language,
            explain=True,
        ),
        database=DatabaseSettings(url=f"sqlite:///{folder / 'play.db'}"),
        http=HttpSettings(port=0),
        survey=survey,
        sending=sending,
        summary=SummarySettings(schedule="0 9 * * *", live=True, live_every=timedelta(minutes=1)),
        sources=SourcesSettings.model_validate({"generic": {"secrets": [HOOK_SECRET]}}),
    )
