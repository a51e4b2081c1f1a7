#ifndef SALA_CPNG_H
#define SALA_CPNG_H
#include <png.h>
#endif
