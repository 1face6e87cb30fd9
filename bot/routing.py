"""Who takes which update: builds the handlers on top of the parts that they serve."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.adapters.catalogues import Catalogues
from bot.config import Settings
from bot.domain.controls import Retention
from bot.flow.administration import Administration
from bot.flow.answers import Answers
from bot.flow.chats import ChatBook
from bot.flow.desk import Desk
from bot.flow.erasures import Erasures
from bot.flow.intake import Intake
from bot.flow.menus import Menus
from bot.flow.ports import Tokens
from bot.flow.rehearsals import Rehearsals
from bot.flow.reports import Reports
from bot.flow.rights import Rights
from bot.flow.rulebook import Rulebook
from bot.flow.stories import Stories
from bot.store.respondents import Pseudonyms
from handlers.admins import Admins
from handlers.replies import Replies
from handlers.router import Router
from handlers.staff import Staff, StaffPost
from handlers.support import Support


def build_router(
    settings: Settings,
    tokens: Tokens,
    username: Callable[[], str],
    chats: ChatBook,
    catalogues: Catalogues,
    pseudonyms: Pseudonyms,
    answers: Answers,
    desk: Desk,
    reports: Reports,
    menus: Menus,
    intake: Intake,
    rulebook: Rulebook,
    retention: Retention,
    erasures: Erasures,
    rehearsals: Rehearsals,
    posts: Mapping[str, StaffPost],
) -> Router:
    """The router with everything behind it. ``posts``: the buttons under staff posts, by what they are about."""
    staff_texts = catalogues.for_staff(settings.chats.language)
    support = Support(desk, chats, pseudonyms)
    rights = Rights(
        catalogues,
        tokens,
        desk,
        reports,
        company=settings.survey.company,
        has_desk=settings.chats.support_forum is not None,
        default_language=settings.survey.language,
        retention=retention,
        erased=erasures.record,
    )
    zone = settings.summary.timezone
    admins = Admins(
        administration=Administration(rulebook, intake, desk, tokens, staff_texts, zone),
        rulebook=rulebook,
        tokens=tokens,
        catalogues=catalogues,
        languages=catalogues.languages,
        texts=staff_texts,
        zone=zone,
        settings_shown=tuple(settings.shown()),
        tells_staff=chats.alerts is not None,
    )
    staff = Staff(
        chats=chats,
        admins=admins,
        stories=Stories(tokens, staff_texts, zone),
        rehearsals=rehearsals,
        posts=posts,
        support=support,
        menus=menus,
        texts=staff_texts,
        bot_username=username,
    )
    replies = Replies(
        answers=answers,
        rights=rights,
        support=support,
        staff=staff,
        pseudonyms=pseudonyms,
        bot_username=username,
    )
    return Router(
        chats=chats,
        catalogues=catalogues,
        answers=answers,
        replies=replies,
        support=support,
        staff=staff,
        intake=intake,
    )
