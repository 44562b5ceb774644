-- The simplest alternative: a hash chain in one table, appended by one function. The lock is held until the commit is synced;
-- otherwise two entries could follow the same one.
CREATE TABLE chain (
    index    bigint PRIMARY KEY,
    previous bytea NOT NULL,
    payload  bytea NOT NULL,
    hash     bytea NOT NULL
);
INSERT INTO chain VALUES (0, sha256(''), '', sha256(sha256('')));

CREATE FUNCTION append_entry(entry bytea) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(1);
    SELECT index, hash INTO last FROM chain ORDER BY index DESC LIMIT 1;
    INSERT INTO chain VALUES (last.index + 1, last.hash, entry, sha256(last.hash || entry));
    RETURN last.index + 1;
END
$$;
