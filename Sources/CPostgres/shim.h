#ifndef SALA_CPOSTGRES_H
#define SALA_CPOSTGRES_H
#include <libpq-fe.h>
#endif
