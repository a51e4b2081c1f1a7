-- The gold price: what a tenant's feed `gold` published, as people query it.

-- Projection: a row a feed.published of that feed, by the event's offset. Baht for one baht-weight of gold of 96.5 %; buy is what a
-- shop pays, sell what it takes. The changes are of bar_sell: since the price before, and since the last one of an earlier day on
-- Bangkok's clock; null: nobody knows. Nothing here may make a journal's transaction fail: no key but the log's own, no check.
CREATE TABLE gold_price (
    session          bigint         NOT NULL,
    "offset"         bigint         NOT NULL,
    tenant           text           NOT NULL,
    feed             text           NOT NULL,
    source_id        text           NOT NULL,
    round            bigint,
    bar_buy          numeric(19,2)  NOT NULL,
    bar_sell         numeric(19,2)  NOT NULL,
    ornament_buy     numeric(19,2)  NOT NULL,
    ornament_sell    numeric(19,2)  NOT NULL,
    change_previous  numeric(19,2),
    change_day       numeric(19,2),
    announced_at     timestamptz    NOT NULL,
    published_at     timestamptz    NOT NULL,
    PRIMARY KEY (session, "offset")
);
CREATE INDEX gold_price_announced ON gold_price (session, announced_at, "offset");

INSERT INTO session_table (name) VALUES ('gold_price');
