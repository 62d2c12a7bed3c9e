"""SQL of the keeper, which runs as the owner: partitions, and the order in which rows lie."""

from __future__ import annotations

from datetime import date

PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'scan'::regclass ORDER BY c.relname
"""


def day_of(partition: str) -> date:
    return date.fromisoformat(partition.removeprefix("scan_"))


# Each pair: the keys of rows added in [$1, $2) in a random order, and the update that lays one of
# them down anew.
NEW_PEOPLE = """
SELECT id FROM person WHERE created >= $1 AND created < $2 AND NOT shuffled ORDER BY random()
"""
MOVE_PERSON = "UPDATE person SET created = created WHERE id = $1"

NEW_IDENTIFIERS = """
SELECT i.kind, i.hmac, i.person_id FROM identifier i JOIN person p ON p.id = i.person_id
WHERE p.created >= $1 AND p.created < $2 AND NOT i.shuffled ORDER BY random()
"""
MOVE_IDENTIFIER = """
UPDATE identifier SET verified = verified WHERE kind = $1 AND hmac = $2 AND person_id = $3
"""

NEW_DECLARATIONS = "SELECT id FROM declaration WHERE made >= $1 AND made < $2 ORDER BY random()"
MOVE_DECLARATION = "UPDATE declaration SET made = made WHERE id = $1"

NEW_STANDINGS = """
SELECT s.person_id FROM standing s JOIN declaration d ON d.person_id = s.person_id
WHERE d.made >= $1 AND d.made < $2 GROUP BY s.person_id ORDER BY random()
"""
MOVE_STANDING = "UPDATE standing SET own = own WHERE person_id = $1"

NEW_CARDS = "SELECT hmac FROM card WHERE bound >= $1 AND bound < $2 ORDER BY random()"
MOVE_CARD = "UPDATE card SET bound = bound WHERE hmac = $1"
