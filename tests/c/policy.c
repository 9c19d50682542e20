/*
 * What is asked of a policy through C, rightly and wrongly: why an answer is what it is, what the policy is, columns of
 * facts to columns of answers, and a catalog under two policies.
 *
 * usage: policy FOLDER
 */
#include "harness.h"
#include "json.h"
#include "producer.h"

#define ACCESS TEXT("access")
#define DAY TEXT("2026-11-23")
#define NONE TEXT("{}")
#define NOT_UTF8 TEXT("abc\xff\xfe")
#define ALL NULL, 0

/* One access to conditional data: listed and assessed, but downloaded. */
static const char DOWNLOAD[] = "{\"out_of_scope\":false,\"openness\":\"conditional\",\"action\":\"download\"}";

static const char *const NAMES[] = {"out_of_scope", "listed", "action"};
/* Metadata of a listed dataset, of one that may be listed, of one that is not; and nothing known at all. */
static const char *const CELLS[] = {
    "false", "true", "query", "false", NULL, "query", "false", "false", "query", NULL, NULL, NULL,
};
enum { ROWS = 4 };

/* Datasets about persons, otherwise harmless: one de-identified, one as it is; and one of which nothing is known. */
static const char *const ASSESSED[] = {
    "personal_privacy", "desensitization", "data_grade", "state_secret", "law_forbids", "endangers_national_security",
    "endangers_public_security", "endangers_economic_security", "endangers_social_stability", "trade_secret",
    "other_third_party_interest", "harm_ruled_out", "high_protection_need", "specific_terms_needed",
    "aggregation_may_reveal", "third_party_consents", "closure_harms_public",
};
#define SEVEN(cell) cell, cell, cell, cell, cell, cell, cell
static const char *const DATASETS[] = {
    "true", "deidentified", "general", SEVEN("false"), SEVEN("false"),
    "true", "none", "general", SEVEN("false"), SEVEN("false"),
    NULL, NULL, NULL, SEVEN(NULL), SEVEN(NULL),
};
enum { FACTS = 17, CATALOG = 3 };

static kf_policy *builtin(void) {
  kf_policy *policy = NULL;
  EXPECT(KF_OK, kf_policy_builtin(TEXT("xian-2022-013"), &policy, &err));
  return policy;
}

static kf_table *taken(struct ArrowArrayStream stream) {
  kf_table *t = NULL;
  EXPECT(KF_OK, kf_table_from_stream(&stream, &t, &err));
  return t;
}

static kf_table *facts(void) { return taken(produce(NAMES, 3, CELLS, ROWS, 2)); }

static kf_table *catalog(void) { return taken(produce(ASSESSED, FACTS, DATASETS, CATALOG, 2)); }

/* One column of one cell. */
static kf_table *one(const char *const *name, const char *const *cell) { return taken(produce(name, 1, cell, 1, 1)); }

static int has(const kf_text *text, const char *words) {
  return kf_text_data(text, NULL) && strstr((const char *)kf_text_data(text, NULL), words) != NULL;
}

static void drop(kf_text **text) {
  CHECK(kf_text_free(*text) == KF_OK);
  *text = NULL;
}

static int exists(const char *path) {
  FILE *file = fopen(path, "rb");
  return file && fclose(file) == 0;
}

static void one_case(const kf_policy *policy) {
  kf_text *text = NULL;
  EXPECT(KF_OK, kf_policy_explain(policy, ACCESS, TEXT(DOWNLOAD), DAY, &text, &err));
  CHECK(has(text, "\"section\":\"access\"") && has(text, "\"target\":\"permit\""));
  drop(&text);
  EXPECT(KF_OK, kf_policy_explain(policy, TEXT("classification"), TEXT("{\"state_secret\":true}"), DAY, &text, &err));
  CHECK(has(text, "\"sufficient\":{\"state_secret\":true}"));
  drop(&text);

  EXPECT(KF_ERR_NULL, kf_policy_explain(NULL, ACCESS, NONE, DAY, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_explain(policy, NULL, 6, NONE, DAY, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_explain(policy, ACCESS, NULL, 2, DAY, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_explain(policy, ACCESS, NONE, NULL, 10, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_explain(policy, ACCESS, NONE, DAY, NULL, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_explain(policy, NOT_UTF8, NONE, DAY, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_explain(policy, ACCESS, NOT_UTF8, DAY, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_explain(policy, ACCESS, NONE, NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_policy_explain(policy, TEXT("Access"), NONE, DAY, &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_policy_explain(policy, ACCESS, "{}", SIZE_MAX, DAY, &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_policy_explain(policy, ACCESS, NONE, TEXT("2026-13-01"), &text, &err));
  EXPECT(KF_ERR_FACT, kf_policy_explain(policy, ACCESS, TEXT("[]"), DAY, &text, &err));
  EXPECT(KF_ERR_FACT, kf_policy_explain(policy, ACCESS, TEXT("{\"state_secret\":true}"), DAY, &text, &err));
  EXPECT(KF_ERR_POLICY, kf_policy_explain(policy, ACCESS, NONE, TEXT("1999-01-01"), &text, &err));
  CHECK(text == NULL);
}

static kf_policy *read_otherwise(const kf_policy *policy) {
  kf_policy *other = NULL;
  EXPECT(KF_OK, kf_policy_with_interpretation(policy, TEXT("deidentified_may_be_unconditional"), TEXT("yes"), &other,
                                              &err));
  return other;
}

static void page(const kf_policy *policy) {
  kf_policy *other = read_otherwise(policy);
  kf_text *text = NULL, *hash = NULL;
  EXPECT(KF_OK, kf_policy_hash(policy, &hash, &err));
  EXPECT(KF_OK, kf_policy_page(policy, &text, &err));
  CHECK(has(text, (const char *)kf_text_data(hash, NULL)) && has(text, "\"document_number\":\"西规〔2022〕013\""));
  CHECK(has(text, "\"written\":\"conditional_access and action = download\"") && !has(text, "\"in_force\":\"yes\""));
  drop(&text);
  EXPECT(KF_OK, kf_policy_page(other, &text, &err));
  CHECK(!has(text, (const char *)kf_text_data(hash, NULL)) && has(text, "\"in_force\":\"yes\""));
  drop(&text);
  EXPECT(KF_OK, kf_policy_page_html(policy, &text, &err));
  CHECK(has(text, "<!DOCTYPE html>") && has(text, "西规〔2022〕013") && !has(text, "<script"));
  CHECK(has(text, (const char *)kf_text_data(hash, NULL)));
  drop(&text);

  EXPECT(KF_ERR_NULL, kf_policy_page(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_page(policy, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_policy_page_html(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_page_html(policy, NULL, &err));
  CHECK(text == NULL);
  drop(&hash);
  CHECK(kf_policy_free(other) == KF_OK);
}

static void whole_policy(const kf_policy *policy) {
  kf_policy *other = read_otherwise(policy);
  kf_text *text = NULL;
  EXPECT(KF_OK, kf_policy_check(policy, NULL, 0, &text, &err));
  CHECK(has(text, "\"ok\":true") && has(text, "\"text\":null"));
  drop(&text);
  EXPECT(KF_OK, kf_policy_check(policy, TEXT("第一条 这不是正文。\n"), &text, &err));
  CHECK(has(text, "\"ok\":false") && has(text, "\"state\":\"differs\""));
  drop(&text);
  EXPECT(KF_OK, kf_policy_prove(policy, &text, &err));
  CHECK(has(text, "\"holds\":true,\"policy\"") && !has(text, "\"holds\":false"));
  drop(&text);
  EXPECT(KF_OK, kf_policy_prove(other, &text, &err));
  CHECK(has(text, "\"holds\":false,\"policy\"") && has(text, "\"id\":\"deidentified_never_unconditional\""));
  drop(&text);
  EXPECT(KF_OK, kf_policy_analyse(policy, &text, &err));
  CHECK(has(text, "\"points\":\"2359296\""));
  drop(&text);
  EXPECT(KF_OK, kf_policy_diff(policy, policy, &text, &err));
  CHECK(has(text, "\"equal\":true"));
  drop(&text);
  EXPECT(KF_OK, kf_policy_diff(policy, other, &text, &err));
  CHECK(has(text, "\"equal\":false") && has(text, "\"fact\":\"desensitization\""));
  drop(&text);

  EXPECT(KF_ERR_NULL, kf_policy_check(NULL, NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_check(policy, NULL, 0, NULL, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_check(policy, NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_prove(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_prove(policy, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_policy_analyse(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_analyse(policy, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_policy_diff(NULL, policy, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_diff(policy, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_diff(policy, policy, NULL, &err));
  CHECK(text == NULL);
  CHECK(kf_policy_free(other) == KF_OK);
}

/* The text of a cell of a dictionary column whose keys are 8 or 32 bits; empty for null. */
static slice cell(const struct ArrowArray *column, const char *format, int64_t row) {
  const uint8_t *valid = (const uint8_t *)column->buffers[0];
  const int32_t *offsets = (const int32_t *)column->dictionary->buffers[1];
  size_t key;
  slice text;
  text.at = "";
  text.len = 0;
  row += column->offset;
  if (valid && !(valid[row / 8] >> (row % 8) & 1)) return text;
  key = *format == 'C' ? ((const uint8_t *)column->buffers[1])[row] : ((const uint32_t *)column->buffers[1])[row];
  key += (size_t)column->dictionary->offset;
  text.at = (const char *)column->dictionary->buffers[2] + offsets[key];
  text.len = (size_t)(offsets[key + 1] - offsets[key]);
  return text;
}

static void streamed(const kf_policy *policy) {
  static const char *const denials[ROWS] = {"", "", "not_listed", ""};
  static const char *const open[ROWS] = {"", "listed", "", NULL};
  struct ArrowArrayStream s;
  struct ArrowSchema schema;
  struct ArrowArray batch;
  int64_t row;
  int batches = 0;
  EXPECT(KF_OK, kf_policy_eval(policy, ACCESS, DAY, TEXT("permit|denials|open"), facts(), &s, &err));
  CHECK(s.get_schema(&s, &schema) == 0 && schema.n_children == 3);
  CHECK(strcmp(schema.children[0]->name, "permit") == 0 && strcmp(schema.children[0]->format, "b") == 0);
  CHECK(strcmp(schema.children[1]->name, "denials") == 0 && strcmp(schema.children[1]->dictionary->format, "u") == 0);
  CHECK(strcmp(schema.children[2]->name, "open") == 0 && strcmp(schema.children[2]->dictionary->format, "u") == 0);
  while (s.get_next(&s, &batch) == 0 && batch.release) {
    const struct ArrowArray *permit = batch.children[0];
    batches++;
    CHECK(batch.length == ROWS && permit->null_count == 0);
    for (row = 0; row < ROWS; row++) {
      int64_t bit = row + permit->offset;
      CHECK((((const uint8_t *)permit->buffers[1])[bit / 8] >> (bit % 8) & 1) == (row == 0));
      CHECK(slice_is(cell(batch.children[1], schema.children[1]->format, row), denials[row]));
      if (open[row]) CHECK(slice_is(cell(batch.children[2], schema.children[2]->format, row), open[row]));
    }
    /* Nothing is known of the last one: every fact that may decide it is asked for. */
    CHECK(cell(batch.children[2], schema.children[2]->format, ROWS - 1).len > strlen("out_of_scope|listed"));
    batch.release(&batch);
  }
  CHECK(batches == 2);
  schema.release(&schema);
  s.release(&s);
  CHECK(s.release == NULL);

  /* All columns of answers. */
  EXPECT(KF_OK, kf_policy_eval(policy, ACCESS, DAY, ALL, facts(), &s, &err));
  CHECK(s.get_schema(&s, &schema) == 0 && schema.n_children == 5);
  schema.release(&schema);
  s.release(&s);
  CHECK(producers_alive == 0 && batches_alive == 0);
}

static void streamed_wrongly(const kf_policy *policy) {
  static const char *const action = "action", *const person = "xm", *const copying = "copying";
  struct ArrowArrayStream s;
  struct ArrowArray batch;
  EXPECT(KF_ERR_NULL, kf_policy_eval(NULL, ACCESS, DAY, ALL, facts(), &s, &err));
  EXPECT(KF_ERR_NULL, kf_policy_eval(policy, NULL, 6, DAY, ALL, facts(), &s, &err));
  EXPECT(KF_ERR_NULL, kf_policy_eval(policy, ACCESS, NULL, 10, ALL, facts(), &s, &err));
  EXPECT(KF_ERR_NULL, kf_policy_eval(policy, ACCESS, DAY, ALL, NULL, &s, &err));
  EXPECT(KF_ERR_NULL, kf_policy_eval(policy, ACCESS, DAY, ALL, facts(), NULL, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_eval(policy, NOT_UTF8, DAY, ALL, facts(), &s, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_eval(policy, ACCESS, NOT_UTF8, ALL, facts(), &s, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_eval(policy, ACCESS, DAY, NOT_UTF8, facts(), &s, &err));

  /* A section, a date, a column of facts or of answers that there is not. */
  EXPECT(KF_ERR_ARGUMENT, kf_policy_eval(policy, TEXT(""), DAY, ALL, facts(), &s, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_policy_eval(policy, ACCESS, TEXT("today"), ALL, facts(), &s, &err));
  EXPECT(KF_ERR_POLICY, kf_policy_eval(policy, ACCESS, TEXT("1999-01-01"), ALL, facts(), &s, &err));
  EXPECT(KF_ERR_FACT, kf_policy_eval(policy, ACCESS, DAY, ALL, one(&person, &copying), &s, &err));
  EXPECT(KF_ERR_FACT, kf_policy_eval(policy, ACCESS, DAY, TEXT(""), facts(), &s, &err));
  EXPECT(KF_ERR_FACT, kf_policy_eval(policy, ACCESS, DAY, TEXT("permit|"), facts(), &s, &err));
  EXPECT(KF_ERR_FACT, kf_policy_eval(policy, ACCESS, DAY, TEXT("open|open"), facts(), &s, &err));
  EXPECT(KF_ERR_FACT, kf_policy_eval(policy, ACCESS, DAY, TEXT("status"), facts(), &s, &err));

  /* A cell that is no value of its fact is an error of the stream, without the cell in it. */
  EXPECT(KF_OK, kf_policy_eval(policy, ACCESS, DAY, ALL, one(&action, &copying), &s, &err));
  CHECK(s.get_next(&s, &batch) != 0);
  CHECK(strncmp(s.get_last_error(&s), "KF-FACT-05", 10) == 0 && !strstr(s.get_last_error(&s), copying));
  CHECK(s.get_next(&s, &batch) != 0); /* and no batch comes after it */
  s.release(&s);
  CHECK(producers_alive == 0 && batches_alive == 0);
}

static int32_t go_on(void *user, const char *stage, size_t stage_len, uint64_t done, uint64_t total,
                     uint64_t bytes) {
  (void)total, (void)bytes;
  CHECK(stage_len == strlen("eval") && strcmp(stage, "eval") == 0 && done <= (uint64_t)2 * ROWS);
  ++*(int *)user;
  return KF_CONTINUE;
}

static int32_t stop(void *user, const char *stage, size_t stage_len, uint64_t done, uint64_t total,
                    uint64_t bytes) {
  (void)stage, (void)stage_len, (void)done, (void)total, (void)bytes;
  ++*(int *)user;
  return 0;
}

static void into_files(const kf_policy *policy, const char *folder) {
  static const char *const action = "action", *const copying = "copying";
  kf_table *t = NULL;
  struct ArrowArrayStream s;
  char parquet[4096], csv[4096], text[64] = "";
  uint64_t rows = 0;
  int calls = 0;
  FILE *file;
  snprintf(parquet, sizeof parquet, "%s/answers.parquet", folder);
  snprintf(csv, sizeof csv, "%s/answers.csv", folder);

  EXPECT(KF_OK, kf_policy_eval_file(policy, ACCESS, DAY, ALL, facts(), TEXT(parquet), go_on, &calls, &rows, &err));
  CHECK(rows == 2 * ROWS && calls == 2);
  file = fopen(parquet, "rb");
  CHECK(file && fread(text, 1, 4, file) == 4 && memcmp(text, "PAR1", 4) == 0 && fclose(file) == 0);

  /* What can't be begun, what fails and what is cancelled on the way leaves nothing under the name. */
  rows = 7;
  EXPECT(KF_ERR_NULL, kf_policy_eval_file(NULL, ACCESS, DAY, ALL, facts(), TEXT(csv), NULL, NULL, &rows, &err));
  EXPECT(KF_ERR_NULL, kf_policy_eval_file(policy, NULL, 6, DAY, ALL, facts(), TEXT(csv), NULL, NULL, &rows, &err));
  EXPECT(KF_ERR_NULL, kf_policy_eval_file(policy, ACCESS, NULL, 10, ALL, facts(), TEXT(csv), NULL, NULL, &rows, &err));
  EXPECT(KF_ERR_NULL, kf_policy_eval_file(policy, ACCESS, DAY, ALL, NULL, TEXT(csv), NULL, NULL, &rows, &err));
  EXPECT(KF_ERR_NULL, kf_policy_eval_file(policy, ACCESS, DAY, ALL, facts(), NULL, 1, NULL, NULL, &rows, &err));
  EXPECT(KF_ERR_NULL, kf_policy_eval_file(policy, ACCESS, DAY, ALL, facts(), TEXT(csv), NULL, NULL, NULL, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_eval_file(policy, NOT_UTF8, DAY, ALL, facts(), TEXT(csv), NULL, NULL, &rows, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_eval_file(policy, ACCESS, DAY, ALL, facts(), NOT_UTF8, NULL, NULL, &rows, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_policy_eval_file(policy, TEXT("plan"), DAY, ALL, facts(), TEXT(csv), NULL, NULL, &rows, &err));
  EXPECT(KF_ERR_TABLE, kf_policy_eval_file(policy, ACCESS, DAY, ALL, facts(), TEXT("/nowhere/at/all.csv"), NULL, NULL,
                                           &rows, &err));
  EXPECT(KF_ERR_FACT, kf_policy_eval_file(policy, ACCESS, DAY, ALL, one(&action, &copying), TEXT(csv), NULL, NULL, &rows,
                                          &err));
  EXPECT(KF_ERR_CANCELLED, kf_policy_eval_file(policy, ACCESS, DAY, ALL, facts(), TEXT(csv), stop, &calls, &rows, &err));
  s = produce(NAMES, 3, CELLS, ROWS, 2);
  ((producer *)s.private_data)->fail = 5;
  EXPECT(KF_ERR_CALLBACK, kf_policy_eval_file(policy, ACCESS, DAY, ALL, taken(s), TEXT(csv), NULL, NULL, &rows, &err));
  CHECK(rows == 7 && calls == 3 && !exists(csv));

  /* The file that is read is not the one that is written, and stays as it was. */
  file = fopen(csv, "wb");
  CHECK(file && fputs("out_of_scope,listed,action\nfalse,,query\n", file) >= 0 && fclose(file) == 0);
  EXPECT(KF_OK, kf_table_open(TEXT(csv), &t, &err));
  EXPECT(KF_ERR_TABLE, kf_policy_eval_file(policy, ACCESS, DAY, ALL, t, TEXT(csv), NULL, NULL, &rows, &err));
  snprintf(parquet, sizeof parquet, "%s/permits.csv", folder);
  EXPECT(KF_OK, kf_table_open(TEXT(csv), &t, &err));
  EXPECT(KF_OK, kf_policy_eval_file(policy, ACCESS, DAY, TEXT("open|permit"), t, TEXT(parquet), NULL, NULL, &rows, &err));
  CHECK(rows == 1);
  file = fopen(parquet, "rb");
  memset(text, 0, sizeof text);
  CHECK(file && fread(text, 1, sizeof text - 1, file) > 0 && fclose(file) == 0);
  CHECK(strncmp(text, "open,permit", 11) == 0 && strstr(text, "listed,false"));
  CHECK(producers_alive == 0 && batches_alive == 0);
}

static int32_t compared(void *user, const char *stage, size_t stage_len, uint64_t done, uint64_t total,
                        uint64_t bytes) {
  (void)total;
  CHECK(stage_len == strlen("diff") && strcmp(stage, "diff") == 0 && bytes == 0 && done <= (uint64_t)2 * CATALOG);
  ++*(int *)user;
  return KF_CONTINUE;
}

static void over_a_catalog(const kf_policy *policy) {
  static const char *const action = "action", *const grade = "data_grade", *const copying = "copying";
  kf_policy *other = read_otherwise(policy);
  kf_text *text = NULL;
  struct ArrowArrayStream s;
  int calls = 0;
  EXPECT(KF_OK, kf_policy_diff_catalog(policy, other, DAY, catalog(), compared, &calls, &text, &err));
  CHECK(has(text, "\"at\":\"2026-11-23\"") && has(text, "\"policy\":\"xian-2022-013\""));
  CHECK(has(text, "\"changed\":2,\"changes\":[{\"first\":1,\"from\":\"withheld|conditional\",\"rows\":2,"
                 "\"to\":\"withheld|conditional|unconditional\"}]"));
  CHECK(has(text, "\"rows\":6,"));
  CHECK(calls == 2);
  drop(&text);
  EXPECT(KF_OK, kf_policy_diff_catalog(policy, policy, DAY, catalog(), NULL, NULL, &text, &err));
  CHECK(has(text, "\"changed\":0,\"changes\":[],"));
  drop(&text);

  EXPECT(KF_ERR_NULL, kf_policy_diff_catalog(NULL, other, DAY, catalog(), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_diff_catalog(policy, NULL, DAY, catalog(), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_diff_catalog(policy, other, NULL, 10, catalog(), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_diff_catalog(policy, other, DAY, NULL, NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_diff_catalog(policy, other, DAY, catalog(), NULL, NULL, NULL, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_diff_catalog(policy, other, NOT_UTF8, catalog(), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_policy_diff_catalog(policy, other, TEXT("today"), catalog(), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_POLICY, kf_policy_diff_catalog(policy, other, TEXT("1999-01-01"), catalog(), NULL, NULL, &text, &err));
  /* A column that is a fact of an access alone, and a value outside its fact's domain. */
  EXPECT(KF_ERR_FACT, kf_policy_diff_catalog(policy, other, DAY, one(&action, &copying), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_FACT, kf_policy_diff_catalog(policy, other, DAY, one(&grade, &copying), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_CANCELLED, kf_policy_diff_catalog(policy, other, DAY, catalog(), stop, &calls, &text, &err));
  s = produce(ASSESSED, FACTS, DATASETS, CATALOG, 2);
  ((producer *)s.private_data)->fail = 5;
  EXPECT(KF_ERR_CALLBACK, kf_policy_diff_catalog(policy, other, DAY, taken(s), NULL, NULL, &text, &err));
  CHECK(calls == 3 && text == NULL && producers_alive == 0 && batches_alive == 0);
  CHECK(kf_policy_free(other) == KF_OK);
}

/* Freed, and used after; a table is consumed, whatever else is wrong. */
static void handles(void) {
  kf_policy *stale = builtin(), *policy;
  kf_text *text = NULL;
  kf_table *t;
  struct ArrowArrayStream s;
  uint64_t rows = 0;
  CHECK(kf_policy_free(stale) == KF_OK);
  policy = builtin(); /* likely in the same slot */
  EXPECT(KF_ERR_HANDLE, kf_policy_explain(stale, ACCESS, NONE, DAY, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_page(stale, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_page_html(stale, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_check(stale, NULL, 0, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_prove(stale, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_analyse(stale, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_diff(stale, policy, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_diff(policy, stale, &text, &err));
  t = facts();
  EXPECT(KF_ERR_HANDLE, kf_policy_eval(stale, ACCESS, DAY, ALL, t, &s, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_eval(policy, ACCESS, DAY, ALL, t, &s, &err));
  CHECK(kf_table_free(t) == KF_ERR_HANDLE);
  t = facts();
  EXPECT(KF_ERR_HANDLE, kf_policy_eval_file(stale, ACCESS, DAY, ALL, t, TEXT("x.csv"), NULL, NULL, &rows, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_eval_file(policy, ACCESS, DAY, ALL, t, TEXT("x.csv"), NULL, NULL, &rows, &err));
  CHECK(kf_table_free(t) == KF_ERR_HANDLE);
  t = catalog();
  EXPECT(KF_ERR_HANDLE, kf_policy_diff_catalog(stale, policy, DAY, t, NULL, NULL, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_diff_catalog(policy, policy, DAY, t, NULL, NULL, &text, &err));
  CHECK(kf_table_free(t) == KF_ERR_HANDLE);
  EXPECT(KF_ERR_HANDLE, kf_policy_diff_catalog(policy, stale, DAY, catalog(), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_eval(policy, ACCESS, DAY, ALL, (kf_table *)policy, &s, &err));

  /* A stream outlives its policy. */
  EXPECT(KF_OK, kf_policy_eval(policy, ACCESS, DAY, ALL, facts(), &s, &err));
  CHECK(kf_policy_free(policy) == KF_OK && kf_policy_free(policy) == KF_ERR_HANDLE && kf_policy_free(stale) == KF_ERR_HANDLE);
  {
    struct ArrowArray batch;
    CHECK(s.get_next(&s, &batch) == 0 && batch.release && batch.length == ROWS);
    batch.release(&batch);
  }
  s.release(&s); /* before its end */
  CHECK(producers_alive == 0 && batches_alive == 0);
}

int main(int argc, char **argv) {
  kf_policy *policy;
  if (argc != 2) {
    printf("usage: policy FOLDER\n");
    return 2;
  }
  policy = builtin();
  one_case(policy);
  page(policy);
  whole_policy(policy);
  streamed(policy);
  streamed_wrongly(policy);
  into_files(policy, argv[1]);
  over_a_catalog(policy);
  CHECK(kf_policy_free(policy) == KF_OK);
  handles();
  return finish("policy");
}
