-- Who did what in a tenant; and why and when a token was revoked, so that other processes learn of it.

-- One line an act, without what was said. Written with the session event that it tells of, or by itself; it stays when the session is
-- erased (so its table is not among those of a session) and goes when the tenant cleans up.
CREATE TABLE activity_log (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant       text        NOT NULL,
    subject      text        NOT NULL,
    activity     text        NOT NULL,
    action       text        NOT NULL,
    entity_type  text        NOT NULL,
    entity_id    text,
    details      text        NOT NULL,
    ip_address   text,
    user_agent   text,
    at           timestamptz NOT NULL
);
CREATE INDEX activity_log_newest ON activity_log (tenant, at, id);
CREATE INDEX activity_log_subject ON activity_log (tenant, subject, at, id);

-- The cause is how the token's sockets end. written_at is the clock of the database when the row was made: every process reads on
-- from the last one that it has seen.
ALTER TABLE revoked_token
    ADD COLUMN cause text NOT NULL DEFAULT 'revoked' CHECK (cause IN ('revoked', 'loggedOut')),
    ADD COLUMN written_at timestamptz NOT NULL DEFAULT clock_timestamp();
CREATE INDEX revoked_token_written ON revoked_token (written_at, token);
