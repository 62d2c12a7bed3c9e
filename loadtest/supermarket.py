"""A supermarket's day, compressed: 20,000 people at one poster, a morning and an evening peak."""

from loadtest.day import peaks
from loadtest.phone import Habits, Phone


class Shopper(Phone):
    shape = staticmethod(peaks(8, 22, (10.5, 1.2, 0.45), (17.75, 1.1, 0.45)))
    habits = Habits(stay=(0.043, 0.018), think=(1.0, 0.6))  # 36 minutes of 14 hours
