-- Letters: what an event of one session tells another one, from the event's commit until the other session has decided it.
-- "offset" and "index" say which letter of which event of which stream; tenant, kind and name say to whom it goes.
-- A letter outlives the session that it comes from, so that the column is not called session; it goes with its target.
CREATE TABLE outbox (
    stream      bigint      NOT NULL,
    "offset"    bigint      NOT NULL,
    "index"     integer     NOT NULL,
    tenant      text        NOT NULL,
    kind        text        NOT NULL,
    name        text        NOT NULL,
    command     text        NOT NULL,
    data        bytea       NOT NULL CHECK (octet_length(data) <= 262144),
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (stream, "offset", "index")
);

-- As before; and what was on its way to the session goes with it.
CREATE OR REPLACE FUNCTION erase_session(
    erased bigint, erased_tenant text, erased_kind text, erased_name text, erased_offset bigint, erasing_key bytea)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    of_session text;
BEGIN
    DELETE FROM slip_claim claim USING pending_transactions slip
    WHERE slip.session = erased AND slip.status = 'failed' AND slip.reason IS DISTINCT FROM 'rejected'
      AND claim.tenant_id = erased_tenant
      AND claim.trans_ref = slip.slip_ref AND claim.oa = erased_name AND claim.transaction = slip.transaction;
    FOR of_session IN SELECT name FROM session_table ORDER BY name LOOP
        EXECUTE format('DELETE FROM %I WHERE session = $1', of_session) USING erased;
    END LOOP;
    DELETE FROM outbox WHERE tenant = erased_tenant AND kind = erased_kind AND name = erased_name;
    DELETE FROM session WHERE id = erased;
    INSERT INTO tombstone (address, "offset", key_digest)
    VALUES (address_digest(erased_tenant, erased_kind, erased_name), erased_offset, sha256(erasing_key))
    ON CONFLICT (address) DO UPDATE
        SET "offset" = EXCLUDED."offset", key_digest = EXCLUDED.key_digest, at = EXCLUDED.at;
END
$$;
