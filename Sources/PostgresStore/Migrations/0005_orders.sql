-- Orders: what people query of them; and the tables of a session, by name.

-- Projection: orders, as people query them, a row a session, as tbl_transaction is one of payments: nothing here may make a journal's
-- transaction fail. Named and columned as in the platform's own document, as far as it fits. order_details is the order as its
-- customer sees it at "offset": JSON, kept as text because jsonb refuses what JSON allows (U+0000, numbers of any size).
CREATE TABLE tbl_order (
    session         bigint       PRIMARY KEY,
    tenant          text         NOT NULL,
    id              text         NOT NULL,
    branch_id       text,
    txn_id          text,
    customer        text         NOT NULL,
    provider        text,
    rider           text,
    lifecycle       text         NOT NULL,
    status          text         NOT NULL,
    display_status  text         NOT NULL,
    order_details   text         NOT NULL,
    "offset"        bigint       NOT NULL,
    created_at      timestamptz  NOT NULL,
    updated_at      timestamptz  NOT NULL
) WITH (fillfactor = 70);

-- Digests are of transaction_digest(); who reads compares the texts, too. A status is cut as the document has it, VARCHAR(20).
CREATE INDEX idx_order_id ON tbl_order (transaction_digest(tenant, id));
CREATE INDEX idx_order_customer ON tbl_order (transaction_digest(tenant, customer), created_at, session);
CREATE INDEX idx_order_provider ON tbl_order (transaction_digest(tenant, provider), created_at, session)
    WHERE provider IS NOT NULL;
CREATE INDEX idx_order_branch ON tbl_order (transaction_digest(tenant, branch_id), created_at, session)
    WHERE branch_id IS NOT NULL;
CREATE INDEX idx_order_txn ON tbl_order (transaction_digest(tenant, txn_id), created_at, session) WHERE txn_id IS NOT NULL;
CREATE INDEX idx_order_txn_status ON tbl_order (transaction_digest(tenant, txn_id), left(status, 20)) WHERE txn_id IS NOT NULL;

-- Every table with rows that are of one session and go with it (column: session). What is kept beyond it (ledger_posting) is not
-- here. A migration that adds such a table adds its name.
CREATE TABLE session_table (name text PRIMARY KEY);
INSERT INTO session_table (name) VALUES
    ('checkpoint'), ('command_answer'), ('conversation'), ('log'), ('message'), ('open_reply'), ('pending_transactions'),
    ('tbl_order'), ('tbl_transaction'), ('unfinished_session'), ('usage');

-- As before, from the tables that are named.
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
    DELETE FROM session WHERE id = erased;
    INSERT INTO tombstone (address, "offset", key_digest)
    VALUES (address_digest(erased_tenant, erased_kind, erased_name), erased_offset, sha256(erasing_key))
    ON CONFLICT (address) DO UPDATE
        SET "offset" = EXCLUDED."offset", key_digest = EXCLUDED.key_digest, at = EXCLUDED.at;
END
$$;
