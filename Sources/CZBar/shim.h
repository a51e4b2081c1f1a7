#ifndef SALA_CZBAR_H
#define SALA_CZBAR_H
#include <zbar.h>
#endif
