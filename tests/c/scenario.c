/*
 * A year of the platform through the C library: each step of tests/scenarios/year.json must come to what was written by hand
 * from the articles. What a step is, the README beside it says. Every difference is shown. Then the log is damaged by a bit,
 * which the audit finds.
 *
 * usage: scenario YEAR.json FOLDER
 */
#include "scenario.h"

#include <dirent.h>

#define MAX_NAMES 256

/* A platform that lives through the year. */
typedef struct {
  slice table;
  const char *directory;
  kf_platform *platform;
  /* The records of the requests that have a name. */
  slice names[MAX_NAMES];
  uint64_t records[MAX_NAMES];
  size_t count;
} year;

/* A member's text, as pointer and length for a call. */
#define MEMBER(object, name) json_text(json_get(object, name)).at, json_text(json_get(object, name)).len
/* A member as it stands, likewise: a document. */
#define DOCUMENT(object, name) json_get(object, name).at, json_get(object, name).len

static year begin_year(slice table, const char *directory, const kf_signer *signer) {
  year out;
  kf_policy *policy = NULL;
  memset(&out, 0, sizeof out);
  out.table = table;
  out.directory = directory;
  EXPECT(KF_OK, kf_policy_builtin(MEMBER(table, "policy"), &policy, &err));
  EXPECT(KF_OK, kf_platform_init(TEXT(directory), policy, MEMBER(table, "origin"), signer, MEMBER(table, "start"),
                                 &out.platform, &err));
  CHECK(kf_policy_free(policy) == KF_OK);
  return out;
}

static const uint64_t *record_of(const year *life, slice name) {
  size_t i;
  for (i = life->count; i > 0; i--) {
    if (life->names[i - 1].len == name.len && memcmp(life->names[i - 1].at, name.at, name.len) == 0) {
      return &life->records[i - 1];
    }
  }
  return NULL;
}

/* What was refused, with its code unless the table just says that it is; frees the error. */
static void put_refusal(buffer *out, slice step, kf_error *error) {
  const char *code = kf_error_code(error, NULL);
  put_text(out, "refused ");
  if (!slice_is(json_get(step, "refused"), "true")) put_text(out, code ? code : "without an error");
  CHECK(kf_error_free(error) == KF_OK);
}

/* Ends a call that records: its refusal, or the duties that it makes or does. */
static void put_recorded(buffer *out, slice step, kf_status status, kf_text *recorded, kf_error *error) {
  slice duties = json_get(step, "duties");
  CHECK((status == KF_OK) == (error == NULL));
  if (status == KF_OK) put_text(out, "taken");
  if (status != KF_OK) put_refusal(out, step, error);
  if (duties.at && *duties.at == '[') put_parts(out, json_get(bytes_of(recorded), "duties"), duty_line, 0);
  drop(&recorded);
}

static void act(const year *life, slice step, slice document, buffer *out) {
  kf_text *recorded = NULL;
  kf_error *error = NULL;
  kf_status status =
      kf_platform_event(life->platform, document.at, document.len, MEMBER(step, "at"), &recorded, &error);
  put_recorded(out, step, status, recorded, error);
}

static void put_member(buffer *out, const char *name, slice value) {
  put_text(out, ",\"");
  put_text(out, name);
  put_text(out, "\":");
  put(out, value.at, value.len);
}

/* The act of an assessment: an assertion about each fact that is known. The platform states facts and classification. */
static void assess(const year *life, slice step, buffer *out) {
  static const char *const parts[] = {"by", "dataset", "content", "assessor", "chosen", "approval"};
  slice given = json_get(step, "assess"), facts = json_get(given, "facts"), named = json_get(given, "evidence");
  slice harmless = json_get(life->table, "harmless"), key, value;
  buffer document = {NULL, 0, 0};
  const char *position = NULL;
  size_t i, known = 0, stated = 0;
  put_text(&document, "{\"event\":\"dataset_assessed\"");
  for (i = 0; i < sizeof parts / sizeof *parts; i++) {
    value = json_get(given, parts[i]);
    if (value.at && !slice_is(value, "null")) put_member(&document, parts[i], value);
  }
  put_text(&document, ",\"assertions\":[");
  while (json_next(harmless, &position, &key, &value)) {
    char fact[64];
    slice evidence;
    CHECK(key.len < sizeof fact);
    snprintf(fact, sizeof fact, "%.*s", (int)key.len, key.at);
    if (json_get(facts, fact).at) {
      value = json_get(facts, fact);
      stated++;
    }
    if (slice_is(value, "null")) continue;
    evidence = json_get(named, fact);
    put_text(&document, known++ ? ",{\"v\":1" : "{\"v\":1");
    put_text(&document, ",\"fact\":\"");
    put_text(&document, fact);
    put_text(&document, "\"");
    put_member(&document, "value", value);
    put_member(&document, "by", json_get(given, "assessor"));
    put_member(&document, "at", json_get(step, "at"));
    put_member(&document, "evidence", evidence.at ? evidence : json_get(life->table, "evidence"));
    put_text(&document, "}");
  }
  position = NULL;
  while (json_next(facts, &position, &key, &value)) stated--;
  CHECK(stated == 0); /* each of them is harmless in the table */
  put_text(&document, "],\"evidence\":[");
  position = NULL;
  for (i = 0; named.at && json_next(named, &position, &key, &value); i++) {
    put_text(&document, i ? "," : "");
    put(&document, value.at, value.len);
  }
  put_text(&document, "]}");
  act(life, step, whole_of(document), out);
  free(document.at);
}

/* A request that is recorded, or only decided. */
static void ask(year *life, slice step, const char *kind, buffer *out) {
  int recorded = strcmp(kind, "admit") == 0;
  kf_text *text = NULL;
  kf_error *error = NULL;
  slice decision;
  kf_status status =
      recorded ? kf_platform_admit(life->platform, DOCUMENT(step, kind), MEMBER(step, "at"), &text, &error)
               : kf_platform_decide(life->platform, DOCUMENT(step, kind), MEMBER(step, "at"), &text, &error);
  CHECK((status == KF_OK) == (error == NULL));
  if (status != KF_OK) {
    put_refusal(out, step, error);
    return;
  }
  decision = bytes_of(text);
  if (recorded) {
    slice name = json_text(json_get(step, "as")), index = json_get(decision, "index");
    if (name.at && index.at && life->count < MAX_NAMES) {
      life->names[life->count] = name;
      life->records[life->count++] = member(text, "index");
    }
    decision = json_get(decision, "decision");
  }
  put_decision(out, step, decision);
  drop(&text);
}

static void complete(const year *life, slice step, buffer *out) {
  const uint64_t *index = record_of(life, json_text(json_get(step, "complete")));
  kf_text *recorded = NULL;
  kf_error *error = NULL;
  kf_status status;
  CHECK(index != NULL);
  if (!index) return;
  status = kf_platform_complete(life->platform, *index, DOCUMENT(step, "outcome"), MEMBER(step, "at"), &recorded, &error);
  put_recorded(out, step, status, recorded, error);
}

static void report_use(const year *life, slice step, buffer *out) {
  slice given = json_get(step, "report_use"), key, value;
  const char *position = NULL;
  kf_text *recorded = NULL;
  kf_error *error = NULL;
  kf_status status;
  buffer report = {NULL, 0, 0};
  while (json_next(given, &position, &key, &value)) {
    put_text(&report, report.len ? ",\"" : "{\"");
    put(&report, key.at, key.len);
    put_text(&report, "\":");
    if (slice_is(key, "intent")) {
      const uint64_t *index = record_of(life, json_text(value));
      char number[24];
      snprintf(number, sizeof number, "%lu", index ? (unsigned long)*index : 0UL);
      put_text(&report, index ? number : "null");
    } else {
      put(&report, value.at, value.len);
    }
  }
  put_text(&report, "}");
  status = kf_platform_report_use(life->platform, IN(report), MEMBER(step, "at"), &recorded, &error);
  put_recorded(out, step, status, recorded, error);
  free(report.at);
}

static void put_duties(buffer *out, const kf_platform *platform, slice holder, slice at) {
  kf_text *duties = NULL;
  EXPECT(KF_OK, kf_platform_duties(platform, holder.at, holder.len, at.at, at.len, &duties, &err));
  put_parts(out, bytes_of(duties), duty_line, 1);
  drop(&duties);
}

/* What is owed; with further schedules, as who opens the platform with them reads it. */
static void owed(const year *life, slice step, buffer *out) {
  slice holder = json_text(json_get(json_get(step, "duties"), "for")), at = json_text(json_get(step, "at"));
  kf_platform *reader = NULL;
  if (!json_get(step, "years").at) {
    put_duties(out, life->platform, holder, at);
    return;
  }
  EXPECT(KF_OK, kf_platform_open(TEXT(life->directory), NULL, DOCUMENT(step, "years"), &reader, &err));
  put_duties(out, reader, holder, at);
  CHECK(kf_platform_close(reader) == KF_OK);
}

static void audit(const year *life, slice step, buffer *out) {
  kf_text *pin = NULL, *report = NULL;
  slice findings;
  EXPECT(KF_OK, kf_platform_checkpoint(life->platform, &pin, &err));
  EXPECT(KF_OK, kf_platform_audit(TEXT(life->directory), TEXT(ED25519_PUBLIC), OF(pin), MEMBER(step, "at"),
                                  DOCUMENT(step, "years"), &report, &err));
  findings = json_get(bytes_of(report), "findings");
  CHECK(slice_is(json_get(bytes_of(report), "clean"), !findings.at || slice_is(findings, "[]") ? "true" : "false"));
  put_parts(out, findings, finding_line, 0);
  drop(&report);
  drop(&pin);
}

/* What the platform answers to a step, in the words of the table. */
static buffer answer_of(year *life, slice step) {
  const char *kind = kind_of(step);
  buffer out = {NULL, 0, 0};
  put_text(&out, "");
  if (strcmp(kind, "act") == 0) act(life, step, json_get(step, kind), &out);
  if (strcmp(kind, "assess") == 0) assess(life, step, &out);
  if (strcmp(kind, "admit") == 0 || strcmp(kind, "decide") == 0) ask(life, step, kind, &out);
  if (strcmp(kind, "complete") == 0) complete(life, step, &out);
  if (strcmp(kind, "report_use") == 0) report_use(life, step, &out);
  if (strcmp(kind, "duties") == 0) owed(life, step, &out);
  if (strcmp(kind, "audit") == 0) audit(life, step, &out);
  return out;
}

/* Runs `count` steps at most. Returns how many it ran, and in `wrong` how many differ; shows each unless it is `spoilt`. */
static size_t run(year *life, size_t count, const char *const *spoilt, size_t *wrong) {
  slice steps = json_get(life->table, "steps"), key, step;
  const char *position = NULL;
  size_t number = 0;
  *wrong = 0;
  while (number < count && steps.at && json_next(steps, &position, &key, &step)) {
    buffer wanted = expected_of(step), got = answer_of(life, step);
    number++;
    checks++;
    if (strcmp(wanted.at, got.at) != 0) {
      slice at = json_get(step, "at"), why = json_get(step, "why");
      const char *const *place = spoilt;
      (*wrong)++;
      while (place && *place && !(*place >= step.at && *place < step.at + step.len)) place++;
      if (!place || !*place) {
        failures++;
        printf("step %lu, %.*s, %.*s\n  table  %s\n  answer %s\n", (unsigned long)number, (int)at.len, at.at,
               (int)why.len, why.at, wanted.at, got.at);
      }
    }
    free(wanted.at);
    free(got.at);
  }
  return number;
}

/* A31.1: nothing that was altered is relied on. */
static void one_bit_is_found(const char *segments, slice at) {
  DIR *directory = opendir(segments);
  struct dirent *entry;
  char path[512] = "";
  buffer whole;
  kf_text *report = NULL;
  size_t quarter;
  CHECK(directory != NULL);
  while (directory && (entry = readdir(directory))) {
    char name[512];
    snprintf(name, sizeof name, "%s/%.200s", segments, entry->d_name);
    if (*entry->d_name != '.' && (!*path || strcmp(name, path) < 0)) strcpy(path, name);
  }
  if (directory) closedir(directory);
  whole = file_of(path);
  for (quarter = 1; whole.at && quarter <= 4; quarter++) {
    FILE *file = fopen(path, "wb");
    size_t place = whole.len / 4 * quarter;
    if (quarter < 4) whole.at[place] ^= 1;
    CHECK(file && fwrite(whole.at, 1, whole.len, file) == whole.len);
    CHECK(file && fclose(file) == 0);
    EXPECT(quarter < 4 ? KF_ERR_INTEGRITY : KF_OK,
           kf_platform_audit(TEXT("year"), TEXT(ED25519_PUBLIC), NULL, 0, at.at, at.len, NULL, 0, &report, &err));
    if (quarter < 4) whole.at[place] ^= 1;
  }
  drop(&report);
  free(whole.at);
}

/* Three wrong rows among the first forty: these are reported, and no other. */
static void wrong_rows_are_reported(slice table, const kf_signer *signer) {
  static const char *const found[3] = {"\"denials\": [\"not_assessed\"", "\"due\": \"2026-07-12\"", "\"refused\": \"KF-PROCESS-"};
  static const char *const wrong[3] = {"\"denials\": [\"not_Assessed\"", "\"due\": \"2026-02-30\"", "\"refused\": \"KF-process-"};
  const char *places[4] = {NULL, NULL, NULL, NULL};
  buffer copy = {NULL, 0, 0};
  year life;
  size_t i, count;
  put(&copy, table.at, table.len);
  for (i = 0; i < 3; i++) {
    char *place = strstr(copy.at, found[i]);
    CHECK(place && strlen(found[i]) == strlen(wrong[i]));
    if (place) memcpy(place, wrong[i], strlen(wrong[i]));
    places[i] = place;
  }
  life = begin_year(whole_of(copy), "wrong", signer);
  CHECK(run(&life, 40, places, &count) == 40 && count == 3);
  CHECK(kf_platform_close(life.platform) == KF_OK);
  free(copy.at);
}

int main(int argc, char **argv) {
  buffer text, before = {NULL, 0, 0}, after = {NULL, 0, 0};
  slice nobody = {NULL, 0}, end = {"2026-12-31T03:00:00Z", 20};
  kf_platform *again = NULL;
  kf_signer *signer;
  year life;
  size_t wrong;
  if (argc != 3) {
    printf("usage: scenario YEAR.json FOLDER\n");
    return 2;
  }
  text = table_of(argv[1]);
  CHECK(text.at && json_valid(whole_of(text)) && chdir(argv[2]) == 0);
  if (!text.at || !json_valid(whole_of(text))) return finish("scenario");
  CHECK(write_key("key.pem", ED25519_PEM, 0600));
  signer = load("key.pem");

  life = begin_year(whole_of(text), "year", signer);
  CHECK(run(&life, SIZE_MAX, NULL, &wrong) >= 400 && wrong == 0);
  /* The state is the fold of the log: opened again, the same is owed. */
  put_duties(&before, life.platform, nobody, end);
  CHECK(kf_platform_close(life.platform) == KF_OK);
  EXPECT(KF_OK, kf_platform_open(TEXT("year"), NULL, NULL, 0, &again, &err));
  put_duties(&after, again, nobody, end);
  CHECK(before.len > 1000 && strcmp(before.at, after.at) == 0);
  CHECK(kf_platform_close(again) == KF_OK);
  free(before.at);
  free(after.at);

  one_bit_is_found("year/ledger/segments", end);
  wrong_rows_are_reported(whole_of(text), signer);
  CHECK(kf_signer_free(signer) == KF_OK);
  free(text.at);
  return finish("scenario");
}
