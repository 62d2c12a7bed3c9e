-- Whom those met, each from when they met the case on. The parameters are those of stays_f1.sql.
WITH f1 AS (
    SELECT o.person, min(greatest(o.arrived, c.arrived)) AS since
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
),
carried AS (
    SELECT v.venue, greatest(v.arrived, f1.since) AS arrived, v.gone
    FROM f1 JOIN own_visit v ON v.person = f1.person AND v.gone > f1.since
)
SELECT o.person,
    min(greatest(o.arrived, c.arrived)) AS since,
    max(least(o.gone, c.gone)) AS last,
    max(least(o.gone, c.gone) - greatest(o.arrived, c.arrived)) AS together
FROM carried c
JOIN visit o ON o.venue = c.venue
    AND o.arrived <= c.gone - $4::bigint AND o.arrived >= c.arrived - $5::bigint
    AND o.gone >= c.arrived + $4::bigint
WHERE o.person <> $1::bigint
    AND least(o.gone, c.gone) - greatest(o.arrived, c.arrived) >= $4::bigint
    AND NOT EXISTS (SELECT 1 FROM f1 WHERE f1.person = o.person)
GROUP BY o.person
