"""The opening hour: a steady trickle, then ten times as many within five seconds. No error is
allowed but «busy, come again in so many seconds»."""

import os

from loadtest.day import burst
from loadtest.phone import Habits, Phone

SECONDS = float(os.environ["LOAD_SECONDS"])


class EarlyShopper(Phone):
    shape = staticmethod(burst(start=0.4, length=5 / SECONDS, factor=10))
    habits = Habits(check_out=0.1, twice=0.1, think=(1.0, 0.4))  # impatient
