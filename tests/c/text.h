/* What a kf_text holds, for the test programs. */
#ifndef TEST_TEXT_H
#define TEST_TEXT_H

#include "harness.h"
#include "json.h"

static slice bytes_of(const kf_text *text) {
  slice bytes;
  bytes.len = 0;
  bytes.at = (const char *)kf_text_data(text, &bytes.len);
  if (!bytes.at) bytes.at = "";
  return bytes;
}

static int has(const kf_text *text, const char *words) {
  return kf_text_data(text, NULL) && strstr((const char *)kf_text_data(text, NULL), words) != NULL;
}

static int is(const kf_text *text, const char *words) { return slice_is(bytes_of(text), words); }

static void drop(kf_text **text) {
  CHECK(kf_text_free(*text) == KF_OK);
  *text = NULL;
}

/* A text as pointer and length, for a call. */
#define OF(text) bytes_of(text).at, bytes_of(text).len
#define IN(buffer) (buffer).at, (buffer).len

#endif
