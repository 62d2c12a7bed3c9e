"""Lists that leave: a case's contacts in the formats of other systems, and the second account that
lets names go."""
