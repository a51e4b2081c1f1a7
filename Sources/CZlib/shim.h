#ifndef SALA_CZLIB_H
#define SALA_CZLIB_H
// Input that zlib only reads is a pointer to const.
#define ZLIB_CONST
#include <zlib.h>
#endif
