-- Vietnamese dictionary order, which a PostgreSQL without ICU does not know: first the letters, each as the one of
-- its place among 33 (A, B … a), then the tones (0 to 5). To be compared by COLLATE "C".
CREATE FUNCTION vietnamese_order(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN translate(
    lower(normalize(name)),
    'aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệfghiìỉĩíịjklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvwxyỳỷỹýỵz',
    'AAAAAABBBBBBCCCCCCDEFGHHHHHHIIIIIIJKLMMMMMMNOPQRSSSSSSTTTTTTUUUUUUVWXYZ[[[[[[\\\\\\]^_``````a'
) || E'\x01' || translate(
    lower(normalize(name)),
    'aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệfghiìỉĩíịjklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvwxyỳỷỹýỵz',
    '012345012345012345000001234501234500001234500000012345012345012345000000123450123450000123450'
);

DROP INDEX venue_name;
CREATE INDEX venue_name ON venue (vietnamese_order(name) COLLATE "C", id);
