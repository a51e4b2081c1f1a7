/// The statements of the journal. Every array has one element a row.
enum JournalStatements {
    static let register = PostgresStatement(
        "register_writer", "SELECT id, generation, flush FROM register_writer($1::int8, $2::text)")

    static let begin = PostgresStatement(
        "begin_flush", "SELECT begin_flush($1::int8, $2::int8, $3::int8, $4::int2[], $5::int8[])")

    static let insertSessions = PostgresStatement(
        "insert_sessions",
        """
        INSERT INTO session (id, tenant, kind, name, slot, epoch)
        SELECT * FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::int2[], $6::text[])
        """)

    static let insertRecords = PostgresStatement(
        "insert_records",
        """
        INSERT INTO log (session, "offset", name, at, fence, data)
        SELECT * FROM unnest($1::int8[], $2::int8[], $3::text[], $4::timestamptz[], $5::int8[], $6::bytea[])
        """)

    static let insertAnswers = PostgresStatement(
        "insert_answers",
        """
        INSERT INTO command_answer (session, key, fingerprint, "offset", body)
        SELECT * FROM unnest($1::int8[], $2::bytea[], $3::bytea[], $4::int8[], $5::bytea[])
        """)

    /// Participants come as one array of all rows', and so do readers with what they have read; `first` and `last`, `one` and `many` say
    /// which are whose.
    static let upsertConversations = PostgresStatement(
        "upsert_conversations",
        """
        INSERT INTO conversation (session, tenant, name, owner, participants, members, title, archived, created_at,
                                  last_message_at, preview, message_count, booking, last_author, last_kind, last_offset,
                                  readers, read, unread)
        SELECT session, tenant, name, owner, ($13::text[])[first:last], ($13::text[])[first:last] || owner, title,
               archived, created_at, last_message_at, preview, message_count, booking, last_author, last_kind, last_offset,
               ($20::text[])[one:many], ($21::int8[])[one:many], ($22::int8[])[one:many]
        FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::int4[], $6::int4[], $7::text[], $8::bool[],
                    $9::timestamptz[], $10::timestamptz[], $11::text[], $12::int8[], $14::text[], $15::text[], $16::text[],
                    $17::int8[], $18::int4[], $19::int4[])
             AS row (session, tenant, name, owner, first, last, title, archived, created_at, last_message_at, preview,
                     message_count, booking, last_author, last_kind, last_offset, one, many)
        ON CONFLICT (session) DO UPDATE SET
            owner = EXCLUDED.owner, participants = EXCLUDED.participants, members = EXCLUDED.members,
            title = EXCLUDED.title, archived = EXCLUDED.archived, last_message_at = EXCLUDED.last_message_at,
            preview = EXCLUDED.preview, message_count = EXCLUDED.message_count, last_author = EXCLUDED.last_author,
            last_kind = EXCLUDED.last_kind, last_offset = EXCLUDED.last_offset, read = EXCLUDED.read,
            unread = EXCLUDED.unread
        """)

    static let insertMessages = PostgresStatement(
        "insert_messages",
        """
        INSERT INTO message (session, "offset", id, role, author, text, at, attachments)
        SELECT * FROM unnest($1::int8[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                             $8::text[])
        """)

    static let upsertOpenReplies = PostgresStatement(
        "upsert_open_replies",
        """
        INSERT INTO open_reply (session, reply, text)
        SELECT * FROM unnest($1::int8[], $2::text[], $3::text[])
        ON CONFLICT (session, reply) DO UPDATE SET text = EXCLUDED.text, updated_at = EXCLUDED.updated_at
        """)

    static let deleteOpenReplies = PostgresStatement(
        "delete_open_replies",
        """
        DELETE FROM open_reply USING unnest($1::int8[], $2::text[]) AS closed (session, reply)
        WHERE open_reply.session = closed.session AND open_reply.reply = closed.reply
        """)

    static let insertUsage = PostgresStatement(
        "insert_usage",
        """
        INSERT INTO usage (session, reply, provider, model, input_tokens, output_tokens, outcome, at)
        SELECT * FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::int8[], $6::int8[], $7::text[],
                             $8::timestamptz[])
        """)

    /// Satang become baht by a multiplication, which is exact; a division is rounded.
    static let upsertSlips = PostgresStatement(
        "upsert_slips",
        """
        INSERT INTO pending_transactions (session, transaction, tenant_id, oa, slip_data, slip_ref, slip_bank, user_data,
                                          status, amount, sender_account, sender_bank, receiver_account, created_at,
                                          credited_at, reason)
        SELECT session, transaction, tenant_id, oa, slip_data, slip_ref, slip_bank, user_data, status, satang * 0.01,
               sender_account, sender_bank, receiver_account, created_at, credited_at, reason
        FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::int8[], $11::text[], $12::text[], $13::text[], $14::timestamptz[],
                    $15::timestamptz[], $16::text[])
             AS row (session, transaction, tenant_id, oa, slip_data, slip_ref, slip_bank, user_data, status, satang,
                     sender_account, sender_bank, receiver_account, created_at, credited_at, reason)
        ON CONFLICT (session, transaction) DO UPDATE SET
            slip_data = EXCLUDED.slip_data, slip_ref = EXCLUDED.slip_ref, slip_bank = EXCLUDED.slip_bank,
            user_data = EXCLUDED.user_data, status = EXCLUDED.status, amount = EXCLUDED.amount,
            sender_account = EXCLUDED.sender_account, sender_bank = EXCLUDED.sender_bank,
            receiver_account = EXCLUDED.receiver_account, created_at = EXCLUDED.created_at,
            credited_at = EXCLUDED.credited_at, reason = EXCLUDED.reason
        """)

    /// Hundredths become whole units as in `upsertSlips`.
    static let upsertPayments = PostgresStatement(
        "upsert_payments",
        """
        INSERT INTO tbl_transaction (session, company_id, id, user_id, txn_type, txn_method, amount, currency, refunded,
                                     status, reason, escrow_status, order_id, way, charge, trans_ref, trans_date,
                                     trans_timestamp, expired_at, created_at, updated_at)
        SELECT session, tenant, id, payer, purpose, method, amount * 0.01, currency, refunded * 0.01, status, reason, escrow,
               order_id, way, charge, trans_ref, bangkok_date(transferred_at), transferred_at, expires_at, created_at,
               updated_at
        FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int8[], $8::text[],
                    $9::int8[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
                    $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], $20::timestamptz[])
             AS row (session, tenant, id, payer, purpose, method, amount, currency, refunded, status, reason, escrow,
                     order_id, way, charge, trans_ref, transferred_at, expires_at, created_at, updated_at)
        ON CONFLICT (session) DO UPDATE SET
            user_id = EXCLUDED.user_id, txn_type = EXCLUDED.txn_type, txn_method = EXCLUDED.txn_method,
            amount = EXCLUDED.amount, currency = EXCLUDED.currency, refunded = EXCLUDED.refunded,
            status = EXCLUDED.status, reason = EXCLUDED.reason, escrow_status = EXCLUDED.escrow_status,
            order_id = EXCLUDED.order_id, way = EXCLUDED.way, charge = EXCLUDED.charge, trans_ref = EXCLUDED.trans_ref,
            trans_date = EXCLUDED.trans_date, trans_timestamp = EXCLUDED.trans_timestamp,
            expired_at = EXCLUDED.expired_at, created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at
        """)

    static let upsertOrders = PostgresStatement(
        "upsert_orders",
        """
        INSERT INTO tbl_order (session, tenant, id, branch_id, txn_id, customer, provider, rider, lifecycle, status,
                               display_status, order_details, "offset", created_at, updated_at)
        SELECT * FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                             $9::text[], $10::text[], $11::text[], $12::text[], $13::int8[], $14::timestamptz[],
                             $15::timestamptz[])
        ON CONFLICT (session) DO UPDATE SET
            branch_id = EXCLUDED.branch_id, txn_id = EXCLUDED.txn_id, customer = EXCLUDED.customer,
            provider = EXCLUDED.provider, rider = EXCLUDED.rider, lifecycle = EXCLUDED.lifecycle, status = EXCLUDED.status,
            display_status = EXCLUDED.display_status, order_details = EXCLUDED.order_details,
            "offset" = EXCLUDED."offset", created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at
        """)

    /// Satang become baht as in `upsertSlips`.
    static let insertGoldPrices = PostgresStatement(
        "insert_gold_prices",
        """
        INSERT INTO gold_price (session, "offset", tenant, feed, source_id, round, bar_buy, bar_sell, ornament_buy,
                                ornament_sell, change_previous, change_day, announced_at, published_at)
        SELECT session, "offset", tenant, feed, source_id, round, bar_buy * 0.01, bar_sell * 0.01, ornament_buy * 0.01,
               ornament_sell * 0.01, change_previous * 0.01, change_day * 0.01, announced_at, published_at
        FROM unnest($1::int8[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::int8[], $8::int8[],
                    $9::int8[], $10::int8[], $11::int8[], $12::int8[], $13::timestamptz[], $14::timestamptz[])
             AS row (session, "offset", tenant, feed, source_id, round, bar_buy, bar_sell, ornament_buy, ornament_sell,
                     change_previous, change_day, announced_at, published_at)
        """)

    static let post = PostgresStatement(
        "post_ledger",
        """
        SELECT post_ledger($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int8[],
                           $8::timestamptz[])
        """)

    static let insertLetters = PostgresStatement(
        "insert_letters",
        """
        INSERT INTO outbox (stream, "offset", "index", tenant, kind, name, command, data, created_at)
        SELECT * FROM unnest($1::int8[], $2::int8[], $3::int4[], $4::text[], $5::text[], $6::text[], $7::text[],
                             $8::bytea[], $9::timestamptz[])
        """)

    static let insertUnfinished = PostgresStatement(
        "insert_unfinished",
        "INSERT INTO unfinished_session (session) SELECT * FROM unnest($1::int8[]) ON CONFLICT DO NOTHING")

    static let deleteUnfinished = PostgresStatement(
        "delete_unfinished", "DELETE FROM unfinished_session WHERE session = ANY ($1::int8[])")

    /// The generation to replace: the one that is not there, else the older one.
    static let upsertCheckpoints = PostgresStatement(
        "upsert_checkpoints",
        """
        INSERT INTO checkpoint (session, generation, "offset", format, crc, state)
        SELECT session,
               coalesce((SELECT CASE WHEN count(*) = 1 THEN 1 - min(kept.generation)
                                     ELSE (array_agg(kept.generation ORDER BY kept."offset", kept.taken_at))[1] END
                         FROM checkpoint kept WHERE kept.session = new.session), 0),
               "offset", format, crc, state
        FROM unnest($1::int8[], $2::int8[], $3::int2[], $4::int8[], $5::bytea[])
             AS new (session, "offset", format, crc, state)
        ON CONFLICT (session, generation) DO UPDATE SET
            "offset" = EXCLUDED."offset", format = EXCLUDED.format, crc = EXCLUDED.crc, state = EXCLUDED.state,
            taken_at = EXCLUDED.taken_at
        """)

    static let erase = PostgresStatement(
        "erase_session",
        "SELECT erase_session($1::int8, $2::text, $3::text, $4::text, $5::int8, $6::bytea)")

    // MARK: Loading

    private static let session =
        "(SELECT id FROM session WHERE tenant = $1::text AND kind = $2::text AND name = $3::text)"

    /// One row: the session if there is one, else the tombstone if there is one, else an id reserved for it.
    static let loadSession = PostgresStatement(
        "load_session",
        """
        SELECT session.id, session.epoch, tombstone."offset", tombstone.key_digest,
               CASE WHEN session.id IS NULL AND tombstone.address IS NULL
                    THEN nextval(pg_get_serial_sequence('session', 'id')) END
        FROM (SELECT address_digest($1::text, $2::text, $3::text) AS address) asked
        LEFT JOIN session ON session.tenant = $1::text AND session.kind = $2::text AND session.name = $3::text
        LEFT JOIN tombstone ON tombstone.address = asked.address
        """)

    /// The newest checkpoint; `$4` skips newer ones that were found bad.
    static let loadCheckpoint = PostgresStatement(
        "load_checkpoint",
        """
        SELECT "offset", format, crc, state FROM checkpoint WHERE session = \(session)
        ORDER BY "offset" DESC, taken_at DESC OFFSET $4::int4 LIMIT 1
        """)

    /// What stands after the newest checkpoint.
    static let loadTail = PostgresStatement(
        "load_tail",
        """
        SELECT "offset", name, at, data FROM log
        WHERE session = \(session)
          AND "offset" > coalesce((SELECT max("offset") FROM checkpoint WHERE session = \(session)), 0)
        ORDER BY "offset" LIMIT $4::int4
        """)

    static let loadAnswers = PostgresStatement(
        "load_answers",
        """
        SELECT key, fingerprint, "offset", body FROM command_answer WHERE session = \(session)
        ORDER BY "offset" DESC, at DESC LIMIT $4::int4
        """)

    static let loadOpenReply = PostgresStatement(
        "load_open_reply",
        "SELECT reply, text FROM open_reply WHERE session = \(session) ORDER BY updated_at DESC LIMIT 1")

    static let records = PostgresStatement(
        "records",
        """
        SELECT "offset", name, at, data FROM log WHERE session = $1::int8 AND "offset" > $2::int8
        ORDER BY "offset" LIMIT $3::int4
        """)

    static let answer = PostgresStatement(
        "answer",
        "SELECT key, fingerprint, \"offset\", body FROM command_answer WHERE session = $1::int8 AND key = $2::bytea")

    /// Across tenants; each row names its tenant.
    static let letters = PostgresStatement(
        "letters",
        """
        SELECT stream, "offset", "index", tenant, kind, name, command, data, created_at FROM outbox
        WHERE (stream, "offset", "index") > ($1::int8, $2::int8, $3::int4)
        ORDER BY stream, "offset", "index" LIMIT $4::int4
        """)

    static let removeLetters = PostgresStatement(
        "remove_letters",
        """
        DELETE FROM outbox USING unnest($1::int8[], $2::int8[], $3::int4[]) AS done (stream, "offset", "index")
        WHERE outbox.stream = done.stream AND outbox."offset" = done."offset" AND outbox."index" = done."index"
        """)

    /// Across tenants, because a restart takes up what it finds; each row names its tenant.
    static let unfinishedSessions = PostgresStatement(
        "unfinished_sessions",
        """
        SELECT session.id, session.tenant, session.kind, session.name
        FROM (SELECT session FROM open_reply UNION SELECT session FROM unfinished_session) unfinished
        JOIN session ON session.id = unfinished.session ORDER BY session.id LIMIT $1::int4
        """)
}
