-- What platforms' back ends tell of their branches and carts, and what they gave with a transaction: the newest of each alone counts.
-- data is JSON as it came, a text: jsonb would keep neither its numbers' digits nor its order.
CREATE TABLE platform_fact (
    tenant      text         NOT NULL,
    kind        text         NOT NULL,
    id          text         NOT NULL CHECK (octet_length(id) BETWEEN 1 AND 128),
    data        text         NOT NULL CHECK (octet_length(data) <= 32768),
    updated_at  timestamptz  NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, kind, id)
) WITH (fillfactor = 70);

-- Numbers of transactions, which the platform's document has as BIGSERIAL; of all tenants.
CREATE SEQUENCE transaction_number AS bigint;
