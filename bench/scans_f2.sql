-- The question of stays_f2.sql, asked of scans. The parameters are those of scans_f1.sql.
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
        AND s.stamp >= $2::bigint - $5::bigint
),
near_stay AS (JUDGED(near_scan)),
f1 AS (
    SELECT o.person, min(greatest(o.arrived, c.arrived)) AS since
    FROM c JOIN near_stay o ON o.venue = c.venue
    WHERE least(o.gone, c.gone) - greatest(o.arrived, c.arrived) >= $4::bigint
    GROUP BY o.person
),
carried AS (
    SELECT v.venue, greatest(v.arrived, f1.since) AS arrived, v.gone
    FROM f1 JOIN near_stay v ON v.person = f1.person AND v.gone > f1.since
),
next AS (
    SELECT DISTINCT s.person
    FROM carried c JOIN scanned s ON s.venue = c.venue
        AND s.stamp >= c.arrived - $5::bigint AND s.stamp < c.gone
    WHERE s.person <> $1::bigint
),
next_scan AS (
    SELECT s.* FROM next JOIN own_scanned s ON s.person = next.person
        AND s.stamp >= $2::bigint - $5::bigint
),
o AS (JUDGED(next_scan))
SELECT o.person,
    min(greatest(o.arrived, c.arrived)) AS since,
    max(least(o.gone, c.gone)) AS last,
    max(least(o.gone, c.gone) - greatest(o.arrived, c.arrived)) AS together
FROM carried c JOIN o ON o.venue = c.venue
WHERE least(o.gone, c.gone) - greatest(o.arrived, c.arrived) >= $4::bigint
    AND NOT EXISTS (SELECT 1 FROM f1 WHERE f1.person = o.person)
GROUP BY o.person
