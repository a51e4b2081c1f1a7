// libjpeg and libpng report an error by a jump, which must not pass a Swift frame: here it ends. Which bounds there are is said by
// the caller.
#ifndef SALA_CIMAGEDECODERS_H
#define SALA_CIMAGEDECODERS_H

#include <stddef.h>
#include <stdint.h>

struct sala_image_size { uint32_t width, height; };

// What a JPEG may cost besides its pixels: bytes of coefficients that a progressive one keeps, passes over the whole picture.
struct sala_jpeg_limits { long memory; int scans; };

// The size that the header says. All return 0 on failure, 1 on success.
int sala_jpeg_size(const uint8_t *bytes, size_t count, struct sala_image_size *size);
int sala_png_size(const uint8_t *bytes, size_t count, struct sala_image_size *size);

// The picture, 8 bits of grey a pixel, `size.width * size.height` of them. The JPEG is shrunk to 1/1, 1/2, 1/4 or 1/8 by its
// decoder; what comes of it must have this size. A JPEG that ends early is grey from there on; a PNG is a failure.
int sala_jpeg_gray(
    const uint8_t *bytes, size_t count, struct sala_jpeg_limits limits, unsigned shrink, struct sala_image_size size,
    uint8_t *pixels);
int sala_png_gray(const uint8_t *bytes, size_t count, struct sala_image_size size, uint8_t *pixels);

#endif
