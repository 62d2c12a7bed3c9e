"""The same few people a second for hours (`--seconds 3600`): what leaks shows at the end, in the
report's response times and in the service's memory."""

from loadtest.day import flat
from loadtest.phone import Phone


class Passer(Phone):
    shape = staticmethod(flat)
