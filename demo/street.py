"""Words of the city: wards with their middles, streets, and what shops call themselves.

Coordinates and numbers of people are rough; ward names are those of the official list. Names of
venues are invented.
"""

from __future__ import annotations

from venues.model import VenueKind

# Name, latitude, longitude, weight by people who live there.
WARDS = [
    ("Phường Ninh Kiều", 10.0340, 105.7880, 130), ("Phường Cái Khế", 10.0475, 105.7800, 110),
    ("Phường Tân An", 10.0280, 105.7690, 100), ("Phường An Bình", 10.0060, 105.7480, 75),
    ("Phường Bình Thủy", 10.0760, 105.7420, 65), ("Phường Long Tuyền", 10.0300, 105.7150, 45),
    ("Phường Thới An Đông", 10.0780, 105.7000, 30), ("Phường Cái Răng", 10.0000, 105.7790, 60),
    ("Phường Hưng Phú", 10.0170, 105.8030, 60), ("Phường Ô Môn", 10.1100, 105.6250, 45),
    ("Phường Phước Thới", 10.1010, 105.6700, 30), ("Phường Thới Long", 10.1680, 105.6000, 25),
    ("Phường Thốt Nốt", 10.2690, 105.5320, 40), ("Phường Thuận Hưng", 10.2200, 105.5800, 25),
    ("Phường Trung Nhứt", 10.2450, 105.5500, 20), ("Phường Tân Lộc", 10.2500, 105.5750, 15),
    ("Xã Phong Điền", 9.9990, 105.6700, 30), ("Xã Nhơn Ái", 9.9800, 105.7000, 20),
    ("Xã Thới Lai", 10.0660, 105.5600, 20), ("Xã Cờ Đỏ", 10.0930, 105.4320, 20),
    ("Xã Vĩnh Thạnh", 10.2300, 105.4000, 15), ("Phường Vị Thanh", 9.7850, 105.4700, 25),
    ("Phường Ngã Bảy", 9.8150, 105.8250, 20), ("Phường Sóc Trăng", 9.6030, 105.9740, 30),
    ("Phường Phú Lợi", 9.6050, 105.9640, 30), ("Phường Vĩnh Châu", 9.3260, 105.9800, 20),
]  # fmt: skip

STREETS = (
    "Ba Tháng Hai", "Ba Mươi Tháng Tư", "Nguyễn Văn Cừ", "Trần Hưng Đạo", "Hai Bà Trưng",
    "Hòa Bình", "Mậu Thân", "Lý Tự Trọng", "Nguyễn Trãi", "Phan Đình Phùng", "Trần Phú",
    "Xô Viết Nghệ Tĩnh", "Cách Mạng Tháng Tám", "Hùng Vương", "Võ Văn Kiệt", "Nguyễn Văn Linh",
    "Trần Văn Hoài", "Mạc Đĩnh Chi", "Đề Thám", "Châu Văn Liêm", "Ngô Quyền", "Phan Bội Châu",
    "Nguyễn An Ninh", "Trần Việt Châu", "Lê Hồng Phong", "Bùi Hữu Nghĩa", "Nguyễn Đệ",
    "Trần Quang Diệu", "Huỳnh Cương", "Lê Bình", "Phạm Hùng", "Quang Trung", "Võ Nguyên Giáp",
)  # fmt: skip

SHOP = (
    "Ngọc Lan", "Hoàng Gia", "Phương Nam", "Tây Đô", "Sông Hậu", "Hương Quê", "Miền Tây",
    "Bến Ninh", "Năm Tài", "Chị Bảy", "Cô Ba", "Thanh Thủy", "Minh Châu", "Bình Minh", "Sao Mai",
    "Hải Yến", "Kim Ngân", "Phú Quý", "Thành Đạt", "An Khang", "Hạnh Phúc", "Mai Vàng", "Hoa Sen",
    "Gia Hưng", "Ánh Dương", "Tân Tiến", "Đồng Xanh", "Phù Sa", "Bông Lúa", "Dừa Xanh", "Cửu Long",
    "Lục Bình", "Hoa Sứ", "Vườn Xoài", "Mekong", "Hoàng Yến", "Trúc Xanh", "Bến Xuân", "Việt Hương",
)  # fmt: skip

TITLES: dict[VenueKind, tuple[str, ...]] = {
    VenueKind.MARKET: ("Chợ",),
    VenueKind.SUPERMARKET: ("Siêu thị",),
    VenueKind.CONVENIENCE: ("Tạp hóa", "Cửa hàng tiện lợi", "Bách hóa"),
    VenueKind.RESTAURANT: ("Quán cơm", "Nhà hàng", "Quán lẩu", "Bún nước lèo", "Hủ tiếu", "Phở"),
    VenueKind.CAFE: ("Cà phê", "Quán cà phê", "Trà sữa"),
    VenueKind.BAR: ("Quán nhậu", "Bia hơi"),
    VenueKind.KARAOKE: ("Karaoke",),
    VenueKind.OFFICE: ("Công ty TNHH", "Công ty Cổ phần"),
    VenueKind.FACTORY: ("Nhà máy Thủy sản", "Xí nghiệp May", "Nhà máy Gạo"),
    VenueKind.SCHOOL: ("Trường THPT", "Trường Cao đẳng"),
    VenueKind.HOSPITAL: ("Bệnh viện Đa khoa", "Bệnh viện"),
    VenueKind.CLINIC: ("Phòng khám", "Nha khoa"),
    VenueKind.PHARMACY: ("Nhà thuốc", "Quầy thuốc"),
    VenueKind.BANK: ("Ngân hàng", "Quỹ tín dụng"),
    VenueKind.GOVERNMENT: ("Ủy ban nhân dân", "Trung tâm Hành chính công"),
    VenueKind.WORSHIP: ("Chùa", "Nhà thờ", "Đình"),
    VenueKind.GYM: ("Phòng tập", "Yoga"),
    VenueKind.CINEMA: ("Rạp",),
    VenueKind.HOTEL: ("Khách sạn", "Nhà nghỉ"),
    VenueKind.TRANSPORT_HUB: ("Bến xe", "Bến tàu"),
    VenueKind.SALON: ("Tiệm tóc", "Salon"),
    VenueKind.PARK: ("Công viên",),
}
