"""Names of the people of Cần Thơ, each with its weight; those of family names are per mille.

Family names follow the published national frequencies, shifted to the Mekong delta: Huỳnh and Võ
for Hoàng and Vũ, and the family names of Khmer and Hoa people. Given names follow the fashion of
the decade a person was born in.
"""

from __future__ import annotations

from random import Random

from checkin.model import Sex
from demo.chance import weighted

FAMILY = {
    "Nguyễn": 380, "Trần": 115, "Lê": 95, "Phạm": 65, "Huỳnh": 60, "Phan": 42, "Võ": 42,
    "Đặng": 22, "Bùi": 16, "Dương": 15, "Hồ": 14, "Ngô": 13, "Trương": 13, "Đỗ": 11, "Lâm": 11,
    "Lý": 10, "Thạch": 9, "Đoàn": 8, "Mai": 7, "Lương": 7, "Đinh": 6, "Danh": 6, "Sơn": 5,
    "Châu": 5, "Cao": 5, "Hà": 5, "Tô": 4, "Kim": 4, "Quách": 3, "Tăng": 3, "Thái": 3, "Liêu": 2,
}  # fmt: skip

MIDDLE = {
    (Sex.FEMALE, "old"): {"Thị": 700, "Ngọc": 70, "Kim": 80, "Mỹ": 40, "Tuyết": 30, "Thanh": 40},
    (Sex.FEMALE, "middle"): {
        "Thị": 420, "Ngọc": 120, "Kim": 80, "Mỹ": 60, "Thanh": 70, "Thị Ngọc": 60, "Thị Thu": 50,
        "Thị Kim": 50, "Hồng": 40, "Bích": 30, "Thúy": 30,
    },
    (Sex.FEMALE, "young"): {
        "Thị": 120, "Ngọc": 190, "Thanh": 70, "Bảo": 60, "Khánh": 50, "Thị Ngọc": 50, "Như": 60,
        "Mỹ": 60, "Kim": 50, "Thảo": 40, "Yến": 40, "Phương": 50, "Minh": 40, "Gia": 40,
    },
    (Sex.MALE, "old"): {"Văn": 680, "Hữu": 60, "Thanh": 60, "Công": 40, "Ngọc": 40, "Minh": 40},
    (Sex.MALE, "middle"): {
        "Văn": 330, "Thanh": 110, "Minh": 110, "Hoàng": 90, "Quốc": 70, "Hữu": 60, "Ngọc": 50,
        "Trung": 50, "Công": 40, "Đức": 40, "Tấn": 30,
    },
    (Sex.MALE, "young"): {
        "Minh": 160, "Hoàng": 140, "Gia": 90, "Quốc": 90, "Văn": 80, "Thanh": 80, "Tuấn": 60,
        "Anh": 50, "Nhật": 50, "Trọng": 40, "Đăng": 50, "Khánh": 40, "Phúc": 40, "Thiên": 30,
    },
}  # fmt: skip

GIVEN = {
    (Sex.FEMALE, "old"): {
        "Lan": 60, "Hoa": 60, "Hồng": 55, "Nga": 45, "Mai": 45, "Tuyết": 40, "Loan": 45, "Út": 40,
        "Bé": 40, "Ba": 25, "Tư": 25, "Năm": 25, "Sáu": 25, "Phượng": 35, "Cúc": 30, "Huệ": 35,
        "Liên": 35, "Nguyệt": 30, "Thu": 35, "Xuân": 30,
    },
    (Sex.FEMALE, "middle"): {
        "Hương": 50, "Thủy": 50, "Hằng": 45, "Trang": 55, "Loan": 40, "Diễm": 40, "Phương": 50,
        "Thảo": 50, "Nhung": 40, "Hạnh": 40, "Dung": 40, "Yến": 40, "Kiều": 35, "Trinh": 35,
        "Oanh": 35, "Thúy": 40, "Linh": 40, "Lan": 35, "Mai": 30, "Tiên": 30, "Nga": 25,
    },
    (Sex.FEMALE, "young"): {
        "Trân": 60, "Ngân": 60, "Vy": 60, "Như": 65, "Anh": 60, "Linh": 50, "Thy": 45, "Trâm": 45,
        "Hân": 60, "Quyên": 35, "Nhi": 60, "Tiên": 45, "My": 50, "Thư": 60, "Duyên": 40, "Uyên": 35,
        "Trúc": 40, "Ngọc": 45, "Châu": 25,
    },
    (Sex.MALE, "old"): {
        "Hùng": 55, "Dũng": 45, "Sơn": 45, "Hai": 25, "Ba": 30, "Tư": 25, "Út": 35, "Thành": 45,
        "Hải": 40, "Minh": 40, "Tài": 30, "Lợi": 35, "Đức": 35, "Bảy": 25, "Chín": 20, "Hòa": 35,
        "Hiền": 30, "Phước": 35, "Quang": 30, "Thắng": 35,
    },
    (Sex.MALE, "middle"): {
        "Tuấn": 60, "Hùng": 40, "Cường": 45, "Dũng": 40, "Phong": 40, "Nam": 40, "Tùng": 30,
        "Hải": 40, "Bình": 35, "Phúc": 40, "Tâm": 40, "Thành": 40, "Trung": 40, "Vũ": 35,
        "Nhân": 35, "Linh": 25, "Toàn": 35, "Khoa": 30, "Lộc": 30, "Sang": 35, "Hiếu": 35,
    },
    (Sex.MALE, "young"): {
        "Huy": 60, "Khang": 60, "Khoa": 50, "Phát": 50, "Đạt": 55, "Duy": 55, "Bảo": 60, "Minh": 45,
        "Nhân": 35, "Nghĩa": 35, "Thịnh": 45, "Kiệt": 40, "Long": 35, "Tín": 35, "An": 35,
        "Phúc": 45, "Khôi": 35, "Quân": 40, "Nguyên": 40, "Vinh": 30,
    },
}  # fmt: skip

OLD_UNTIL, MIDDLE_UNTIL = 1968, 1993  # years of birth


_FAMILY = weighted(FAMILY)
_MIDDLE = {group: weighted(shares) for group, shares in MIDDLE.items()}
_GIVEN = {group: weighted(shares) for group, shares in GIVEN.items()}


def family_name(rng: Random) -> str:
    return _FAMILY.pick(rng)


def full_name(rng: Random, family: str, sex: Sex, born: int) -> str:
    """As on a document: family, middle, given."""
    era = "old" if born <= OLD_UNTIL else "middle" if born <= MIDDLE_UNTIL else "young"
    middle = _MIDDLE[sex, era].pick(rng)
    given = _GIVEN[sex, era].pick(rng)
    while given in middle.split():
        given = _GIVEN[sex, era].pick(rng)
    return f"{family} {middle} {given}"
