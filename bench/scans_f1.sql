-- The question of stays_f1.sql, asked of scans: the stays of the case, then those of whoever
-- scanned where it was, since as long before as anybody stays ($5). JUDGED(...) is judged.sql.
WITH case_scan AS (
    SELECT * FROM own_scanned WHERE person = $1::bigint AND stamp >= $2::bigint - $5::bigint
),
case_stay AS (JUDGED(case_scan)),
c AS (
    SELECT venue, greatest(arrived, $2::bigint) AS arrived, least(gone, $3::bigint) AS gone
    FROM case_stay WHERE arrived < $3::bigint AND gone > $2::bigint
),
near AS (
    SELECT DISTINCT s.person
    FROM c JOIN scanned s ON s.venue = c.venue
        AND s.stamp >= c.arrived - $5::bigint AND s.stamp < c.gone
    WHERE s.person <> $1::bigint
),
near_scan AS (
    SELECT s.* FROM near JOIN own_scanned s ON s.person = near.person
        AND s.stamp >= $2::bigint - $5::bigint AND s.stamp < $3::bigint + $5::bigint
),
o AS (JUDGED(near_scan))
SELECT o.person,
    min(greatest(o.arrived, c.arrived)) AS since,
    max(least(o.gone, c.gone)) AS last,
    max(least(o.gone, c.gone) - greatest(o.arrived, c.arrived)) AS together
FROM c JOIN o ON o.venue = c.venue
WHERE least(o.gone, c.gone) - greatest(o.arrived, c.arrived) >= $4::bigint
GROUP BY o.person
