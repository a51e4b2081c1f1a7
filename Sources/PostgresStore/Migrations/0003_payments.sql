-- Payments: what people query of them, the ledger, and slips that pay.
--
-- tbl_transaction is named and columned as in the platform's own document, as far as it fits: company_id is the tenant, user_id
-- the payer. What moved is the ledger's to say, so there is no adjust_amount.

-- The day of a time on Bangkok's clock (UTC+07:00, no daylight saving); without the server's time zones, so it never changes.
CREATE FUNCTION bangkok_date(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT (at AT TIME ZONE 'UTC' + interval '7 hours')::date
$$;

-- Projection: payments, as people query them, a row a session. Nothing here may make a journal's transaction fail: no key but
-- the projection's own, no check, and ids from outside are indexed by a digest of eight bytes, as a B-tree's rows have a greatest
-- size. amount and refunded are in whole units of the currency and exact, as in pending_transactions.
CREATE TABLE tbl_transaction (
    session          bigint         PRIMARY KEY,
    company_id       text           NOT NULL,
    id               text           NOT NULL,
    user_id          text           NOT NULL,
    txn_type         text           NOT NULL,
    txn_method       text           NOT NULL,
    amount           numeric(19,2)  NOT NULL,
    currency         text           NOT NULL,
    refunded         numeric(19,2)  NOT NULL,
    status           text           NOT NULL,
    reason           text,
    escrow_status    text,
    order_id         text,
    way              text,
    charge           text,
    trans_ref        text,
    trans_date       date,
    trans_timestamp  timestamptz,
    expired_at       timestamptz,
    created_at       timestamptz    NOT NULL,
    updated_at       timestamptz    NOT NULL
) WITH (fillfactor = 70);

-- What the two indexes below are over. Who reads compares the texts, too.
CREATE FUNCTION transaction_digest(company text, owner text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT hashtextextended(company || chr(31) || owner, 0)
$$;
CREATE INDEX idx_txn_user_id ON tbl_transaction (transaction_digest(company_id, user_id), created_at, session);
CREATE INDEX idx_txn_order_id ON tbl_transaction (transaction_digest(company_id, order_id), created_at, session)
    WHERE order_id IS NOT NULL;

-- The ledger: an entry of double-entry bookkeeping a row, and its two lines, one the other's negative. Both are only ever added
-- to: what was wrong is made good by another posting. session is where the reason stands; it stays when that session is erased.
CREATE TABLE ledger_posting (
    tenant    text         NOT NULL,
    id        text         NOT NULL,
    session   bigint       NOT NULL,
    currency  text         NOT NULL,
    at        timestamptz  NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- amount is in hundredths of the posting's currency. The key refuses a posting from an account to itself.
CREATE TABLE ledger_line (
    tenant   text    NOT NULL,
    posting  text    NOT NULL,
    account  text    NOT NULL,
    amount   bigint  NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (tenant, posting, account)
);

-- What is in each wallet, in hundredths: the sum of its lines, kept because it must not go below zero (nor above what Money
-- holds). Other accounts have no row: every payment of a tenant would wait for that one.
CREATE TABLE ledger_balance (
    tenant    text    NOT NULL,
    account   text    NOT NULL CHECK (account LIKE 'wallet:%'),
    currency  text    NOT NULL,
    balance   bigint  NOT NULL CHECK (balance BETWEEN 0 AND 1000000000000000),
    PRIMARY KEY (tenant, account, currency)
) WITH (fillfactor = 50);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'SA006', MESSAGE = 'the ledger is only added to', DETAIL = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Adds the postings of one flush. One that is there with the same content changes nothing; with another content it is SA005. A
-- wallet that would go below zero is SA004. Either rolls the whole flush back.
--
-- Several journals do this at once and never wait in a circle: each first takes all its postings' ids in their order, then all
-- its wallets in theirs, and waits for nobody afterwards.
CREATE FUNCTION post_ledger(
    sessions bigint[], tenants text[], ids text[], sources text[], targets text[], currencies text[], amounts bigint[],
    times timestamptz[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- Which of the arrays' places are new.
    posted integer[];
    wallet record;
BEGIN
    IF 0 >= ANY (amounts) THEN
        RAISE EXCEPTION USING ERRCODE = 'SA005', MESSAGE = 'a posting moves nothing';
    END IF;
    WITH asked AS (
        SELECT DISTINCT ON (tenant, id) *
        FROM unnest(sessions, tenants, ids, currencies, times) WITH ORDINALITY
             AS row (session, tenant, id, currency, at, place)
        ORDER BY tenant, id, place
    ), added AS (
        INSERT INTO ledger_posting (tenant, id, session, currency, at)
        SELECT tenant, id, session, currency, coalesce(at, now()) FROM asked ORDER BY tenant, id
        ON CONFLICT DO NOTHING
        RETURNING tenant, id
    )
    SELECT coalesce(array_agg(place::integer), '{}') INTO posted FROM asked JOIN added USING (tenant, id);

    INSERT INTO ledger_line (tenant, posting, account, amount)
    SELECT tenants[place], ids[place], line.account, line.amount
    FROM unnest(posted) AS place
    CROSS JOIN LATERAL (VALUES (sources[place], -amounts[place]), (targets[place], amounts[place]))
                       AS line (account, amount);

    IF cardinality(posted) < cardinality(ids) AND EXISTS (
        SELECT FROM unnest(tenants, ids, sources, targets, currencies, amounts)
                    AS asked (tenant, id, source, target, currency, amount)
        LEFT JOIN ledger_posting posting ON posting.tenant = asked.tenant AND posting.id = asked.id
        LEFT JOIN ledger_line outgoing
             ON outgoing.tenant = asked.tenant AND outgoing.posting = asked.id AND outgoing.account = asked.source
        LEFT JOIN ledger_line incoming
             ON incoming.tenant = asked.tenant AND incoming.posting = asked.id AND incoming.account = asked.target
        WHERE (posting.currency, outgoing.amount, incoming.amount)
              IS DISTINCT FROM (asked.currency, -asked.amount, asked.amount))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'SA005', MESSAGE = 'the id of another posting';
    END IF;

    FOR wallet IN
        SELECT tenants[place] AS tenant, line.account, currencies[place] AS currency, sum(line.amount)::bigint AS change
        FROM unnest(posted) AS place
        CROSS JOIN LATERAL (VALUES (sources[place], -amounts[place]), (targets[place], amounts[place]))
                           AS line (account, amount)
        WHERE line.account LIKE 'wallet:%'
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    LOOP
        IF wallet.change > 0 THEN
            INSERT INTO ledger_balance (tenant, account, currency, balance)
            VALUES (wallet.tenant, wallet.account, wallet.currency, wallet.change)
            ON CONFLICT (tenant, account, currency) DO UPDATE SET balance = ledger_balance.balance + EXCLUDED.balance;
        ELSIF wallet.change < 0 THEN
            -- Waits for who holds the row, and then sees what that one left (read committed).
            UPDATE ledger_balance SET balance = balance + wallet.change
            WHERE tenant = wallet.tenant AND account = wallet.account AND currency = wallet.currency
              AND balance >= -wallet.change;
            IF NOT FOUND THEN
                RAISE EXCEPTION USING ERRCODE = 'SA004', MESSAGE = 'a wallet would go below zero';
            END IF;
        END IF;
    END LOOP;
END
$$;

-- The day of the transfer on Bangkok's clock, for slips that pay (payments claim as oa `payment/<id>`); null for those of LINE
-- accounts. A reference with its day is unique in a tenant even when two readings name different banks.
ALTER TABLE slip_claim ADD COLUMN trans_date date;
CREATE UNIQUE INDEX ux_tbl_transaction_transref_transdate_notnull ON slip_claim (tenant_id, trans_ref, trans_date)
    WHERE trans_date IS NOT NULL;

-- As before, and with a day: whoever has the reference of that bank, or of that day, has it.
--
-- A payment never gives a reference up: slip_has_failed() knows slips of LINE accounts only, whose ids have no slash. Another slip
-- of the payment that has the reference may claim it again: a customer who sends the same slip twice pays once, and the payment
-- itself tells the slips apart. So a row with a day is a payment's, and only rows without one are taken over.
DROP FUNCTION claim_slip(text, text, text, text, text);
CREATE FUNCTION claim_slip(
    claim_tenant text, claim_bank text, claim_ref text, claim_oa text, claim_transaction text, claim_date date DEFAULT NULL)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    held slip_claim;
    has_failed boolean := false;
    has_date boolean := false;
BEGIN
    INSERT INTO slip_claim (tenant_id, trans_ref, bank, oa, transaction, trans_date)
    VALUES (claim_tenant, claim_ref, claim_bank, claim_oa, claim_transaction, claim_date)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    -- At most two: one of the bank, one of the day.
    FOR held IN
        SELECT * FROM slip_claim
        WHERE tenant_id = claim_tenant AND trans_ref = claim_ref AND (bank = claim_bank OR trans_date = claim_date)
        ORDER BY bank FOR UPDATE
    LOOP
        has_date := has_date OR held.trans_date IS NOT DISTINCT FROM claim_date;
        CONTINUE WHEN held.oa = claim_oa AND (held.transaction = claim_transaction OR claim_oa LIKE 'payment/%');
        IF NOT slip_has_failed(claim_tenant, held.oa, held.transaction) THEN
            RETURN held.oa || '/' || held.transaction;
        END IF;
        has_failed := true;
    END LOOP;
    IF NOT FOUND THEN
        -- Erased since: 40001 is asked again.
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'the claim is gone';
    END IF;
    -- The failed slip's, or one that had no day until now.
    IF has_failed OR NOT has_date THEN
        UPDATE slip_claim
        SET oa = claim_oa, transaction = claim_transaction, claimed_at = clock_timestamp(),
            trans_date = CASE WHEN NOT has_date THEN claim_date END
        WHERE tenant_id = claim_tenant AND trans_ref = claim_ref AND bank = claim_bank AND trans_date IS NULL;
    END IF;
    RETURN NULL;
END
$$;

-- Removes a session from every table and leaves a tombstone. Postings stay, with their wallets: money is never forgotten. So do a
-- payment's claims.
CREATE OR REPLACE FUNCTION erase_session(
    erased bigint, erased_tenant text, erased_kind text, erased_name text, erased_offset bigint, erasing_key bytea)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM slip_claim claim USING pending_transactions slip
    WHERE slip.session = erased AND slip.status = 'failed' AND slip.reason IS DISTINCT FROM 'rejected'
      AND claim.tenant_id = erased_tenant
      AND claim.trans_ref = slip.slip_ref AND claim.oa = erased_name AND claim.transaction = slip.transaction;
    DELETE FROM pending_transactions WHERE session = erased;
    DELETE FROM tbl_transaction WHERE session = erased;
    DELETE FROM unfinished_session WHERE session = erased;
    DELETE FROM message WHERE session = erased;
    DELETE FROM conversation WHERE session = erased;
    DELETE FROM usage WHERE session = erased;
    DELETE FROM open_reply WHERE session = erased;
    DELETE FROM checkpoint WHERE session = erased;
    DELETE FROM command_answer WHERE session = erased;
    DELETE FROM log WHERE session = erased;
    DELETE FROM session WHERE id = erased;
    INSERT INTO tombstone (address, "offset", key_digest)
    VALUES (address_digest(erased_tenant, erased_kind, erased_name), erased_offset, sha256(erasing_key))
    ON CONFLICT (address) DO UPDATE
        SET "offset" = EXCLUDED."offset", key_digest = EXCLUDED.key_digest, at = EXCLUDED.at;
END
$$;
