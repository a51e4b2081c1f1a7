#include "CImageDecoders.h"

#include <setjmp.h>
#include <stdio.h>
#include <jpeglib.h>

// The library's own manager writes to stderr and ends the process.
struct errors { struct jpeg_error_mgr manager; jmp_buf jump; };

static void fail(j_common_ptr jpeg) { longjmp(((struct errors *)jpeg->err)->jump, 1); }
static void ignore_message(j_common_ptr jpeg, int level) { (void)jpeg; (void)level; }
static void ignore_text(j_common_ptr jpeg) { (void)jpeg; }

static void set_errors(struct jpeg_decompress_struct *jpeg, struct errors *errors) {
    jpeg->err = jpeg_std_error(&errors->manager);
    errors->manager.error_exit = fail;
    errors->manager.emit_message = ignore_message;
    errors->manager.output_message = ignore_text;
}

struct progress { struct jpeg_progress_mgr manager; int scans; };

static void count_scans(j_common_ptr jpeg) {
    if (((j_decompress_ptr)jpeg)->input_scan_number > ((struct progress *)jpeg->progress)->scans) fail(jpeg);
}

int sala_jpeg_size(const uint8_t *bytes, size_t count, struct sala_image_size *size) {
    struct jpeg_decompress_struct jpeg = {0};
    struct errors errors;
    set_errors(&jpeg, &errors);
    if (setjmp(errors.jump)) {
        jpeg_destroy_decompress(&jpeg);
        return 0;
    }
    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, bytes, count);
    jpeg_read_header(&jpeg, TRUE);
    size->width = jpeg.image_width;
    size->height = jpeg.image_height;
    jpeg_destroy_decompress(&jpeg);
    return 1;
}

int sala_jpeg_gray(
    const uint8_t *bytes, size_t count, struct sala_jpeg_limits limits, unsigned shrink, struct sala_image_size size,
    uint8_t *pixels) {
    struct jpeg_decompress_struct jpeg = {0};
    struct errors errors;
    struct progress progress = {{.progress_monitor = count_scans}, limits.scans};
    set_errors(&jpeg, &errors);
    if (setjmp(errors.jump)) {
        jpeg_destroy_decompress(&jpeg);
        return 0;
    }
    jpeg_create_decompress(&jpeg);
    jpeg.mem->max_memory_to_use = limits.memory;
    jpeg.progress = &progress.manager;
    jpeg_mem_src(&jpeg, bytes, count);
    jpeg_read_header(&jpeg, TRUE);
    jpeg.out_color_space = JCS_GRAYSCALE;
    jpeg.scale_num = 1;
    jpeg.scale_denom = shrink;
    jpeg_start_decompress(&jpeg);
    if (jpeg.output_width != size.width || jpeg.output_height != size.height || jpeg.output_components != 1)
        fail((j_common_ptr)&jpeg);
    while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW row = pixels + (size_t)jpeg.output_scanline * size.width;
        jpeg_read_scanlines(&jpeg, &row, 1);
    }
    // What follows the last row is not looked at.
    jpeg_destroy_decompress(&jpeg);
    return 1;
}
