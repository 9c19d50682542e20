/*
 * The table of a year for the program that runs it: tests/scenarios/year.json with each digest in its place, what a step
 * asks, and what it should come to. Both what the table says and what the library answers are written as one line of text.
 */
#ifndef TEST_SCENARIO_H
#define TEST_SCENARIO_H

#include "ledger.h"
#include "sha256.h"

/* The whole of a file; its `at` is NULL if it can't be read. */
static buffer file_of(const char *path) {
  buffer out = {NULL, 0, 0};
  char part[4096];
  size_t count;
  FILE *file = fopen(path, "rb");
  CHECK(file != NULL);
  if (!file) return out;
  while ((count = fread(part, 1, sizeof part, file)) > 0) put(&out, part, count);
  CHECK(fclose(file) == 0);
  return out;
}

/* The table with each "$digest:TEXT" replaced by the SHA-256 of the text. It has no escapes. */
static buffer table_of(const char *path) {
  static const char mark[] = "\"$digest:";
  buffer file = file_of(path), out = {NULL, 0, 0};
  const char *rest = file.at, *at;
  if (!rest) return out;
  CHECK(!strchr(rest, '\\'));
  while ((at = strstr(rest, mark))) {
    const char *text = at + sizeof mark - 1, *end = strchr(text, '"');
    char digest[72];
    if (!end) break;
    put(&out, rest, (size_t)(at - rest) + 1);
    sha256_text(text, (size_t)(end - text), digest);
    put_text(&out, digest);
    rest = end;
  }
  put_text(&out, rest);
  free(file.at);
  return out;
}

static slice whole_of(buffer text) {
  slice whole;
  whole.at = text.at;
  whole.len = text.len;
  return whole;
}

/* Exactly one; a list of duties is what an act makes or does. */
static const char *kind_of(slice step) {
  static const char *const kinds[] = {"act", "assess", "admit", "decide", "complete", "report_use", "duties", "audit"};
  const char *found = NULL;
  size_t i, count = 0;
  for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    slice value = json_get(step, kinds[i]);
    if (value.at && *value.at != '[') {
      found = kinds[i];
      count++;
    }
  }
  CHECK(count == 1);
  return found ? found : "";
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* A list whose order means nothing, of which each part was written on its own; the parts are freed. */
static void put_list(buffer *out, char **parts, size_t count) {
  size_t i;
  if (count) qsort(parts, count, sizeof *parts, by_text);
  put_text(out, "[");
  for (i = 0; i < count; i++) {
    put_text(out, i ? ", " : "");
    put_text(out, parts[i]);
    free(parts[i]);
  }
  put_text(out, "]");
  free(parts);
}

/* A duty in the words of the table, from the table or from the library. */
static char *duty_line(slice duty) {
  static const char *const names[] = {"code", "holder", "subject", "status"};
  slice due = json_get(duty, "due"), provisional = json_get(duty, "provisional");
  buffer out = {NULL, 0, 0};
  size_t i;
  if (due.at && *due.at == '{') {
    provisional = json_get(due, "provisional");
    due = json_get(due, "date");
  }
  for (i = 0; i < sizeof names / sizeof *names; i++) {
    slice value = json_get(duty, names[i]);
    put(&out, value.at ? value.at : "", value.len);
    put_text(&out, " ");
  }
  put(&out, due.at ? due.at : "null", due.at ? due.len : 4);
  put_text(&out, slice_is(provisional, "true") ? " provisional" : "");
  return out.at;
}

/* What an audit found. */
static char *finding_line(slice finding) {
  slice code = json_get(finding, "code"), subject = json_get(finding, "subject");
  buffer out = {NULL, 0, 0};
  put(&out, code.at, code.len);
  put_text(&out, " ");
  put(&out, subject.at, subject.len);
  return out.at;
}

/* The parts of an array; with `open`, without the duties that are done. */
static void put_parts(buffer *out, slice array, char *(*line)(slice), int open) {
  char **parts = NULL;
  size_t count = 0;
  const char *position = NULL;
  slice key, value;
  while (array.at && *array.at == '[' && json_next(array, &position, &key, &value)) {
    char **grown;
    if (open && slice_is(json_text(json_get(value, "status")), "done")) continue;
    grown = (char **)realloc(parts, (count + 1) * sizeof *parts);
    if (!grown) abort();
    parts = grown;
    parts[count++] = line(value);
  }
  put_list(out, parts, count);
}

static void put_decision(buffer *out, slice step, slice decision) {
  slice permit = json_get(decision, "permit"), denials = json_get(decision, "denials"), rows = json_get(decision, "rows");
  const char *position = NULL;
  slice key, denial;
  put_text(out, slice_is(permit, "true") ? "permitted" : "denied");
  while (denials.at && json_next(denials, &position, &key, &denial)) { /* in the order of the articles */
    slice code = *denial.at == '{' ? json_get(denial, "code") : denial;
    put_text(out, " ");
    put(out, code.at, code.len);
  }
  if (json_get(step, "rows").at) {
    put_text(out, ", rows ");
    put(out, rows.at ? rows.at : "none", rows.at ? rows.len : 4);
  }
}

/* What the table says about a step. */
static buffer expected_of(slice step) {
  const char *kind = kind_of(step);
  slice refused = json_get(step, "refused"), duties = json_get(step, "duties");
  buffer out = {NULL, 0, 0};
  if (json_get(step, "permit").at) {
    put_decision(&out, step, step);
  } else if (strcmp(kind, "duties") == 0) {
    put_parts(&out, json_get(step, "expect"), duty_line, 0);
  } else if (strcmp(kind, "audit") == 0) {
    put_parts(&out, json_get(step, "findings"), finding_line, 0);
  } else {
    slice code = json_text(refused);
    put_text(&out, !refused.at ? "taken" : "refused ");
    if (code.at) put(&out, code.at, code.len);
    if (duties.at && *duties.at == '[') put_parts(&out, duties, duty_line, 0);
  }
  return out;
}

#endif
