-- Chats of people with each other: what they are about, what was said last, and who has read how much.

-- booking: the order that they talk about. last_author, last_kind ('text', 'image' or 'file') and last_offset are of the newest message.
-- readers are the owner and the participants, in that order; read and unread have one element for each: the newest offset that was
-- read, and how many messages of others stand behind it. With the advisor all three are empty.
ALTER TABLE conversation
    ADD COLUMN booking      text,
    ADD COLUMN last_author  text,
    ADD COLUMN last_kind    text,
    ADD COLUMN last_offset  bigint,
    ADD COLUMN readers      text[]    NOT NULL DEFAULT '{}',
    ADD COLUMN read         bigint[]  NOT NULL DEFAULT '{}',
    ADD COLUMN unread       bigint[]  NOT NULL DEFAULT '{}';

-- What was sent with the message: a JSON array.
ALTER TABLE message ADD COLUMN attachments text;
