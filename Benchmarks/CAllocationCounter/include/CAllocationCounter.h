#ifndef SALA_ALLOCATION_COUNTER_H
#define SALA_ALLOCATION_COUNTER_H

#include <stdint.h>

// Allocations of the calling thread since it began: calls of malloc, calloc, realloc and the aligned kinds, by whoever in the
// process makes them. A call that fails counts, too; freeing does not.
uint64_t sala_allocation_count(void);

#endif
