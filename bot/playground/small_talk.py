"""What made-up people say in the simulated week, by language: a table of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SmallTalk:
    """Lines of one language. ``topics`` start a conversation; ``hardness`` pulls the score of its topic down."""

    topics: tuple[tuple[str, float], ...]
    follow_ups: tuple[str, ...]
    answers: tuple[str, ...]
    thanks: tuple[str, ...]
    hard_comments: tuple[str, ...]
    easy_comments: tuple[str, ...]


TALK: Mapping[str, SmallTalk] = {
    "en": SmallTalk(
        topics=(
            ("Hi, I can't log in since this morning.", 0.2),
            ("Where is my parcel? The tracking has not moved for three days.", 0.5),
            ("I was charged twice this month.", 0.6),
            ("How do I change the address of my order?", 0.0),
            ("I'd like to return the shoes, they are too small.", 0.4),
            ("Can I get an invoice with our VAT number?", 0.0),
            ("The app closes when I open the cart.", 0.3),
        ),
        follow_ups=(
            "It's order 4471.",
            "I already tried that.",
            "Yes, on my phone.",
            "Any news?",
            "I wrote about this last week too.",
        ),
        answers=(
            "Hello! Let me have a look.",
            "Could you send me the order number?",
            "I have changed that for you.",
            "It will arrive tomorrow before noon.",
            "The refund is on its way, three working days.",
            "Please try again now.",
        ),
        thanks=("Thanks!", "Great, thank you", "ok", "👍"),
        hard_comments=(
            "Had to explain the same thing three times.",
            "Over an hour without a reply. My number is 555 0134 778, nobody called.",
            "Passed around between people and still not solved.",
            "Too many forms for one return.",
        ),
        easy_comments=("Quick and friendly.", "Solved in two minutes!", "Clear answer, no fuss."),
    ),
    "zh": SmallTalk(
        topics=(
            ("你好，我今天早上开始登录不了。", 0.2),
            ("我的包裹三天没有更新物流了。", 0.5),
            ("这个月被重复扣款了。", 0.6),
            ("请问怎么修改收货地址？", 0.0),
            ("鞋子太小了，想退货。", 0.4),
            ("可以开发票吗？", 0.0),
        ),
        follow_ups=("订单号是 4471。", "我已经试过了。", "有进展吗？", "上周也问过一次。"),
        answers=(
            "您好，我马上查看。",
            "请提供一下订单号。",
            "已经为您修改好了。",
            "预计明天上午送达。",
            "退款三个工作日内到账。",
        ),
        thanks=("谢谢", "好的，谢谢", "👍"),
        hard_comments=("同一个问题说了三遍。", "等了一个多小时才有人回复。", "退货步骤太多了。"),
        easy_comments=("回复很快，很专业。", "两分钟就解决了！", "解释得很清楚。"),
    ),
    "ar": SmallTalk(
        topics=(
            ("مرحبًا، لا أستطيع تسجيل الدخول منذ الصباح.", 0.2),
            ("أين طلبي؟ لم يتحدث التتبع منذ ثلاثة أيام.", 0.5),
            ("تم خصم المبلغ مرتين هذا الشهر.", 0.6),
            ("كيف أغيّر عنوان التوصيل؟", 0.0),
        ),
        follow_ups=("رقم الطلب 4471.", "جربت ذلك من قبل.", "هل من جديد؟"),
        answers=("أهلًا، سأتحقق الآن.", "ما رقم الطلب من فضلك؟", "تم التعديل.", "سيصل غدًا قبل الظهر."),
        thanks=("شكرًا", "تمام شكرًا", "👍"),
        hard_comments=("شرحت المشكلة ثلاث مرات.", "انتظرت أكثر من ساعة."),
        easy_comments=("رد سريع ولطيف.", "تم الحل في دقيقتين!"),
    ),
}


def talk_of(language: str) -> SmallTalk:
    """The lines for a person of this IETF tag; English where there are none of their own."""
    return TALK.get(language.split("-")[0], TALK["en"])
