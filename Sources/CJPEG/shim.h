#ifndef SALA_CJPEG_H
#define SALA_CJPEG_H
#include <stdio.h>
// Needs size_t and FILE.
#include <jpeglib.h>
#endif
