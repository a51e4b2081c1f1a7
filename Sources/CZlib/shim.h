#ifndef SALA_CZLIB_H
#define SALA_CZLIB_H
#include <zlib.h>
#endif
