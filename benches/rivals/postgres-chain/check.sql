-- The number of entries of 600 bytes, and the number of rows that do not follow from the one before.
SELECT count(*) FILTER (WHERE octet_length(payload) = 600),
       count(*) FILTER (WHERE hash <> sha256(previous || payload)
                           OR (index > 0 AND (previous IS DISTINCT FROM before OR index IS DISTINCT FROM place + 1)))
FROM (SELECT *, lag(hash) OVER by_index AS before, lag(index) OVER by_index AS place
      FROM chain WINDOW by_index AS (ORDER BY index)) AS rows;
