#ifndef SALA_CQRENCODE_H
#define SALA_CQRENCODE_H
#include <qrencode.h>
#endif
