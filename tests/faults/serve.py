"""`chot serve` on a database that may lose commits: for negative controls only, since the service
itself refuses to start there."""

from __future__ import annotations

import sys

import chot
import database

if __name__ == "__main__":
    database.NEEDED_ON = ()
    sys.exit(chot.main(["serve"]))
