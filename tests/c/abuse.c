/*
 * What a careless or hostile caller does: NULL for every pointer, text that is not UTF-8, handles that are stale, freed
 * twice, of another kind or made up, Arrow structures that lie, callbacks that fail, a panic inside. Each is a typed
 * error, nothing crashes, nothing leaks.
 *
 * usage: abuse FOLDER
 */
#include "harness.h"
#include "producer.h"

static const char *const NAMES[] = {"xm", "lxdh"};
static const char *const CELLS[] = {"张三", "13900001111", "李四", NULL, NULL, "13900002222"};
static const char PLAN[] =
    "v = 1\ndataset = \"d\"\n[columns]\nxm = { do = \"mask\", kind = \"person_name\" }\n"
    "lxdh = { do = \"mask\", keep_prefix = 3, keep_suffix = 4 }\n";
static const char KEYS[] =
    "{\"v\":1,\"keys\":[{\"id\":\"k1\",\"kind\":\"token\",\"secret\":\"MDEyMzQ1Njc4OWFiY2RlZg==\"}]}";
static const char TOKEN[] =
    "{\"dataset\":\"d\",\"column\":{\"do\":\"token\",\"key\":\"k1\",\"kind\":\"mobile\"},\"values\":[\"13900001111\"]}";
static const char SHUFFLE[] =
    "v = 1\ndataset = \"d\"\n[columns]\nxm = { do = \"shuffle\", key = \"k1\" }\nlxdh = { do = \"drop\" }\n";
static const char ROTATION[] = "{\"columns\":{\"xm\":\"person_name\"},\"from\":\"k1\",\"key\":\"k2\"}";
static const char ABSENT[] = "{\"columns\":{\"absent\":\"mobile\"},\"from\":\"k1\",\"key\":\"k2\"}";
static const char QUASI[] = "{\"quasi\":[\"xm\"],\"sharing\":\"controlled\"}";
static const char ENTRY[] = "{\"v\":1,\"id\":\"xa-resident\"}";
static const char CATALOG[] = "{\"v\":1,\"id\":\"xa\",\"level\":\"municipal\",\"entries\":[]}";
static const char NOT_UTF8[] = "abc\xff\xfe";

static struct ArrowArrayStream stream(void) { return produce(NAMES, 2, CELLS, 3, 2); }

static kf_table *table(void) {
  struct ArrowArrayStream s = stream();
  kf_table *t = NULL;
  EXPECT(KF_OK, kf_table_from_stream(&s, &t, &err));
  CHECK(s.release == NULL);
  return t;
}

static void path_in(const char *folder, const char *name, char *out) { snprintf(out, 4096, "%s/%s", folder, name); }

static void nulls(const char *folder) {
  kf_policy *policy = NULL, *policy2 = NULL;
  kf_keyring *keys = NULL, *keys2 = NULL;
  kf_plan *plan = NULL, *plan2 = NULL;
  kf_text *text = NULL, *text2 = NULL;
  kf_table *t = NULL;
  kf_applied *applied = NULL;
  struct ArrowArrayStream s;
  char key[4096], dir[4096], ring[4096];
  path_in(folder, "null-key.pem", key);
  path_in(folder, "null-platform", dir);
  path_in(folder, "null-keys.json", ring);

  EXPECT(KF_ERR_NULL, kf_policy_builtin(NULL, 3, &policy, &err));
  EXPECT(KF_ERR_NULL, kf_policy_builtin(TEXT("xian-2022-013"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_policy_parse(NULL, 3, &policy, &err));
  EXPECT(KF_ERR_NULL, kf_policy_parse("", 0, NULL, &err));
  CHECK(policy == NULL);
  EXPECT(KF_OK, kf_policy_builtin(TEXT("xian-2022-013"), &policy, &err));
  EXPECT(KF_ERR_NULL, kf_policy_with_interpretation(NULL, TEXT("a"), TEXT("b"), &policy2, &err));
  EXPECT(KF_ERR_NULL, kf_policy_with_interpretation(policy, NULL, 1, TEXT("b"), &policy2, &err));
  EXPECT(KF_ERR_NULL, kf_policy_with_interpretation(policy, TEXT("a"), NULL, 1, &policy2, &err));
  EXPECT(KF_ERR_NULL, kf_policy_with_interpretation(policy, TEXT("a"), TEXT("b"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_policy_hash(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_hash(policy, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_policy_classify(NULL, TEXT("{}"), TEXT("2026-11-23"), &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_classify(policy, NULL, 2, TEXT("2026-11-23"), &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_classify(policy, TEXT("{}"), NULL, 10, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_classify(policy, TEXT("{}"), TEXT("2026-11-23"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_policy_decide(NULL, TEXT("{}"), TEXT("2026-11-23"), &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_decide(policy, NULL, 2, TEXT("2026-11-23"), &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_decide(policy, TEXT("{}"), NULL, 10, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_decide(policy, TEXT("{}"), TEXT("2026-11-23"), NULL, &err));

  EXPECT(KF_ERR_NULL, kf_keyring_load(NULL, 1, &keys, &err));
  EXPECT(KF_ERR_NULL, kf_keyring_load(TEXT("x"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_keyring_parse(NULL, 1, &keys, &err));
  EXPECT(KF_ERR_NULL, kf_keyring_parse(TEXT(KEYS), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_keyring_create(NULL, 1, TEXT("k1"), &keys, &err));
  EXPECT(KF_ERR_NULL, kf_keyring_create(TEXT(ring), NULL, 1, &keys, &err));
  EXPECT(KF_ERR_NULL, kf_keyring_create(TEXT(ring), TEXT("k1"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_signing_key_create(NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_signing_key_create(TEXT(key), NULL, &err));
  EXPECT(KF_OK, kf_keyring_parse(TEXT(KEYS), &keys, &err));
  EXPECT(KF_OK, kf_signing_key_create(TEXT(key), &text, &err));
  CHECK(kf_text_free(text) == KF_OK);
  text = NULL;

  EXPECT(KF_ERR_NULL, kf_values_treat(NULL, NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_values_treat(keys, NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_values_treat(keys, TEXT(TOKEN), NULL, &err));

  EXPECT(KF_ERR_NULL, kf_table_open(NULL, 1, &t, &err));
  EXPECT(KF_ERR_NULL, kf_table_open(TEXT("x"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_table_open_sheet(NULL, 1, TEXT("s"), &t, &err));
  EXPECT(KF_ERR_NULL, kf_table_open_sheet(TEXT("x"), NULL, 1, &t, &err));
  EXPECT(KF_ERR_NULL, kf_table_open_sheet(TEXT("x"), TEXT("s"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_table_from_stream(NULL, &t, &err));
  s = stream();
  EXPECT(KF_ERR_NULL, kf_table_from_stream(&s, NULL, &err));
  CHECK(s.release == NULL); /* moved in, and released, on failure too */
  EXPECT(KF_ERR_NULL, kf_table_from_ipc(NULL, 1, &t, &err));
  EXPECT(KF_ERR_NULL, kf_table_from_ipc((const uint8_t *)"x", 1, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_table_scan(NULL, 0, NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_table_scan(table(), 0, NULL, NULL, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_table_risk(NULL, TEXT(QUASI), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_table_risk(table(), NULL, 1, NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_table_risk(table(), TEXT(QUASI), NULL, NULL, NULL, &err));

  EXPECT(KF_ERR_NULL, kf_plan_parse_toml(NULL, 1, &plan, &err));
  EXPECT(KF_ERR_NULL, kf_plan_parse_toml(TEXT(PLAN), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_plan_parse_json(NULL, 1, &plan, &err));
  EXPECT(KF_ERR_NULL, kf_plan_parse_json(TEXT("{}"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_plan_load(NULL, 1, &plan, &err));
  EXPECT(KF_ERR_NULL, kf_plan_load(TEXT("x"), NULL, &err));
  EXPECT(KF_OK, kf_plan_parse_toml(TEXT(PLAN), &plan, &err));
  EXPECT(KF_ERR_NULL, kf_plan_hash(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_plan_hash(plan, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_plan_dataset(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_plan_dataset(plan, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_plan_keys(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_plan_keys(plan, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_plan_document(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_plan_document(plan, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_plan_preview(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_plan_preview(plan, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_plan_suggest(NULL, 1, TEXT("d"), TEXT("k"), TEXT("public"), &text, &err));
  EXPECT(KF_ERR_NULL, kf_plan_suggest(TEXT("{}"), NULL, 1, TEXT("k"), TEXT("public"), &text, &err));
  EXPECT(KF_ERR_NULL, kf_plan_suggest(TEXT("{}"), TEXT("d"), TEXT("k"), TEXT("public"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_applied_verify(NULL, 1, table(), NULL, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_applied_verify(TEXT("{}"), NULL, NULL, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_keyring_ask(plan, NULL, NULL, &keys2, &err));
  EXPECT(KF_ERR_NULL, kf_keyring_ask(NULL, NULL, NULL, &keys2, &err));
  EXPECT(KF_ERR_NULL, kf_keyring_from_env(NULL, 1, &keys2, &err));
  EXPECT(KF_ERR_NULL, kf_keyring_from_env(TEXT("x"), NULL, &err));
  t = table();
  EXPECT(KF_ERR_NULL, kf_plan_check(NULL, t, &err));
  EXPECT(KF_ERR_NULL, kf_plan_check(plan, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_plan_rotate(NULL, TEXT("d"), TEXT(ROTATION), &plan2, &err));
  EXPECT(KF_ERR_NULL, kf_plan_rotate(t, NULL, 1, TEXT(ROTATION), &plan2, &err));
  EXPECT(KF_ERR_NULL, kf_plan_rotate(t, TEXT("d"), NULL, 1, &plan2, &err));
  EXPECT(KF_ERR_NULL, kf_plan_rotate(t, TEXT("d"), TEXT(ROTATION), NULL, &err));
  CHECK(kf_table_free(t) == KF_OK);
  EXPECT(KF_ERR_NULL, kf_plan_apply(NULL, table(), NULL, &s, &applied, &err));
  EXPECT(KF_ERR_NULL, kf_plan_apply(plan, NULL, NULL, &s, &applied, &err));
  EXPECT(KF_ERR_NULL, kf_plan_apply(plan, table(), NULL, NULL, &applied, &err));
  EXPECT(KF_ERR_NULL, kf_plan_apply(plan, table(), NULL, &s, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_plan_apply_file(NULL, table(), NULL, TEXT(ring), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_plan_apply_file(plan, NULL, NULL, TEXT(ring), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_plan_apply_file(plan, table(), NULL, NULL, 1, NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_plan_apply_file(plan, table(), NULL, TEXT(ring), NULL, NULL, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_plan_apply_ipc(NULL, table(), NULL, NULL, NULL, &text, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_plan_apply_ipc(plan, NULL, NULL, NULL, NULL, &text, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_plan_apply_ipc(plan, table(), NULL, NULL, NULL, NULL, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_plan_apply_ipc(plan, table(), NULL, NULL, NULL, &text, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_applied_document(NULL, &text, &err));

  EXPECT(KF_ERR_NULL, kf_ledger_verify(NULL, 1, NULL, 0, NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_verify(TEXT(dir), NULL, 0, NULL, 0, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_verify(TEXT(dir), NULL, 0, TEXT("a pin without its key"), &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_verify_proof(NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_verify_proof(TEXT("{}"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_entry_check(NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_entry_check(TEXT(ENTRY), NULL, &err));
  EXPECT(KF_ERR_NULL,
         kf_entry_rest_on(NULL, 1, TEXT("{}"), TEXT("withheld"), TEXT("x"), TEXT("2026-11-23"), &text, &err));
  EXPECT(KF_ERR_NULL,
         kf_entry_rest_on(TEXT(ENTRY), NULL, 1, TEXT("withheld"), TEXT("x"), TEXT("2026-11-23"), &text, &err));
  EXPECT(KF_ERR_NULL,
         kf_entry_rest_on(TEXT(ENTRY), TEXT("{}"), TEXT("withheld"), TEXT("x"), TEXT("2026-11-23"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_check(NULL, 1, TEXT("2026-11-23"), NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_check(TEXT(CATALOG), NULL, 1, NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_check(TEXT("{}"), TEXT("2026-11-23"), NULL, 0, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_merge(NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_merge(TEXT("[]"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_list(NULL, 1, TEXT("2026-11-23"), NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_list(TEXT("{}"), TEXT("2026-11-23"), NULL, 0, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_export(TEXT(CATALOG), NULL, 1, NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_export(NULL, 1, TEXT("dcat"), NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_template(NULL, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_read(NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_catalog_read(TEXT("x"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_calendar_is_working_day(NULL, 1, NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_calendar_is_working_day(TEXT("2026-10-01"), NULL, 0, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_calendar_add_working_days(NULL, 1, 10, NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_calendar_add_working_days(TEXT("2026-10-01"), 10, NULL, 0, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_document_canonical(NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_document_canonical(TEXT("{}"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_digest(NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_digest((const uint8_t *)"x", 1, NULL, &err));

  /* No output was written, and nothing is wrong with not asking for the error. */
  CHECK(text == NULL && text2 == NULL && policy2 == NULL && applied == NULL);
  CHECK(kf_policy_hash(NULL, &text, NULL) == KF_ERR_NULL);
  CHECK(kf_error_code(NULL, NULL) == NULL && kf_error_zh(NULL, NULL) == NULL && kf_error_en(NULL, NULL) == NULL);
  CHECK(kf_error_where(NULL, NULL) == NULL && kf_error_status(NULL) != KF_OK && kf_text_data(NULL, NULL) == NULL);

  CHECK(kf_policy_free(policy) == KF_OK && kf_keyring_free(keys) == KF_OK && kf_plan_free(plan) == KF_OK);
  CHECK(kf_policy_free(NULL) == KF_OK && kf_keyring_free(NULL) == KF_OK && kf_plan_free(NULL) == KF_OK);
  CHECK(kf_table_free(NULL) == KF_OK && kf_text_free(NULL) == KF_OK && kf_applied_free(NULL) == KF_OK);
  CHECK(kf_error_free(NULL) == KF_OK);
}

static void not_utf8(void) {
  kf_policy *policy = NULL;
  kf_plan *plan = NULL;
  kf_text *text = NULL;
  kf_table *t = NULL;
  kf_error *error = NULL;
  EXPECT(KF_ERR_UTF8, kf_policy_builtin(TEXT(NOT_UTF8), &policy, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_parse(TEXT(NOT_UTF8), &policy, &err));
  EXPECT(KF_ERR_UTF8, kf_plan_parse_toml(TEXT(NOT_UTF8), &plan, &err));
  EXPECT(KF_ERR_UTF8, kf_table_open(TEXT(NOT_UTF8), &t, &err));
  EXPECT(KF_ERR_UTF8, kf_table_open_sheet(TEXT(NOT_UTF8), TEXT("s"), &t, &err));
  EXPECT(KF_ERR_UTF8, kf_table_open_sheet(TEXT("x"), TEXT(NOT_UTF8), &t, &err));
  EXPECT(KF_ERR_UTF8, kf_values_treat(NULL, TEXT(NOT_UTF8), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_entry_check(TEXT(NOT_UTF8), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_catalog_check(TEXT(NOT_UTF8), TEXT("2026-11-23"), NULL, 0, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_catalog_merge(TEXT(NOT_UTF8), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_catalog_list(TEXT(CATALOG), TEXT("2026-11-23"), TEXT(NOT_UTF8), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_catalog_export(TEXT(CATALOG), TEXT("dcat"), TEXT(NOT_UTF8), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_catalog_read(TEXT(NOT_UTF8), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_calendar_is_working_day(TEXT(NOT_UTF8), NULL, 0, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_calendar_add_working_days(TEXT("2026-10-01"), 1, TEXT(NOT_UTF8), &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_catalog_check(TEXT(CATALOG), TEXT("2026-13-01"), NULL, 0, &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_catalog_export(TEXT(CATALOG), TEXT("pdf"), NULL, 0, &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_calendar_is_working_day(TEXT("2026-10-1"), NULL, 0, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_ledger_verify_proof(TEXT(NOT_UTF8), &text, &err));
  CHECK(kf_values_treat(NULL, TEXT(NOT_UTF8), &text, &error) == KF_ERR_UTF8);
  CHECK(strcmp(kf_error_where(error, NULL), "question, byte 3") == 0);
  kf_error_free(error);
}

static void handles(void) {
  kf_policy *policy = NULL, *stale;
  kf_text *text = NULL;
  kf_error *error = NULL;
  kf_table *t;
  EXPECT(KF_OK, kf_policy_builtin(TEXT("xian-2022-013"), &policy, &err));

  /* Another kind. The object survives. */
  EXPECT(KF_ERR_HANDLE, kf_plan_hash((const kf_plan *)policy, &text, &err));
  CHECK(kf_plan_free((kf_plan *)policy) == KF_ERR_HANDLE);
  CHECK(kf_text_free((kf_text *)policy) == KF_ERR_HANDLE);
  CHECK(kf_text_data((const kf_text *)policy, NULL) == NULL);
  EXPECT(KF_OK, kf_policy_hash(policy, &text, &err));
  CHECK(kf_text_free(text) == KF_OK);

  /* Freed, twice, and used after. */
  CHECK(kf_text_free(text) == KF_ERR_HANDLE && kf_text_data(text, NULL) == NULL);
  CHECK(kf_policy_free(policy) == KF_OK && kf_policy_free(policy) == KF_ERR_HANDLE);
  stale = policy;
  EXPECT(KF_OK, kf_policy_builtin(TEXT("xian-2022-013"), &policy, &err)); /* likely in the same slot */
  EXPECT(KF_ERR_HANDLE, kf_policy_hash(stale, &text, &err));
  CHECK(kf_policy_free(stale) == KF_ERR_HANDLE && kf_policy_free(policy) == KF_OK);

  /* Made up: an address of the caller's own, and numbers. */
  EXPECT(KF_ERR_HANDLE, kf_policy_hash((const kf_policy *)&text, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_hash((const kf_policy *)(uintptr_t)3, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_hash((const kf_policy *)UINTPTR_MAX, &text, &err));

  /* Errors are handles too. */
  CHECK(kf_policy_builtin(TEXT("nowhere"), &policy, &error) == KF_ERR_POLICY);
  CHECK(kf_error_free(error) == KF_OK && kf_error_free(error) == KF_ERR_HANDLE);
  CHECK(kf_error_code(error, NULL) == NULL && kf_error_status(error) == KF_ERR_HANDLE);

  /* What was consumed is gone. */
  t = table();
  EXPECT(KF_OK, kf_table_scan(t, 1, NULL, NULL, &text, &err));
  CHECK(kf_text_free(text) == KF_OK && kf_table_free(t) == KF_ERR_HANDLE);
  EXPECT(KF_ERR_HANDLE, kf_table_scan(t, 1, NULL, NULL, &text, &err));
}

static void hurt_length(struct ArrowArray *a) { a->length = -1; }
static void hurt_long(struct ArrowArray *a) { a->length = INT64_MAX; }
static void hurt_offset(struct ArrowArray *a) { a->offset = INT64_MAX; }
static void hurt_nulls(struct ArrowArray *a) { a->children[0]->null_count = 4; }
static void hurt_null_lie(struct ArrowArray *a) { a->children[0]->null_count = 0; }
static void hurt_children(struct ArrowArray *a) { a->n_children = 0; }
static void hurt_no_children(struct ArrowArray *a) { a->children = NULL; }
static void hurt_buffers(struct ArrowArray *a) { a->children[0]->n_buffers = 1; }
static void hurt_no_buffers(struct ArrowArray *a) { a->children[0]->buffers = NULL; }
static void hurt_released(struct ArrowArray *a) { a->children[1]->release = NULL; }
static void hurt_dictionary(struct ArrowArray *a) { a->children[0]->dictionary = a->children[1]; }
static void hurt_short(struct ArrowArray *a) { a->children[1]->length = 2; }
static void hurt_last_offset(struct ArrowArray *a) { ((int32_t *)a->children[0]->buffers[1])[3] = -1; }
static void hurt_order(struct ArrowArray *a) { ((int32_t *)a->children[1]->buffers[1])[1] = 99; }
static void hurt_utf8(struct ArrowArray *a) { memset((char *)a->children[0]->buffers[2], 0xff, 4); }
static void hurt_misaligned(struct ArrowArray *a) {
  a->children[0]->buffers[1] = (const char *)a->children[0]->buffers[1] + 1;
}

static void arrow(void) {
  static void (*const damages[])(struct ArrowArray *) = {
      hurt_length,    hurt_long,       hurt_offset,   hurt_nulls,      hurt_null_lie, hurt_children,
      hurt_no_children, hurt_buffers,  hurt_no_buffers, hurt_released, hurt_dictionary, hurt_short,
      hurt_last_offset, hurt_order,    hurt_utf8,     hurt_misaligned,
  };
  struct ArrowArrayStream s;
  kf_table *t = NULL;
  kf_text *text = NULL;
  size_t i;
  for (i = 0; i < sizeof damages / sizeof *damages; i++) {
    s = stream();
    ((producer *)s.private_data)->hurt = damages[i];
    EXPECT(KF_OK, kf_table_from_stream(&s, &t, &err));
    EXPECT(KF_ERR_ARROW, kf_table_scan(t, 1, NULL, NULL, &text, &err));
  }

  /* A stream that is over before it began: released, or without its callbacks. */
  s = stream();
  s.release(&s);
  EXPECT(KF_ERR_ARROW, kf_table_from_stream(&s, &t, &err));
  s = stream();
  s.get_next = NULL;
  EXPECT(KF_ERR_ARROW, kf_table_from_stream(&s, &t, &err));
  CHECK(s.release == NULL);

  /* A producer that fails, and bytes that are no IPC stream. */
  s = stream();
  ((producer *)s.private_data)->fail = 5;
  EXPECT(KF_OK, kf_table_from_stream(&s, &t, &err));
  EXPECT(KF_ERR_CALLBACK, kf_table_scan(t, 1, NULL, NULL, &text, &err));
  EXPECT(KF_ERR_TABLE, kf_table_from_ipc((const uint8_t *)"ARROW?", 6, &t, &err));
  CHECK(producers_alive == 0 && batches_alive == 0);
}

static int32_t stop(void *user, const char *stage, size_t stage_len, uint64_t done, uint64_t total,
                    uint64_t bytes) {
  (void)done, (void)total, (void)bytes;
  CHECK(stage_len == strlen(stage));
  ++*(int *)user;
  return 0; /* what a bridge makes of a callback that threw */
}

/* Stops what is read before the first row is treated. */
static int32_t stop_gathering(void *user, const char *stage, size_t stage_len, uint64_t done, uint64_t total,
                              uint64_t bytes) {
  (void)stage_len, (void)done, (void)total, (void)bytes;
  ++*(int *)user;
  return strcmp(stage, "gather") == 0 ? 0 : KF_CONTINUE;
}

static void callbacks_and_panics(const char *folder) {
  char path[4096];
  int calls = 0;
  kf_text *text = NULL, *text2 = NULL;
  kf_plan *plan = NULL, *shuffle = NULL;
  kf_keyring *keys = NULL;
  kf_table *t = NULL;
  kf_applied *applied = NULL;
  struct ArrowArrayStream s;
  struct ArrowArray batch;
  FILE *file;
  EXPECT(KF_ERR_CANCELLED, kf_table_scan(table(), 1, stop, &calls, &text, &err));
  CHECK(calls == 1);

  EXPECT(KF_OK, kf_plan_parse_toml(TEXT(PLAN), &plan, &err));
  path_in(folder, "cancelled.parquet", path);
  EXPECT(KF_ERR_CANCELLED, kf_plan_apply_file(plan, table(), NULL, TEXT(path), stop, &calls, &text, &err));
  file = fopen(path, "rb");
  CHECK(file == NULL); /* nothing half-written under its name */
  CHECK(calls == 2);
  EXPECT(KF_ERR_CANCELLED, kf_plan_apply_ipc(plan, table(), NULL, stop, &calls, &text, &text2, &err));
  CHECK(calls == 3 && text == NULL && text2 == NULL);
  EXPECT(KF_OK, kf_keyring_parse(TEXT(KEYS), &keys, &err));
  EXPECT(KF_OK, kf_plan_parse_toml(TEXT(SHUFFLE), &shuffle, &err));
  EXPECT(KF_ERR_CANCELLED,
         kf_plan_apply_ipc(shuffle, table(), keys, stop_gathering, &calls, &text, &text2, &err));
  CHECK(calls == 4 && text == NULL && text2 == NULL);
  CHECK(kf_plan_free(shuffle) == KF_OK && kf_keyring_free(keys) == KF_OK);

  /* A table is not treated onto the file that it is read from. */
  path_in(folder, "twice.csv", path);
  EXPECT(KF_OK, kf_plan_apply_file(plan, table(), NULL, TEXT(path), NULL, NULL, &text, &err));
  CHECK(kf_text_free(text) == KF_OK);
  EXPECT(KF_OK, kf_table_open(TEXT(path), &t, &err));
  EXPECT(KF_ERR_TABLE, kf_plan_apply_file(plan, t, NULL, TEXT(path), NULL, NULL, &text, &err));
  EXPECT(KF_OK, kf_table_open(TEXT(path), &t, &err));
  CHECK(kf_table_free(t) == KF_OK);

  /* The proof is there at the end of the stream and not before; a stream may outlive its handles. */
  EXPECT(KF_OK, kf_plan_apply(plan, table(), NULL, &s, &applied, &err));
  CHECK(kf_plan_free(plan) == KF_OK);
  EXPECT(KF_ERR_UNFINISHED, kf_applied_document(applied, &text, &err));
  CHECK(s.get_next(&s, &batch) == 0 && batch.release && batch.length == 3);
  batch.release(&batch);
  EXPECT(KF_ERR_UNFINISHED, kf_applied_document(applied, &text, &err));
  CHECK(s.get_next(&s, &batch) == 0 && batch.release);
  batch.release(&batch);
  CHECK(s.get_next(&s, &batch) == 0 && !batch.release);
  EXPECT(KF_OK, kf_applied_document(applied, &text, &err));
  CHECK(kf_text_free(text) == KF_OK && kf_applied_free(applied) == KF_OK);
  s.release(&s);
  CHECK(s.release == NULL);

  EXPECT(KF_ERR_PANIC, kf_selftest_panic(&err));
  CHECK(kf_selftest_panic(NULL) == KF_ERR_PANIC);
  CHECK(producers_alive == 0 && batches_alive == 0);
}

static void bad_documents(void) {
  kf_policy *policy = NULL;
  kf_text *text = NULL;
  kf_plan *plan = NULL, *plan2 = NULL;
  kf_keyring *keys = NULL;
  kf_table *t = NULL;
  EXPECT(KF_ERR_POLICY, kf_policy_builtin(TEXT("nowhere"), &policy, &err));
  EXPECT(KF_ERR_POLICY, kf_policy_parse(TEXT("this is no policy"), &policy, &err));
  EXPECT(KF_OK, kf_policy_builtin(TEXT("xian-2022-013"), &policy, &err));
  EXPECT(KF_ERR_FACT, kf_policy_classify(policy, TEXT("{\"no_such_fact\":true}"), TEXT("2026-11-23"), &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_policy_classify(policy, TEXT("{}"), TEXT("2026-13-01"), &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_policy_classify(policy, TEXT("{}"), TEXT("yesterday"), &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_policy_classify(policy, "{}", SIZE_MAX, TEXT("2026-11-23"), &text, &err));
  CHECK(kf_policy_free(policy) == KF_OK);
  EXPECT(KF_ERR_PLAN, kf_plan_parse_toml(TEXT("v = 2"), &plan, &err));
  EXPECT(KF_OK, kf_plan_parse_toml(TEXT("v = 1\ndataset = \"d\"\n[columns]\nxm = { do = \"drop\" }\n"), &plan, &err));
  t = table();
  EXPECT(KF_ERR_PLAN, kf_plan_check(plan, t, &err)); /* lxdh is not named */
  EXPECT(KF_ERR_PLAN, kf_plan_load(TEXT("/nowhere/at/all.toml"), &plan2, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_plan_rotate(t, TEXT("d"), TEXT("{\"from\":\"k1\"}"), &plan2, &err));
  EXPECT(KF_ERR_PLAN, kf_plan_rotate(t, TEXT("d"), TEXT(ABSENT), &plan2, &err));
  CHECK(plan2 == NULL);
  CHECK(kf_table_free(t) == KF_OK);
  EXPECT(KF_ERR_PLAN, kf_plan_apply_ipc(plan, table(), NULL, NULL, NULL, &text, &text, &err));
  CHECK(kf_plan_free(plan) == KF_OK);
  EXPECT(KF_ERR_KEYRING, kf_keyring_parse(TEXT("{}"), &keys, &err));
  EXPECT(KF_ERR_RISK, kf_table_risk(table(), TEXT("{\"quasi\":[\"absent\"],\"sharing\":\"public\"}"), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_table_risk(table(), TEXT("{}"), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_CATALOG, kf_entry_check(TEXT("{\"v\":1}"), &text, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_document_canonical(TEXT("{\"a\":1,\"a\":2}"), &text, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_ledger_verify_proof(TEXT("{}"), &text, &err));
  EXPECT(KF_ERR_LEDGER, kf_ledger_verify(TEXT("/nowhere/at/all"), NULL, 0, NULL, 0, &text, &err));
  EXPECT(KF_ERR_TABLE, kf_table_open(TEXT("/nowhere/at/all.csv"), &t, &err));
  CHECK(producers_alive == 0 && batches_alive == 0);
}

/* Sample 1 that NIST publishes with SP 800-38G, there and back in one array; and all that is refused. */
static void numerals(void) {
  static const uint8_t KEY[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                  0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
  static const uint32_t PLAIN[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, SAMPLE[10] = {2, 4, 3, 3, 4, 7, 7, 4, 8, 4};
  uint32_t at[10], too_great[6] = {0, 1, 2, 3, 4, 10};
  kf_ff1 *ff1 = NULL, *other = NULL;
  EXPECT(KF_OK, kf_ff1_create(TEXT("aes"), KEY, 16, 10, &ff1, &err));
  memcpy(at, PLAIN, sizeof at);
  EXPECT(KF_OK, kf_ff1_encrypt(ff1, at, 10, NULL, 0, at, &err));
  CHECK(memcmp(at, SAMPLE, sizeof at) == 0);
  EXPECT(KF_OK, kf_ff1_decrypt(ff1, at, 10, NULL, 0, at, &err));
  CHECK(memcmp(at, PLAIN, sizeof at) == 0);
  EXPECT(KF_OK, kf_ff1_encrypt(ff1, at, 10, KEY, 16, at, &err));
  CHECK(memcmp(at, SAMPLE, sizeof at) != 0);

  EXPECT(KF_ERR_PLAN, kf_ff1_encrypt(ff1, PLAIN, 5, NULL, 0, at, &err)); /* 10^5 values */
  EXPECT(KF_ERR_PLAN, kf_ff1_decrypt(ff1, too_great, 6, NULL, 0, at, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_ff1_encrypt(ff1, PLAIN, 4097, NULL, 0, at, &err));
  EXPECT(KF_ERR_NULL, kf_ff1_encrypt(NULL, PLAIN, 10, NULL, 0, at, &err));
  EXPECT(KF_ERR_NULL, kf_ff1_encrypt(ff1, NULL, 10, NULL, 0, at, &err));
  EXPECT(KF_ERR_NULL, kf_ff1_encrypt(ff1, PLAIN, 10, NULL, 0, NULL, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_ff1_create(TEXT("des"), KEY, 16, 10, &other, &err));
  EXPECT(KF_ERR_PLAN, kf_ff1_create(TEXT("sm4"), KEY, 15, 10, &other, &err));
  EXPECT(KF_ERR_PLAN, kf_ff1_create(TEXT("aes"), KEY, 16, 1, &other, &err));
  EXPECT(KF_ERR_NULL, kf_ff1_create(NULL, 3, KEY, 16, 10, &other, &err));
  EXPECT(KF_ERR_NULL, kf_ff1_create(TEXT("aes"), NULL, 16, 10, &other, &err));
  EXPECT(KF_ERR_NULL, kf_ff1_create(TEXT("aes"), KEY, 16, 10, NULL, &err));
  CHECK(kf_ff1_free(ff1) == KF_OK && kf_ff1_free(ff1) == KF_ERR_HANDLE && kf_ff1_free(NULL) == KF_OK);
  EXPECT(KF_ERR_HANDLE, kf_ff1_encrypt(ff1, PLAIN, 10, NULL, 0, at, &err));
}

int main(int argc, char **argv) {
  if (argc != 2) {
    printf("usage: abuse FOLDER\n");
    return 2;
  }
  CHECK(kf_abi_version() == KF_ABI_VERSION && strcmp(kf_version(), "0.1.0") == 0);
  nulls(argv[1]);
  not_utf8();
  handles();
  arrow();
  callbacks_and_panics(argv[1]);
  bad_documents();
  numerals();
  return finish("abuse");
}
