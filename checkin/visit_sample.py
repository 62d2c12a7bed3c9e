"""A short list of past visits to fill in, with what may stand in each column."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from io import StringIO

HEADER = ("Họ tên", "Số điện thoại", "Giấy tờ", "Địa điểm", "Khu vực", "Giờ vào", "Giờ ra")
WHO_WHERE = (
    ("Nguyễn Thị Lan", "0912 345 678", "092191001234", "Chợ Cái Răng", ""),
    ("Trần Văn Bình", "+84987654321", "", "Siêu thị Ninh Kiều", "Tầng 2"),
    ("Lê Minh Châu", "", "B1234567", "Quán cơm Hương", ""),
)


def sample(now: datetime) -> str:
    """CSV of the day before `now`, in its offset; one visit is without an end. It begins with the
    mark by which spreadsheets know UTF-8."""
    begin = (now - timedelta(days=1)).replace(hour=8, minute=30, second=0, microsecond=0)
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for n, row in enumerate(WHO_WHERE):
        arrived = begin + timedelta(minutes=95 * n)
        left = (arrived + timedelta(minutes=40)).isoformat() if n != 1 else ""
        writer.writerow([*row, arrived.isoformat(), left])
    return f"\ufeff{text.getvalue()}"
