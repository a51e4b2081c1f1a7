#include "CPages.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char shared_base_css[] = {
#embed "shared/base.css"
};
static const unsigned char shared_elements_js[] = {
#embed "shared/elements.js"
};
static const unsigned char shared_geo_js[] = {
#embed "shared/geo.js"
};
static const unsigned char shared_http_js[] = {
#embed "shared/http.js"
};
static const unsigned char shared_language_js[] = {
#embed "shared/language.js"
};
static const unsigned char shared_link_js[] = {
#embed "shared/link.js"
};
static const unsigned char shared_map_css[] = {
#embed "shared/map.css"
};
static const unsigned char shared_map_js[] = {
#embed "shared/map.js"
};
static const unsigned char shared_memory_js[] = {
#embed "shared/memory.js"
};
static const unsigned char shared_money_js[] = {
#embed "shared/money.js"
};
static const unsigned char shared_outbox_js[] = {
#embed "shared/outbox.js"
};
static const unsigned char shared_protocol_js[] = {
#embed "shared/protocol.js"
};
static const unsigned char shared_reconnect_js[] = {
#embed "shared/reconnect.js"
};
static const unsigned char shared_sheet_css[] = {
#embed "shared/sheet.css"
};
static const unsigned char shared_shell_js[] = {
#embed "shared/shell.js"
};

static const unsigned char chat_index_html[] = {
#embed "chat/index.html"
};
static const unsigned char chat_chat_css[] = {
#embed "chat/chat.css"
};
static const unsigned char chat_api_js[] = {
#embed "chat/api.js"
};
static const unsigned char chat_chat_js[] = {
#embed "chat/chat.js"
};
static const unsigned char chat_conversation_js[] = {
#embed "chat/conversation.js"
};
static const unsigned char chat_panel_js[] = {
#embed "chat/panel.js"
};
static const unsigned char chat_strings_js[] = {
#embed "chat/strings.js"
};
static const unsigned char chat_thread_js[] = {
#embed "chat/thread.js"
};
static const unsigned char chat_view_js[] = {
#embed "chat/view.js"
};

static const unsigned char gold_index_html[] = {
#embed "gold/index.html"
};
static const unsigned char gold_gold_css[] = {
#embed "gold/gold.css"
};
static const unsigned char gold_chart_js[] = {
#embed "gold/chart.js"
};
static const unsigned char gold_demo_js[] = {
#embed "gold/demo.js"
};
static const unsigned char gold_gold_js[] = {
#embed "gold/gold.js"
};
static const unsigned char gold_price_js[] = {
#embed "gold/price.js"
};
static const unsigned char gold_strings_js[] = {
#embed "gold/strings.js"
};
static const unsigned char gold_view_js[] = {
#embed "gold/view.js"
};

static const unsigned char oa_index_html[] = {
#embed "oa/index.html"
};
static const unsigned char oa_oa_css[] = {
#embed "oa/oa.css"
};
static const unsigned char oa_account_js[] = {
#embed "oa/account.js"
};
static const unsigned char oa_board_js[] = {
#embed "oa/board.js"
};
static const unsigned char oa_code_js[] = {
#embed "oa/code.js"
};
static const unsigned char oa_oa_js[] = {
#embed "oa/oa.js"
};
static const unsigned char oa_picture_js[] = {
#embed "oa/picture.js"
};
static const unsigned char oa_review_js[] = {
#embed "oa/review.js"
};
static const unsigned char oa_send_js[] = {
#embed "oa/send.js"
};
static const unsigned char oa_slip_js[] = {
#embed "oa/slip.js"
};
static const unsigned char oa_strings_js[] = {
#embed "oa/strings.js"
};
static const unsigned char oa_view_js[] = {
#embed "oa/view.js"
};

static const unsigned char pay_index_html[] = {
#embed "pay/index.html"
};
static const unsigned char pay_pay_css[] = {
#embed "pay/pay.css"
};
static const unsigned char pay_code_js[] = {
#embed "pay/code.js"
};
static const unsigned char pay_demo_js[] = {
#embed "pay/demo.js"
};
static const unsigned char pay_payment_js[] = {
#embed "pay/payment.js"
};
static const unsigned char pay_pay_js[] = {
#embed "pay/pay.js"
};
static const unsigned char pay_photo_js[] = {
#embed "pay/photo.js"
};
static const unsigned char pay_slip_js[] = {
#embed "pay/slip.js"
};
static const unsigned char pay_strings_js[] = {
#embed "pay/strings.js"
};
static const unsigned char pay_view_js[] = {
#embed "pay/view.js"
};

static const unsigned char ride_index_html[] = {
#embed "ride/index.html"
};
static const unsigned char ride_ride_css[] = {
#embed "ride/ride.css"
};
static const unsigned char ride_player_js[] = {
#embed "ride/player.js"
};
static const unsigned char ride_reporter_js[] = {
#embed "ride/reporter.js"
};
static const unsigned char ride_ride_js[] = {
#embed "ride/ride.js"
};
static const unsigned char ride_route_json[] = {
#embed "ride/route.json"
};
static const unsigned char ride_strings_js[] = {
#embed "ride/strings.js"
};
static const unsigned char ride_view_js[] = {
#embed "ride/view.js"
};

static const unsigned char track_index_html[] = {
#embed "track/index.html"
};
static const unsigned char track_track_css[] = {
#embed "track/track.css"
};
static const unsigned char track_demo_js[] = {
#embed "track/demo.js"
};
static const unsigned char track_order_js[] = {
#embed "track/order.js"
};
static const unsigned char track_strings_js[] = {
#embed "track/strings.js"
};
static const unsigned char track_streets_json[] = {
#embed "track/streets.json"
};
static const unsigned char track_track_js[] = {
#embed "track/track.js"
};
static const unsigned char track_view_js[] = {
#embed "track/view.js"
};

#define FILE_OF(name, symbol) {name, symbol, sizeof symbol}

// What every page has: one copy, served in the folder of each.
#define SHARED_FILES \
    FILE_OF("base.css", shared_base_css), \
    FILE_OF("elements.js", shared_elements_js), \
    FILE_OF("http.js", shared_http_js), \
    FILE_OF("language.js", shared_language_js), \
    FILE_OF("memory.js", shared_memory_js), \
    FILE_OF("money.js", shared_money_js), \
    FILE_OF("outbox.js", shared_outbox_js), \
    FILE_OF("protocol.js", shared_protocol_js), \
    FILE_OF("reconnect.js", shared_reconnect_js), \
    FILE_OF("shell.js", shared_shell_js)

// What pages with a map have besides.
#define MAP_FILES \
    FILE_OF("sheet.css", shared_sheet_css), \
    FILE_OF("geo.js", shared_geo_js), \
    FILE_OF("map.css", shared_map_css), \
    FILE_OF("map.js", shared_map_js), \
    FILE_OF("streets.json", track_streets_json)

static const struct sala_page chat_pages[] = {
    SHARED_FILES,
    FILE_OF("index.html", chat_index_html),
    FILE_OF("chat.css", chat_chat_css),
    FILE_OF("api.js", chat_api_js),
    FILE_OF("chat.js", chat_chat_js),
    FILE_OF("conversation.js", chat_conversation_js),
    FILE_OF("panel.js", chat_panel_js),
    FILE_OF("strings.js", chat_strings_js),
    FILE_OF("thread.js", chat_thread_js),
    FILE_OF("view.js", chat_view_js),
};

static const struct sala_page gold_pages[] = {
    SHARED_FILES,
    FILE_OF("sheet.css", shared_sheet_css),
    FILE_OF("index.html", gold_index_html),
    FILE_OF("gold.css", gold_gold_css),
    FILE_OF("chart.js", gold_chart_js),
    FILE_OF("demo.js", gold_demo_js),
    FILE_OF("gold.js", gold_gold_js),
    FILE_OF("price.js", gold_price_js),
    FILE_OF("strings.js", gold_strings_js),
    FILE_OF("view.js", gold_view_js),
};

static const struct sala_page oa_pages[] = {
    SHARED_FILES,
    FILE_OF("index.html", oa_index_html),
    FILE_OF("oa.css", oa_oa_css),
    FILE_OF("account.js", oa_account_js),
    FILE_OF("board.js", oa_board_js),
    FILE_OF("code.js", oa_code_js),
    FILE_OF("oa.js", oa_oa_js),
    FILE_OF("picture.js", oa_picture_js),
    FILE_OF("review.js", oa_review_js),
    FILE_OF("send.js", oa_send_js),
    FILE_OF("slip.js", oa_slip_js),
    FILE_OF("strings.js", oa_strings_js),
    FILE_OF("view.js", oa_view_js),
};

static const struct sala_page pay_pages[] = {
    SHARED_FILES,
    FILE_OF("sheet.css", shared_sheet_css),
    FILE_OF("index.html", pay_index_html),
    FILE_OF("pay.css", pay_pay_css),
    FILE_OF("code.js", pay_code_js),
    FILE_OF("demo.js", pay_demo_js),
    FILE_OF("link.js", shared_link_js),
    FILE_OF("payment.js", pay_payment_js),
    FILE_OF("pay.js", pay_pay_js),
    FILE_OF("photo.js", pay_photo_js),
    FILE_OF("slip.js", pay_slip_js),
    FILE_OF("strings.js", pay_strings_js),
    FILE_OF("view.js", pay_view_js),
};

static const struct sala_page ride_pages[] = {
    SHARED_FILES,
    MAP_FILES,
    FILE_OF("index.html", ride_index_html),
    FILE_OF("ride.css", ride_ride_css),
    FILE_OF("player.js", ride_player_js),
    FILE_OF("reporter.js", ride_reporter_js),
    FILE_OF("ride.js", ride_ride_js),
    FILE_OF("route.json", ride_route_json),
    FILE_OF("strings.js", ride_strings_js),
    FILE_OF("view.js", ride_view_js),
};

static const struct sala_page track_pages[] = {
    SHARED_FILES,
    MAP_FILES,
    FILE_OF("link.js", shared_link_js),
    FILE_OF("route.json", ride_route_json),
    FILE_OF("index.html", track_index_html),
    FILE_OF("track.css", track_track_css),
    FILE_OF("demo.js", track_demo_js),
    FILE_OF("order.js", track_order_js),
    FILE_OF("strings.js", track_strings_js),
    FILE_OF("track.js", track_track_js),
    FILE_OF("view.js", track_view_js),
};

#define PAGES_OF(pages) ((struct sala_pages){pages, sizeof pages / sizeof pages[0]})

struct sala_pages sala_chat_pages(void) { return PAGES_OF(chat_pages); }

struct sala_pages sala_gold_pages(void) { return PAGES_OF(gold_pages); }

struct sala_pages sala_line_pages(void) { return PAGES_OF(oa_pages); }

struct sala_pages sala_pay_pages(void) { return PAGES_OF(pay_pages); }

struct sala_pages sala_ride_pages(void) { return PAGES_OF(ride_pages); }

struct sala_pages sala_track_pages(void) { return PAGES_OF(track_pages); }
