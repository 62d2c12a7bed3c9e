"""A market hall with a bad network: phones send again without having heard, lose the answer, and
bring scans of hours and days ago when they are online at last. Nothing may be lost or doubled."""

from loadtest.day import flat
from loadtest.phone import Habits, Phone


class WeakPhone(Phone):
    shape = staticmethod(flat)
    habits = Habits(twice=0.3, vanish=0.25, late=0.4, late_hours=12)
