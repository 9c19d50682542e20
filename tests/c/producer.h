/*
 * An Arrow producer of text columns, by hand from the specification: what a host without an Arrow library would write.
 * `hurt` may damage each batch before it is handed over; what is freed is remembered apart, so damage leaks nothing.
 */
#ifndef TEST_PRODUCER_H
#define TEST_PRODUCER_H

#include "kaifang.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  const char *const *names;
  const char *const *cells; /* row by row; NULL is null */
  size_t columns, rows;
  size_t batches;              /* how many times the rows are sent */
  void (*hurt)(struct ArrowArray *batch);
  int fail;                    /* what get_next returns in place of a batch */
} producer;

static int producers_alive = 0, batches_alive = 0;

static void *allocate(size_t size) {
  void *block = calloc(1, size ? size : 1);
  if (!block) abort();
  return block;
}

static void release_schema(struct ArrowSchema *schema) {
  struct ArrowSchema **children = (struct ArrowSchema **)schema->private_data;
  size_t i;
  for (i = 0; children && children[i]; i++) {
    if (children[i]->release) children[i]->release(children[i]);
    free(children[i]);
  }
  free(children);
  schema->release = NULL;
}

static int produce_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
  producer *p = (producer *)stream->private_data;
  struct ArrowSchema **children = (struct ArrowSchema **)allocate((p->columns + 1) * sizeof *children);
  size_t i;
  memset(out, 0, sizeof *out);
  for (i = 0; i < p->columns; i++) {
    children[i] = (struct ArrowSchema *)allocate(sizeof **children);
    children[i]->format = "u";
    children[i]->name = p->names[i];
    children[i]->flags = ARROW_FLAG_NULLABLE;
    children[i]->release = release_schema;
  }
  out->format = "+s";
  out->name = "";
  out->n_children = (int64_t)p->columns;
  out->children = children;
  out->private_data = children;
  out->release = release_schema;
  return 0;
}

typedef struct {
  void *blocks[4];
  struct ArrowArray **children;
  size_t n_children;
} owned;

static void release_array(struct ArrowArray *array) {
  owned *mine = (owned *)array->private_data;
  size_t i;
  if (!array->release) return;
  for (i = 0; i < mine->n_children; i++) {
    /* A child that was marked released by the damage is freed all the same. */
    mine->children[i]->release = release_array;
    release_array(mine->children[i]);
    free(mine->children[i]);
  }
  if (mine->children) batches_alive--;
  for (i = 0; i < 4; i++) free(mine->blocks[i]);
  free(mine->children);
  free(mine);
  array->release = NULL;
}

static void produce_column(const producer *p, size_t column, struct ArrowArray *out) {
  owned *mine = (owned *)allocate(sizeof *mine);
  const void **buffers = (const void **)allocate(3 * sizeof *buffers);
  unsigned char *valid = (unsigned char *)allocate(p->rows / 8 + 1);
  int32_t *offsets = (int32_t *)allocate((p->rows + 1) * sizeof *offsets);
  size_t row, bytes = 0;
  char *data;
  for (row = 0; row < p->rows; row++) {
    const char *cell = p->cells[row * p->columns + column];
    if (cell) {
      valid[row / 8] = (unsigned char)(valid[row / 8] | (1u << (row % 8)));
      bytes += strlen(cell);
    } else {
      out->null_count++;
    }
    offsets[row + 1] = (int32_t)bytes;
  }
  data = (char *)allocate(bytes);
  for (row = 0; row < p->rows; row++) {
    const char *cell = p->cells[row * p->columns + column];
    if (cell) memcpy(data + offsets[row], cell, strlen(cell));
  }
  buffers[0] = valid;
  buffers[1] = offsets;
  buffers[2] = data;
  mine->blocks[0] = valid;
  mine->blocks[1] = offsets;
  mine->blocks[2] = data;
  mine->blocks[3] = (void *)buffers;
  out->length = (int64_t)p->rows;
  out->n_buffers = 3;
  out->buffers = buffers;
  out->private_data = mine;
  out->release = release_array;
}

static int produce_batch(struct ArrowArrayStream *stream, struct ArrowArray *out) {
  producer *p = (producer *)stream->private_data;
  owned *mine;
  const void **buffers;
  size_t i;
  memset(out, 0, sizeof *out);
  if (p->fail) return p->fail;
  if (p->batches == 0) return 0;
  p->batches--;
  mine = (owned *)allocate(sizeof *mine);
  buffers = (const void **)allocate(sizeof *buffers);
  mine->blocks[0] = (void *)buffers;
  mine->children = (struct ArrowArray **)allocate((p->columns + 1) * sizeof *mine->children);
  mine->n_children = p->columns;
  for (i = 0; i < p->columns; i++) {
    mine->children[i] = (struct ArrowArray *)allocate(sizeof **mine->children);
    produce_column(p, i, mine->children[i]);
  }
  out->length = (int64_t)p->rows;
  out->n_buffers = 1;
  out->buffers = buffers;
  out->n_children = (int64_t)p->columns;
  out->children = mine->children;
  out->private_data = mine;
  out->release = release_array;
  batches_alive++;
  if (p->hurt) p->hurt(out);
  return 0;
}

static const char *produce_error(struct ArrowArrayStream *stream) {
  (void)stream;
  return "the producer failed";
}

static void release_stream(struct ArrowArrayStream *stream) {
  free(stream->private_data);
  producers_alive--;
  stream->release = NULL;
}

/* A stream of these cells, `batches` times over. */
static struct ArrowArrayStream produce(const char *const *names, size_t columns, const char *const *cells, size_t rows,
                                       size_t batches) {
  struct ArrowArrayStream stream;
  producer *p = (producer *)allocate(sizeof *p);
  p->names = names;
  p->columns = columns;
  p->cells = cells;
  p->rows = rows;
  p->batches = batches;
  stream.get_schema = produce_schema;
  stream.get_next = produce_batch;
  stream.get_last_error = produce_error;
  stream.release = release_stream;
  stream.private_data = p;
  producers_alive++;
  return stream;
}

#endif
