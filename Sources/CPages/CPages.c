#include "CPages.h"


#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "chat/index.html"
};
static const unsigned char chat_css[] = {
#embed "chat/chat.css"
};
static const unsigned char api_js[] = {
#embed "chat/api.js"
};
static const unsigned char chat_js[] = {
#embed "chat/chat.js"
};
static const unsigned char conversation_js[] = {
#embed "chat/conversation.js"
};
static const unsigned char elements_js[] = {
#embed "chat/elements.js"
};
static const unsigned char memory_js[] = {
#embed "chat/memory.js"
};
static const unsigned char outbox_js[] = {
#embed "chat/outbox.js"
};
static const unsigned char panel_js[] = {
#embed "chat/panel.js"
};
static const unsigned char protocol_js[] = {
#embed "chat/protocol.js"
};
static const unsigned char reconnect_js[] = {
#embed "chat/reconnect.js"
};
static const unsigned char strings_js[] = {
#embed "chat/strings.js"
};
static const unsigned char thread_js[] = {
#embed "chat/thread.js"
};
static const unsigned char view_js[] = {
#embed "chat/view.js"
};

#define FILE_OF(name, symbol) {name, symbol, sizeof symbol}

static const struct sala_page chat_pages[] = {
    FILE_OF("index.html", index_html),
    FILE_OF("chat.css", chat_css),
    FILE_OF("api.js", api_js),
    FILE_OF("chat.js", chat_js),
    FILE_OF("conversation.js", conversation_js),
    FILE_OF("elements.js", elements_js),
    FILE_OF("memory.js", memory_js),
    FILE_OF("outbox.js", outbox_js),
    FILE_OF("panel.js", panel_js),
    FILE_OF("protocol.js", protocol_js),
    FILE_OF("reconnect.js", reconnect_js),
    FILE_OF("strings.js", strings_js),
    FILE_OF("thread.js", thread_js),
    FILE_OF("view.js", view_js),
};

size_t sala_chat_page_count(void) { return sizeof chat_pages / sizeof chat_pages[0]; }

const struct sala_page *sala_chat_page(size_t index) { return &chat_pages[index]; }
