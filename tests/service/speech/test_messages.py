"""Whole messages, word for word, and facts at the edges of calendars and of counting."""

from datetime import date

import pytest

from fulfiller.domain.estimate import Basis, Wait
from fulfiller.domain.patience import Patience, Reason, Situation
from fulfiller.domain.validity import DAY, EPOCH, SECOND, end_of_day, micros
from fulfiller.service.speech.book import Book
from fulfiller.service.speech.speak import speak
from tests.service.speech.facts import ZONES
from tests.service.speech.shelf import BOOKS, bare


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.language)
def test_a_date_of_forever_is_no_fault(zone: str, book: Book) -> None:
    """The last year that calendars know is not known everywhere to its end."""
    forever = micros(EPOCH.replace(year=9999, month=12, day=31)) + DAY - 1
    patience = Patience(situation=Situation.PAUSED, zone=zone, valid_until=forever, since=forever)
    assert "9999" in speak(patience, book)


PAUSED = Patience(
    situation=Situation.WAITLISTED,
    zone="Asia/Shanghai",
    reason=Reason.CROWD,
    ahead=12_431,
    wait=Wait(low_s=310, high_s=600, basis=Basis.MEASURED),
    since=1_770_616_859 * SECOND,
    come_back_at=1_770_617_001 * SECOND,
    valid_until=end_of_day(date(2026, 2, 28), "Asia/Shanghai"),
)
MESSAGES = {
    "en": (
        "Your place is kept. More people came than we planned for. "
        "This began on 9 February 2026 at 14:00. 12,431 people are ahead of you. "
        "The wait is between 5 and 10 minutes. You need do nothing. "
        "You can look again on 9 February 2026 at 14:04. "
        "Coupons you already hold stay valid through 28 February 2026. "
        "Dates and times are in China Time."
    ),
    "zh-Hans": (
        "您的位置已为您保留。来的人比我们预计的多。这一情况始于2026年2月9日 14:00。"
        "您前面还有12,431人。预计等待5到10分钟。您什么都不用做。"
        "您可以在2026年2月9日 14:04再来查看。您已领取的优惠券有效期至2026年2月28日（含当日）。"  # noqa: RUF001 - Chinese
        "以上日期和时间均为中国时间。"
    ),
    "zh-Hant": (
        "您的位置已為您保留。來的人比我們預期的多。這個情況始於2026年2月9日下午2:00。"
        "您前面還有 12,431 人。預計等待 5 到 10 分鐘。您什麼都不用做。"
        "您可以在2026年2月9日下午2:04再來查看。您已領取的優惠券有效期限至2026年2月28日（含當日）。"  # noqa: RUF001 - Chinese
        "以上日期和時間均為中國時間。"
    ),
    "ar": (
        "مكانك محفوظ. جاء عدد من الناس أكبر مما خططنا له. بدأ ذلك في 9 فبراير 2026 الساعة 2:00 م. "
        "أمامك 12,431 شخصًا. مدة الانتظار: 5 دقائق على الأقل و10 دقائق على الأكثر. "
        "لا يلزمك فعل أي شيء. يمكنك الاطلاع مرة أخرى في 9 فبراير 2026 الساعة 2:04 م. "
        "القسائم التي لديك صالحة حتى نهاية يوم 28 فبراير 2026. التواريخ والأوقات حسب توقيت الصين."
    ),
}


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.language)
def test_a_whole_message_reads_well(book: Book) -> None:
    """This is what a person in a festival's line is told, word for word."""
    assert bare(speak(PAUSED, book)) == MESSAGES[book.language]


ARABIC = {1: "أمامك شخص واحد.", 2: "أمامك شخصان.", 3: "أمامك 3 أشخاص.", 11: "أمامك 11 شخصًا."}


@pytest.mark.parametrize(("ahead", "said"), [*ARABIC.items(), (100, "أمامك 100 شخص.")])
def test_arabic_counts_in_all_its_forms(ahead: int, said: str) -> None:
    """One, two, few, many and other."""
    text = speak(Patience(situation=Situation.QUEUED, zone="UTC", ahead=ahead), BOOKS[3])
    assert said in bare(text)
