/*
 * A small strict JSON reader for the tests: it cuts a document into slices of its own text and writes the canonical
 * form (no white space, sorted keys). It allocates nothing but the canonical text.
 */
#ifndef TEST_JSON_H
#define TEST_JSON_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const char *at;
  size_t len;
} slice;

static slice slice_of(const char *text) {
  slice whole;
  whole.at = text;
  whole.len = strlen(text);
  return whole;
}

static int slice_is(slice text, const char *word) {
  return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

/* White space. */
static const char *json_space(const char *p, const char *end) {
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) p++;
  return p;
}

/* One string, from its quotation mark to behind its last one; NULL if it is none. */
static const char *json_string(const char *p, const char *end) {
  if (p >= end || *p != '"') return NULL;
  for (p++; p < end; p++) {
    unsigned char c = (unsigned char)*p;
    if (c == '"') return p + 1;
    if (c < 0x20) return NULL;
    if (c == '\\') {
      int digit;
      if (++p >= end) return NULL;
      if (*p == 'u') {
        for (digit = 0; digit < 4; digit++) {
          if (++p >= end || !strchr("0123456789abcdefABCDEF", *p) || *p == 0) return NULL;
        }
      } else if (!strchr("\"\\/bfnrt", *p) || *p == 0) {
        return NULL;
      }
    }
  }
  return NULL;
}

static const char *json_literal(const char *p, const char *end, const char *word) {
  size_t len = strlen(word);
  return (size_t)(end - p) >= len && memcmp(p, word, len) == 0 ? p + len : NULL;
}

/* An integer: documents hold no other number. */
static const char *json_integer(const char *p, const char *end) {
  const char *first;
  if (p < end && *p == '-') p++;
  first = p;
  while (p < end && *p >= '0' && *p <= '9') p++;
  if (p == first || (*first == '0' && p - first > 1)) return NULL;
  return p;
}

/* One value, from its first byte to behind its last one; NULL if it is none. */
static const char *json_value(const char *p, const char *end, int depth) {
  char close;
  if (p >= end || depth > 64) return NULL;
  if (*p == '"') return json_string(p, end);
  if (*p == 't') return json_literal(p, end, "true");
  if (*p == 'f') return json_literal(p, end, "false");
  if (*p == 'n') return json_literal(p, end, "null");
  if (*p != '{' && *p != '[') return json_integer(p, end);
  close = *p == '{' ? '}' : ']';
  p = json_space(p + 1, end);
  if (p < end && *p == close) return p + 1;
  for (;;) {
    if (close == '}') {
      p = json_string(p, end);
      if (!p) return NULL;
      p = json_space(p, end);
      if (p >= end || *p != ':') return NULL;
      p = json_space(p + 1, end);
    }
    p = json_value(p, end, depth + 1);
    if (!p) return NULL;
    p = json_space(p, end);
    if (p >= end) return NULL;
    if (*p == close) return p + 1;
    if (*p != ',') return NULL;
    p = json_space(p + 1, end);
  }
}

/* Whether the whole text is one document. */
static int json_valid(slice text) {
  const char *end = text.at + text.len;
  const char *p = json_value(json_space(text.at, end), end, 0);
  return p && json_space(p, end) == end;
}

/*
 * The parts of a container, one by one: *position starts at NULL; key is empty in an array. Returns 0 at the end.
 * The document must be valid.
 */
static int json_next(slice container, const char **position, slice *key, slice *value) {
  const char *end = container.at + container.len;
  const char *p = *position ? *position : container.at + 1;
  int object = container.at[0] == '{';
  p = json_space(p, end);
  if (*position && p < end && *p == ',') p = json_space(p + 1, end);
  if (p >= end || *p == '}' || *p == ']') return 0;
  key->at = p;
  key->len = 0;
  if (object) {
    const char *behind = json_string(p, end);
    key->at = p + 1;
    key->len = (size_t)(behind - p) - 2;
    p = json_space(json_space(behind, end) + 1, end);
  }
  value->at = p;
  p = json_value(p, end, 0);
  value->len = (size_t)(p - value->at);
  *position = p;
  return 1;
}

/* The value of a member; its `at` is NULL if there is none. */
static slice json_get(slice object, const char *name) {
  const char *position = NULL;
  slice key, value;
  while (object.at && object.len > 1 && object.at[0] == '{' && json_next(object, &position, &key, &value)) {
    if (slice_is(key, name)) return value;
  }
  value.at = NULL;
  value.len = 0;
  return value;
}

/* A string without its quotation marks. The vectors' ids, dates and codes hold no escapes. */
static slice json_text(slice value) {
  if (value.at && value.len >= 2 && value.at[0] == '"') {
    value.at++;
    value.len -= 2;
  } else {
    value.at = NULL;
    value.len = 0;
  }
  return value;
}

typedef struct {
  char *at;
  size_t len, room;
} buffer;

static void put(buffer *out, const char *at, size_t len) {
  if (out->len + len + 1 > out->room) {
    size_t room = (out->len + len + 1) * 2;
    char *grown = (char *)realloc(out->at, room);
    if (!grown) abort();
    out->at = grown;
    out->room = room;
  }
  memcpy(out->at + out->len, at, len);
  out->len += len;
  out->at[out->len] = 0;
}

static void put_text(buffer *out, const char *text) { put(out, text, strlen(text)); }

/* Appends the bytes that a string stands for. The vectors' strings escape nothing above U+007F. */
static void json_unescape(slice text, buffer *out) {
  const char *p = text.at, *end = text.at + text.len;
  for (; p < end; p++) {
    char byte = *p;
    if (byte == '\\') {
      static const char letters[] = "bfnrt", bytes[] = "\b\f\n\r\t";
      const char *letter = strchr(letters, *++p);
      byte = letter ? bytes[letter - letters] : *p;
      if (*p == 'u') {
        char digits[5];
        memcpy(digits, p + 1, 4);
        digits[4] = 0;
        byte = (char)strtol(digits, NULL, 16);
        p += 4;
      }
    }
    put(out, &byte, 1);
  }
}

/* Appends a string of these bytes, with just the escapes that JSON asks for: canonical. */
static void json_escape(slice bytes, buffer *out) {
  size_t i;
  put_text(out, "\"");
  for (i = 0; i < bytes.len; i++) {
    char byte = bytes.at[i];
    static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *known = byte ? strchr(special, byte) : NULL;
    if (known) {
      put_text(out, "\\");
      put(out, &letters[known - special], 1);
    } else if ((unsigned char)byte < 0x20) {
      char escaped[7];
      snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)(unsigned char)byte);
      put_text(out, escaped);
    } else {
      put(out, &byte, 1);
    }
  }
  put_text(out, "\"");
}

typedef struct {
  slice key, value;
} json_member;

static int json_by_key(const void *a, const void *b) {
  const json_member *x = (const json_member *)a, *y = (const json_member *)b;
  size_t shorter = x->key.len < y->key.len ? x->key.len : y->key.len;
  int order = memcmp(x->key.at, y->key.at, shorter);
  return order ? order : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

/* Appends the canonical form of a valid document, but for escapes, which must be canonical already. */
static void json_canonical(slice value, buffer *out) {
  const char *position = NULL;
  json_member *members;
  json_member member;
  size_t count = 0, i;
  char open;
  const char *end = value.at + value.len;
  value.at = json_space(value.at, end);
  value.len = (size_t)(end - value.at);
  open = value.at[0];
  if (open != '{' && open != '[') {
    while (value.len && strchr(" \t\r\n", value.at[value.len - 1])) value.len--;
    put(out, value.at, value.len);
    return;
  }
  while (json_next(value, &position, &member.key, &member.value)) count++;
  members = (json_member *)malloc((count + 1) * sizeof *members);
  if (!members) abort();
  position = NULL;
  for (i = 0; i < count; i++) json_next(value, &position, &members[i].key, &members[i].value);
  if (open == '{') qsort(members, count, sizeof *members, json_by_key);
  put(out, &open, 1);
  for (i = 0; i < count; i++) {
    if (i) put_text(out, ",");
    if (open == '{') {
      put(out, members[i].key.at - 1, members[i].key.len + 2);
      put_text(out, ":");
    }
    json_canonical(members[i].value, out);
  }
  put_text(out, open == '{' ? "}" : "]");
  free(members);
}

#endif
