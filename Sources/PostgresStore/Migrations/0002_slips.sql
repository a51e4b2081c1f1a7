-- The slip service: where tenants are set up, which slip has which reference, and what people query of slips.
--
-- Tables and columns are named as in the platform's own document. Different from it: types are PostgreSQL's; a key that
-- names a row already stands for the document's id; secrets are sealed (bytea, ADR 0020), so nothing of them is in here
-- in clear.

-- A tenant. What is set up for it goes with it.
CREATE TABLE tenants (
    tenant_id             text        PRIMARY KEY,
    tenant_name           text        NOT NULL,
    api_base_url          text        NOT NULL,
    admin_username        text,
    line_channel_id       text,
    line_channel_secret   bytea,
    line_access_token     bytea,
    session_mode          text        NOT NULL,
    account_list_ttl_min  integer     NOT NULL,
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL
);

-- The administrator's session at the tenant's back end.
CREATE TABLE tenant_sessions (
    tenant_id          text        PRIMARY KEY REFERENCES tenants ON DELETE CASCADE,
    username           text        NOT NULL,
    token              bytea       NOT NULL,
    refresh_token      bytea,
    token_expired_at   timestamptz,
    status             text        NOT NULL,
    last_validated_at  timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL
);

-- LINE Official Accounts. An id is unique in its tenant: both stand in the address of the webhook.
CREATE TABLE line_oas (
    tenant_id       text        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id              text        NOT NULL,
    name            text        NOT NULL,
    channel_id      text        NOT NULL,
    channel_secret  bytea       NOT NULL,
    access_token    bytea       NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- What customers are told. updated_at is null until somebody changes it.
CREATE TABLE message_settings (
    tenant_id                text    PRIMARY KEY REFERENCES tenants ON DELETE CASCADE,
    image_reply_enabled      boolean NOT NULL,
    image_reply_message      text    NOT NULL,
    duplicate_reply_enabled  boolean NOT NULL,
    flex_message_enabled     boolean NOT NULL,
    flex_logo_url            text    NOT NULL,
    game_url                 text    NOT NULL,
    color_header_footer_bg   text    NOT NULL,
    color_body_bg            text    NOT NULL,
    color_primary            text    NOT NULL,
    color_success_text       text    NOT NULL,
    color_value_text         text    NOT NULL,
    color_separator          text    NOT NULL,
    color_muted_text         text    NOT NULL,
    updated_at               timestamptz
);

-- Credentials at slip services; without a tenant: for all. provider and branch are ours: SlipOK is asked, too. The id is
-- the order of creation, which is the order in which services are asked.
CREATE TABLE easyslip_configs (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   text        REFERENCES tenants ON DELETE CASCADE,
    provider    text        NOT NULL,
    token       bytea       NOT NULL,
    branch      text,
    is_active   boolean     NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (tenant_id, provider)
);

-- Names of accounts that are not what the tenant's back end calls them.
CREATE TABLE account_name_mappings (
    tenant_id       text        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    account_number  text        NOT NULL,
    name_en         text        NOT NULL,
    name_th         text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, account_number)
);

-- All of these are held in memory, so their rows are bounded (docs/LIMITS.md): one more is refused with SA003. Two that
-- come at the same moment may pass by one; a read allows for that.
CREATE FUNCTION bound_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    present bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO present;
    IF present > TG_ARGV[0]::bigint THEN
        RAISE EXCEPTION USING ERRCODE = 'SA003', MESSAGE = 'the table is full', DETAIL = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
-- After, not before: an upsert that updates inserts nothing.
CREATE TRIGGER bound_rows AFTER INSERT ON tenants FOR EACH ROW EXECUTE FUNCTION bound_rows('4096');
CREATE TRIGGER bound_rows AFTER INSERT ON line_oas FOR EACH ROW EXECUTE FUNCTION bound_rows('32768');
CREATE TRIGGER bound_rows AFTER INSERT ON easyslip_configs FOR EACH ROW EXECUTE FUNCTION bound_rows('32768');
CREATE TRIGGER bound_rows AFTER INSERT ON account_name_mappings FOR EACH ROW EXECUTE FUNCTION bound_rows('32768');

-- Projection: slips, as people query them. Nothing here may make a journal's transaction fail, so there is no key but the
-- projection's own, no reference to tenants, no check, and no B-tree over what came from outside (its rows have a
-- greatest size). Two rows with one slip_ref are normal: the second is a duplicate. Who has a reference says slip_claim.
--
-- amount is in baht, as the document has it, and exact: 19 digits hold every number of satang that 64 bits do. slip_data
-- and user_data are JSON, kept as text because jsonb refuses what JSON allows (U+0000).
CREATE TABLE pending_transactions (
    session           bigint        NOT NULL,
    transaction       text          NOT NULL,
    tenant_id         text          NOT NULL,
    oa                text          NOT NULL,
    slip_data         text,
    slip_ref          text,
    slip_bank         text,
    user_data         text,
    status            text          NOT NULL,
    reason            text,
    amount            numeric(19,2),
    sender_account    text,
    sender_bank       text,
    receiver_account  text,
    created_at        timestamptz   NOT NULL,
    credited_at       timestamptz,
    PRIMARY KEY (session, transaction)
) WITH (fillfactor = 70);
CREATE INDEX pending_transactions_newest ON pending_transactions (tenant_id, created_at);
CREATE INDEX pending_transactions_slip_ref ON pending_transactions USING hash (slip_ref);

-- Which slip has a reference: the authority for "once in a tenant". The reference stands before the bank, so that one whose
-- bank is not known is found, too.
CREATE TABLE slip_claim (
    tenant_id    text        NOT NULL,
    trans_ref    text        NOT NULL,
    bank         text        NOT NULL,
    oa           text        NOT NULL,
    transaction  text        NOT NULL,
    claimed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, trans_ref, bank)
) WITH (fillfactor = 90);

-- Whether the slip has failed, but for one that a person rejected: its transfer may have been credited by hand, or be a
-- fraud, and stays taken. By its projection, which is written in the transaction of the event that says so.
CREATE FUNCTION slip_has_failed(slip_tenant text, slip_oa text, slip_transaction text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM session JOIN pending_transactions slip ON slip.session = session.id
        WHERE session.tenant = slip_tenant AND session.kind = 'line-oa' AND session.name = slip_oa
          AND slip.transaction = slip_transaction AND slip.status = 'failed' AND slip.reason IS DISTINCT FROM 'rejected')
$$;

-- Takes the reference for the slip and returns null; or returns who has it, `oa/transaction`. Of several at the same
-- moment one gets it: the others wait for its commit, and then see it (read committed) or fail with 40001 and ask again
-- (repeatable read).
CREATE FUNCTION claim_slip(
    claim_tenant text, claim_bank text, claim_ref text, claim_oa text, claim_transaction text)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    held slip_claim;
BEGIN
    INSERT INTO slip_claim (tenant_id, trans_ref, bank, oa, transaction)
    VALUES (claim_tenant, claim_ref, claim_bank, claim_oa, claim_transaction)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    SELECT * INTO held FROM slip_claim
    WHERE tenant_id = claim_tenant AND trans_ref = claim_ref AND bank = claim_bank FOR UPDATE;
    IF NOT FOUND THEN
        -- Erased since: 40001 is asked again.
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'the claim is gone';
    END IF;
    IF held.oa = claim_oa AND held.transaction = claim_transaction THEN
        RETURN NULL;
    END IF;
    IF NOT slip_has_failed(claim_tenant, held.oa, held.transaction) THEN
        RETURN held.oa || '/' || held.transaction;
    END IF;
    UPDATE slip_claim SET oa = claim_oa, transaction = claim_transaction, claimed_at = clock_timestamp()
    WHERE tenant_id = claim_tenant AND trans_ref = claim_ref AND bank = claim_bank;
    RETURN NULL;
END
$$;

-- Sessions that had something under way when they were last written, besides an open reply: a restart takes it up.
CREATE TABLE unfinished_session (
    session  bigint PRIMARY KEY
);

-- Removes a session from every table and leaves a tombstone. Claims stay, so that no transfer is credited again, except
-- those of slips that had failed: with their rows it would be forgotten that they are free.
CREATE OR REPLACE FUNCTION erase_session(
    erased bigint, erased_tenant text, erased_kind text, erased_name text, erased_offset bigint, erasing_key bytea)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM slip_claim claim USING pending_transactions slip
    WHERE slip.session = erased AND slip.status = 'failed' AND slip.reason IS DISTINCT FROM 'rejected'
      AND claim.tenant_id = erased_tenant
      AND claim.trans_ref = slip.slip_ref AND claim.oa = erased_name AND claim.transaction = slip.transaction;
    DELETE FROM pending_transactions WHERE session = erased;
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
