"""The people and chats of the playground."""

from __future__ import annotations

from dataclasses import dataclass

from bot.playground.botapi import World
from bot.playground.page.stage import Roles

FORUM = -1001000000001
STAFF = -1001000000002
ADMIN = 900
AGENTS = (801, 802)


@dataclass(frozen=True)
class Customer:
    """One made-up customer."""

    id: int
    first_name: str
    last_name: str
    language: str


CUSTOMERS: tuple[Customer, ...] = (
    Customer(101, "Emma", "Clarke", "en"),
    Customer(102, "林晓", "", "zh-hans"),
    Customer(103, "ليلى", "حداد", "ar"),
    Customer(104, "Noah", "Weber", "de"),
    Customer(105, "Sofía", "Ruiz", "es"),
)
# Whom the simulated week brings in beside them.
VISITORS: tuple[Customer, ...] = (
    Customer(201, "Oliver", "Hughes", "en"),
    Customer(202, "Amelia", "Byrne", "en"),
    Customer(203, "Jack", "Morris", "en-GB"),
    Customer(204, "Grace", "Okafor", "en"),
    Customer(205, "Liam", "Novak", "en"),
    Customer(206, "Mia", "Andersson", "en"),
    Customer(207, "Lucas", "Silva", "en"),
    Customer(208, "Zoe", "Martin", "en"),
    Customer(209, "Ethan", "Brooks", "en-US"),
    Customer(210, "Ivy", "Chen", "en"),
    Customer(211, "王伟", "", "zh-hans"),
    Customer(212, "李芳", "", "zh-CN"),
    Customer(213, "陈静", "", "zh-hans"),
    Customer(214, "赵磊", "", "zh-hans"),
    Customer(215, "周敏", "", "zh-CN"),
    Customer(216, "吴强", "", "zh-hans"),
    Customer(217, "عمر", "ناصر", "ar"),
    Customer(218, "سارة", "منصور", "ar"),
    Customer(219, "يوسف", "عباس", "ar-EG"),
    Customer(220, "Chloe", "Dubois", "en"),
    Customer(221, "Daniel", "Kowalski", "en"),
    Customer(222, "Hannah", "Fischer", "en"),
    Customer(223, "Isaac", "Mensah", "en"),
    Customer(224, "Nora", "Lindqvist", "en"),
    Customer(225, "Owen", "Gallagher", "en-GB"),
    Customer(226, "Priya", "Raman", "en"),
    Customer(227, "Theo", "Papadakis", "en"),
    Customer(228, "刘洋", "", "zh-hans"),
    Customer(229, "孙丽", "", "zh-CN"),
    Customer(230, "هدى", "صالح", "ar"),
    Customer(231, "كريم", "فارس", "ar"),
)


def people(world: World, *, staff_language: str) -> Roles:
    """Fill a world with the cast; the first five customers, two agents, an admin, a forum and a staff channel."""
    for customer in (*CUSTOMERS, *VISITORS):
        world.add_person(
            customer.id,
            customer.first_name,
            last_name=customer.last_name or None,
            language_code=customer.language,
        )
    is_chinese = staff_language.startswith("zh")
    world.add_person(AGENTS[0], "Olga", last_name="Petrova", language_code="en")
    world.add_person(AGENTS[1], "Ben", last_name="Adeyemi", language_code="en")
    world.add_person(ADMIN, "Ada", last_name="King", language_code=staff_language)
    rights = dict.fromkeys((*AGENTS, ADMIN))
    world.add_forum(FORUM, "客服" if is_chinese else "Support", admins=rights)
    world.add_channel(STAFF, "客服团队" if is_chinese else "Support team", admins=rights)
    return Roles(
        customers=tuple(customer.id for customer in CUSTOMERS),
        agents=AGENTS,
        admins=(ADMIN,),
        support_forum=FORUM,
        staff_chats=(STAFF,),
    )
