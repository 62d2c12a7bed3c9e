"""The kind of venue that people mean by what they write in a list."""

from __future__ import annotations

from collections.abc import Callable

from venues.intake_text import compared, folded
from venues.model import VenueKind

# In order: «nhà hàng karaoke» is a karaoke, «siêu thị mini» a convenience store.
KIND_WORDS = {
    VenueKind.KARAOKE: "karaoke",
    VenueKind.BAR: """bar; pub; quán bar; vũ trường; quán nhậu; quán bia; bia hơi; beer club;
        night club; nightclub; lounge; tavern""",
    VenueKind.EVENT: """sự kiện; hội nghị; tiệc cưới; trung tâm hội nghị; đám cưới; hội chợ;
        event; conference; wedding; exhibition""",
    VenueKind.PARK: """công viên; vườn hoa; quảng trường; vườn thú; sở thú; park; playground; zoo;
        beach""",
    VenueKind.CLINIC: """phòng khám; trạm y tế; nha khoa; phòng mạch; trung tâm y tế; clinic;
        dentist; dental; medical centre; medical center; doctor""",
    VenueKind.HOSPITAL: "bệnh viện; viện y học; hospital",
    VenueKind.PHARMACY: """nhà thuốc; hiệu thuốc; quầy thuốc; tiệm thuốc; pharmacy; chemist;
        drugstore""",
    VenueKind.CONVENIENCE: """cửa hàng tiện lợi; tiện lợi; siêu thị mini; minimart; tạp hóa; bách
        hóa; convenience; convenience store; grocery; dairy""",
    VenueKind.SUPERMARKET: """siêu thị; đại siêu thị; trung tâm thương mại; supermarket;
        hypermarket; mall; shopping centre; shopping center; department store""",
    VenueKind.MARKET: "chợ; chợ đầu mối; chợ đêm; market",
    VenueKind.CAFE: """cà phê; cafe; café; coffee; trà sữa; quán nước; giải khát; tiệm trà; tea
        house; bakery; tiệm bánh""",
    VenueKind.RESTAURANT: """nhà hàng; quán ăn; ăn uống; quán cơm; quán phở; tiệm ăn; ẩm thực;
        căng tin; canteen; restaurant; food court; eatery; takeaway; fast food; diner""",
    VenueKind.HOTEL: """khách sạn; nhà nghỉ; nhà trọ du lịch; homestay; resort; khu nghỉ dưỡng;
        hotel; motel; hostel; guest house""",
    VenueKind.SCHOOL: """trường học; trường; mầm non; mẫu giáo; tiểu học; thcs; thpt; trung học;
        đại học; cao đẳng; trung tâm ngoại ngữ; nhà trẻ; school; kindergarten; college;
        university; childcare""",
    VenueKind.BANK: "ngân hàng; phòng giao dịch; atm; bank",
    VenueKind.GOVERNMENT: """ubnd; ủy ban; cơ quan nhà nước; trụ sở công an; công an; hành chính;
        nhà văn hóa; government; council; town hall; courthouse; police""",
    VenueKind.WORSHIP: """chùa; nhà thờ; đình làng; đền; miếu; thánh thất; thánh đường; tôn giáo;
        tu viện; church; temple; mosque; pagoda; worship; synagogue""",
    VenueKind.GYM: """phòng tập; phòng gym; gym; thể hình; yoga; thể dục thể thao; thể thao; bể
        bơi; hồ bơi; sân bóng; fitness; swimming pool; sports""",
    VenueKind.CINEMA: "rạp chiếu phim; rạp phim; rạp; nhà hát; cinema; theatre; theater",
    VenueKind.TRANSPORT_HUB: """bến xe; nhà ga; sân bay; ga tàu; bến tàu; bến phà; cảng; trạm xe
        buýt; bus station; train station; airport; terminal; ferry terminal; transport hub;
        port""",
    VenueKind.SALON: """cắt tóc; làm tóc; tiệm tóc; salon; làm đẹp; thẩm mỹ; thẩm mĩ; tiệm nail;
        spa; massage; mát xa; gội đầu; barber; hairdresser; beauty""",
    VenueKind.FACTORY: """nhà máy; xí nghiệp; xưởng; nhà xưởng; phân xưởng; khu công nghiệp; khu
        chế xuất; kho; factory; plant; warehouse; workshop""",
    VenueKind.RESIDENCE: """chung cư; nhà ở; khu dân cư; ký túc xá; kí túc xá; nhà trọ; khu trọ;
        cư xá; residence; apartment; apartments; dormitory; residential""",
    VenueKind.OFFICE: "văn phòng; tòa nhà; cao ốc; công ty; trụ sở; office; coworking",
    VenueKind.OTHER: "khác; loại khác; other",
}


def _phrases(fold: Callable[[str], str]) -> list[tuple[str, VenueKind]]:
    return [
        (f" {fold(phrase)} ", kind)
        for kind, phrases in KIND_WORDS.items()
        for phrase in phrases.split(";")
    ]


MARKED = _phrases(compared)
# Without its marks one syllable means too much («chợ» a market, «cho» for): only alone.
UNMARKED = [(phrase, kind) for phrase, kind in _phrases(folded) if " " in phrase.strip()]
WHOLE = {folded(kind): kind for kind in VenueKind} | {
    p.strip(): kind for p, kind in _phrases(folded)
}


def kind_of(text: str) -> VenueKind | None:
    """None when no word of ours is in it."""
    unmarked = folded(text)
    if unmarked in WHOLE:
        return WHOLE[unmarked]
    words = f" {compared(text)} "
    found = next((kind for phrase, kind in MARKED if phrase in words), None)
    if found is None and text.isascii():
        return next((kind for phrase, kind in UNMARKED if phrase in f" {unmarked} "), None)
    return found
