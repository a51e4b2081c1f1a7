// The files that the server itself serves, compiled into the executable by the preprocessor (#embed): a second, where
// SwiftPM's generated array literals took the Swift compiler most of a minute.
#ifndef SALA_CPAGES_H
#define SALA_CPAGES_H

#include <stddef.h>

struct sala_page {
    const char *name;
    const unsigned char *bytes;
    size_t count;
};

struct sala_pages {
    const struct sala_page *files;
    size_t count;
};

// The files of /demo/chat/.
struct sala_pages sala_chat_pages(void);

// The files of /demo/gold/.
struct sala_pages sala_gold_pages(void);

// The files of /demo/oa/.
struct sala_pages sala_line_pages(void);

// The files of /demo/pay/.
struct sala_pages sala_pay_pages(void);

// The files of /demo/ride/.
struct sala_pages sala_ride_pages(void);

// The files of /demo/track/.
struct sala_pages sala_track_pages(void);

#endif
