-- Who shared $4 milliseconds or more with the case $1 in [$2, $3): since when, until when, the
-- longest time at once. Pair by pair, over stays whose ends are known. No stay is longer than $5,
-- which bounds what an index over (venue, arrived) has to look through.
SELECT o.person,
    min(greatest(o.arrived, c.arrived)) AS since,
    max(least(o.gone, c.gone)) AS last,
    max(least(o.gone, c.gone) - greatest(o.arrived, c.arrived)) AS together
FROM (
    SELECT venue, greatest(arrived, $2::bigint) AS arrived, least(gone, $3::bigint) AS gone
    FROM own_visit WHERE person = $1::bigint AND arrived < $3::bigint AND gone > $2::bigint
) c
JOIN visit o ON o.venue = c.venue
    AND o.arrived <= c.gone - $4::bigint AND o.arrived >= c.arrived - $5::bigint
    AND o.gone >= c.arrived + $4::bigint
WHERE o.person <> $1::bigint
    AND least(o.gone, c.gone) - greatest(o.arrived, c.arrived) >= $4::bigint
GROUP BY o.person
