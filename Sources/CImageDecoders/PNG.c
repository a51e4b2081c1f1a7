#include "CImageDecoders.h"

#include <png.h>
#include <string.h>

struct source { const uint8_t *bytes; size_t left; };

static void fail(png_structp png, png_const_charp message) {
    (void)message;
    png_longjmp(png, 1);
}
static void ignore(png_structp png, png_const_charp message) { (void)png; (void)message; }

static void take(png_structp png, png_bytep target, size_t count) {
    struct source *source = png_get_io_ptr(png);
    if (count > source->left) fail(png, "");
    memcpy(target, source->bytes, count);
    source->bytes += count;
    source->left -= count;
}

// Everything that is no pixel is passed over: compressed texts and profiles would be inflated and kept.
static void begin(png_structp png, png_infop info, struct source *source) {
    png_set_read_fn(png, source, take);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_read_info(png, info);
}

int sala_png_size(const uint8_t *bytes, size_t count, struct sala_image_size *size) {
    struct source source = {bytes, count};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, fail, ignore);
    if (!png) return 0;
    png_infop volatile info = NULL;
    if (setjmp(png_jmpbuf(png))) {
        png_infop made = info;
        png_destroy_read_struct(&png, &made, NULL);
        return 0;
    }
    png_infop made = png_create_info_struct(png);
    info = made;
    if (!made) fail(png, "");
    begin(png, made, &source);
    size->width = png_get_image_width(png, made);
    size->height = png_get_image_height(png, made);
    png_destroy_read_struct(&png, &made, NULL);
    return 1;
}

int sala_png_gray(const uint8_t *bytes, size_t count, struct sala_image_size size, uint8_t *pixels) {
    struct source source = {bytes, count};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, fail, ignore);
    if (!png) return 0;
    png_infop volatile info = NULL;
    if (setjmp(png_jmpbuf(png))) {
        png_infop made = info;
        png_destroy_read_struct(&png, &made, NULL);
        return 0;
    }
    png_infop made = png_create_info_struct(png);
    info = made;
    if (!made) fail(png, "");
    begin(png, made, &source);
    // Palettes and small depths to 8 bits, colours to grey, what is transparent to white.
    png_set_expand(png);
    png_set_scale_16(png);
    png_color_16 white = {.red = 255, .green = 255, .blue = 255, .gray = 255};
    int colour = png_get_color_type(png, made);
    if (colour & PNG_COLOR_MASK_ALPHA || png_get_valid(png, made, PNG_INFO_tRNS))
        png_set_background_fixed(png, &white, PNG_BACKGROUND_GAMMA_SCREEN, 0, PNG_FP_1);
    if (colour & PNG_COLOR_MASK_COLOR) png_set_rgb_to_gray_fixed(png, PNG_ERROR_ACTION_NONE, -1, -1);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, made);
    if (png_get_image_width(png, made) != size.width || png_get_image_height(png, made) != size.height
        || png_get_rowbytes(png, made) != size.width)
        fail(png, "");
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t row = 0; row < size.height; row++) png_read_row(png, pixels + (size_t)row * size.width, NULL);
    png_destroy_read_struct(&png, &made, NULL);
    return 1;
}
