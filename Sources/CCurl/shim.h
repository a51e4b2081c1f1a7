// libcurl's setters are variadic, which Swift cannot call: one typed wrapper per argument type.
#ifndef SALA_CCURL_H
#define SALA_CCURL_H
#include <curl/curl.h>
#endif
