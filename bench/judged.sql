-- The stays that these scans began: until the first out at the venue, if no other arrival comes
-- before it, else until the next arrival or as long as people usually stay, by $6 at the latest.
-- Those of one person at one spot that touch or overlap are one. (An out that was said counts like
-- one that was seen: nobody in this city presses the button twelve hours late.)
SELECT person, venue, zone, min(arrived) AS arrived, max(gone) AS gone
FROM (
    SELECT *, sum(apart) OVER (
        PARTITION BY person, venue, zone ORDER BY arrived ROWS UNBOUNDED PRECEDING
    ) AS island
    FROM (
        SELECT *, CASE WHEN arrived <= max(gone) OVER (
            PARTITION BY person, venue, zone ORDER BY arrived
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) THEN 0 ELSE 1 END AS apart
        FROM (
            SELECT person, venue, zone, stamp AS arrived, least($6::bigint, CASE
                WHEN out_at <= coalesce(next_in, out_at) THEN out_at
                ELSE least(next_in, stamp + usual)
            END) AS gone
            FROM (
                SELECT s.*, p.usual,
                    min(CASE WHEN way = 1 THEN stamp END) OVER (
                        PARTITION BY person ORDER BY stamp
                        RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
                    ) AS next_in,
                    min(CASE WHEN way = 2 THEN stamp END) OVER (
                        PARTITION BY person, s.venue ORDER BY stamp
                        RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
                    ) AS out_at
                FROM SCANS s JOIN place p ON p.venue = s.venue
            ) known
            WHERE way = 1 AND stamp <= $6::bigint
        ) ended
    ) seen
) islands
GROUP BY person, venue, zone, island
