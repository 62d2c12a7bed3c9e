"""A city at noon: hundreds of eating places, a few of them crowded, nearly everyone within an hour
and a half, and most check out again."""

from loadtest.day import peaks
from loadtest.phone import Habits, Phone


class Diner(Phone):
    shape = staticmethod(peaks(10.5, 14, (11.9, 0.4, 0.85)))
    habits = Habits(check_out=0.6, stay=(0.2, 0.06))  # 42 minutes of three hours and a half
