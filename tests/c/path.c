/*
 * The main job through C, steps 2 to 9, on a small invented table that is handed over as an Arrow stream: from what is in
 * it to a ledger that a third party verifies, and one flipped byte that is found.
 *
 * usage: path FOLDER
 */
#include "platform.h"
#include "producer.h"

#define ROWS 200

static const char *const NAMES[] = {"xm", "sfzh", "lxdh", "csrq", "xb", "qx"};
enum { COLUMNS = 6 };

static const char PLAN[] =
    "v = 1\ndataset = \"xa-resident\"\n[columns]\nxm = { do = \"drop\" }\n"
    "sfzh = { do = \"token\", kind = \"resident_id\", key = \"k1\" }\nlxdh = { do = \"mask\", kind = \"mobile\" }\n"
    "csrq = { do = \"generalize\", to = \"decade\" }\nxb = { do = \"keep\" }\nqx = { do = \"keep\" }\n";

/* The invented people: names, resident ids with their check digits, mobiles, birth dates, sex, district. */
static char cells[ROWS][COLUMNS][24];
static const char *table_cells[ROWS * COLUMNS];

static void invent(void) {
  static const char *const people[] = {"张伟", "王秀英", "李娜", "刘洋", "陈静"};
  static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int row, i, sum;
  for (row = 0; row < ROWS; row++) {
    char(*c)[24] = cells[row];
    int year = 1950 + row % 50, month = 1 + row % 12, day = 1 + row % 28;
    snprintf(c[0], 24, "%s", people[row % 5]);
    snprintf(c[1], 24, "610103%04d%02d%02d%03d", year, month, day, row % 1000);
    for (i = 0, sum = 0; i < 17; i++) sum += (c[1][i] - '0') * weights[i];
    c[1][17] = "10X98765432"[sum % 11];
    c[1][18] = 0;
    snprintf(c[2], 24, "1390000%04d", row % 10000);
    snprintf(c[3], 24, "%04d-%02d-%02d", year, month, day);
    snprintf(c[4], 24, "%s", row % 2 ? "男" : "女");
    snprintf(c[5], 24, "%s", "610103");
    for (i = 0; i < COLUMNS; i++) table_cells[row * COLUMNS + i] = c[i];
  }
}

static kf_table *table(void) {
  struct ArrowArrayStream stream = produce(NAMES, COLUMNS, table_cells, ROWS, 1);
  kf_table *t = NULL;
  EXPECT(KF_OK, kf_table_from_stream(&stream, &t, &err));
  return t;
}

/* A vault that counts how often it is asked, and is closed below zero. */
static int32_t vault(void *user, const char *id, size_t id_len, uint8_t *secret, size_t *secret_len) {
  int *asked = (int *)user;
  if (*asked < 0 || id_len != 2 || memcmp(id, "k1", 2) != 0) return 0;
  ++*asked;
  memset(secret, 7, 32);
  *secret_len = 32;
  return KF_SECRET_GIVEN;
}

static long integer(slice value) { return value.at ? strtol(value.at, NULL, 10) : -1; }

static kf_text *classify(const kf_policy *policy, const char *desensitization) {
  buffer given = facts(1, desensitization);
  kf_text *classification = NULL;
  EXPECT(KF_OK, kf_policy_classify(policy, given.at, given.len, TEXT(DAY), &classification, &err));
  free(given.at);
  return classification;
}

static kf_text *digest(const kf_text *document) {
  slice bytes = bytes_of(document);
  kf_text *out = NULL;
  EXPECT(KF_OK, kf_digest((const uint8_t *)bytes.at, bytes.len, &out, &err));
  return out;
}

/* What a job told: how often, and the bytes that were written at last. */
typedef struct {
  int calls;
  uint64_t bytes;
} told;

static int32_t count(void *user, const char *stage, size_t stage_len, uint64_t done, uint64_t total, uint64_t bytes) {
  told *t = (told *)user;
  (void)stage, (void)stage_len, (void)total;
  CHECK(done <= ROWS && bytes >= t->bytes);
  t->calls++;
  t->bytes = bytes;
  return KF_CONTINUE;
}

/* The size of a file. */
static long length_of(const char *path) {
  FILE *file = fopen(path, "rb");
  long size = -1;
  if (!file) return size;
  if (fseek(file, 0, SEEK_END) == 0) size = ftell(file);
  return fclose(file) == 0 ? size : -1;
}

/* Flips one byte in the middle of the first segment of the log. */
static int flip(const char *ledger) {
  char path[4200];
  FILE *file;
  long size;
  int byte;
  snprintf(path, sizeof path, "%s/segments/00000000.kfl", ledger);
  file = fopen(path, "r+b");
  if (!file) return 0;
  fseek(file, 0, SEEK_END);
  size = ftell(file);
  fseek(file, size / 2, SEEK_SET);
  byte = fgetc(file);
  fseek(file, size / 2, SEEK_SET);
  fputc(byte ^ 1, file);
  return fclose(file) == 0;
}

/* A plan from a file; tokens of bytes, and what they are rotated to without the values, as wide and no less different. */
static void rotations(const char *folder) {
  static const char BYTES[] =
      "{\"v\":1,\"dataset\":\"people\",\"columns\":{\"xm\":{\"do\":\"drop\"},\"lxdh\":{\"do\":\"drop\"},"
      "\"csrq\":{\"do\":\"drop\"},\"xb\":{\"do\":\"drop\"},\"qx\":{\"do\":\"drop\"},"
      "\"sfzh\":{\"do\":\"token\",\"kind\":\"resident_id\",\"key\":\"k1\",\"form\":\"bytes32\"}}}";
  static const char RING[] =
      "{\"v\":1,\"keys\":[{\"id\":\"k1\",\"kind\":\"token\",\"secret\":\"MDEyMzQ1Njc4OWFiY2RlZg==\"},"
      "{\"id\":\"k2\",\"kind\":\"token\",\"secret\":\"ZmVkY2JhOTg3NjU0MzIxMA==\"}]}";
  static const char ROTATION[] = "{\"columns\":{\"sfzh\":\"resident_id\"},\"from\":\"k1\",\"key\":\"k2\"}";
  char path[4200];
  kf_plan *plan = NULL, *again = NULL, *rotation = NULL;
  kf_keyring *keys = NULL;
  kf_table *t = NULL;
  kf_text *text = NULL, *hash = NULL, *ipc = NULL, *rotated = NULL, *applied = NULL;
  FILE *file;
  snprintf(path, sizeof path, "%s/plan.json", folder);
  file = fopen(path, "wb");
  CHECK(file && fputs(BYTES, file) >= 0 && fclose(file) == 0);
  EXPECT(KF_OK, kf_plan_load(TEXT(path), &plan, &err));
  EXPECT(KF_OK, kf_plan_dataset(plan, &text, &err));
  CHECK(is(text, "people"));
  drop(&text);
  EXPECT(KF_OK, kf_plan_keys(plan, &text, &err));
  CHECK(is(text, "[\"k1\"]"));
  drop(&text);
  EXPECT(KF_OK, kf_plan_parse_json(TEXT(BYTES), &again, &err));
  EXPECT(KF_OK, kf_plan_hash(again, &text, &err));
  EXPECT(KF_OK, kf_plan_hash(plan, &hash, &err));
  CHECK(slice_is(bytes_of(text), bytes_of(hash).at) && bytes_of(hash).len == 71);
  drop(&text);
  drop(&hash);

  EXPECT(KF_OK, kf_keyring_parse(TEXT(RING), &keys, &err));
  EXPECT(KF_OK, kf_plan_apply_ipc(plan, table(), keys, NULL, NULL, &ipc, &applied, &err));
  drop(&applied);
  EXPECT(KF_OK, kf_table_from_ipc((const uint8_t *)bytes_of(ipc).at, bytes_of(ipc).len, &t, &err));
  EXPECT(KF_OK, kf_plan_rotate(t, TEXT("people"), TEXT(ROTATION), &rotation, &err));
  EXPECT(KF_OK, kf_plan_document(rotation, &text, &err));
  CHECK(has(text, "\"form\":\"bytes32\"") && has(text, "\"from\":\"k1\"") && has(text, "\"default\":\"error\""));
  drop(&text);
  EXPECT(KF_OK, kf_plan_apply_ipc(rotation, t, keys, NULL, NULL, &rotated, &applied, &err)); /* consumes it */
  CHECK(has(applied, "\"changed\":200") && has(applied, "\"type\":\"FixedSizeBinary(32)\""));
  CHECK(bytes_of(rotated).len == bytes_of(ipc).len && memcmp(bytes_of(rotated).at, bytes_of(ipc).at, bytes_of(ipc).len));
  EXPECT(KF_OK, kf_table_from_ipc((const uint8_t *)bytes_of(rotated).at, bytes_of(rotated).len, &t, &err));
  EXPECT(KF_OK, kf_applied_verify(OF(applied), t, NULL, NULL, &err));
  EXPECT(KF_OK, kf_table_from_ipc((const uint8_t *)bytes_of(ipc).at, bytes_of(ipc).len, &t, &err));
  EXPECT(KF_ERR_INTEGRITY, kf_applied_verify(OF(applied), t, NULL, NULL, &err));
  drop(&applied);
  drop(&ipc);
  drop(&rotated);
  CHECK(kf_plan_free(plan) == KF_OK && kf_plan_free(again) == KF_OK && kf_plan_free(rotation) == KF_OK);
  CHECK(kf_keyring_free(keys) == KF_OK);
}

int main(int argc, char **argv) {
  char parquet[4096], key[4096], ring[4096], directory[4096], ledger[4096];
  kf_policy *policy = NULL;
  kf_plan *plan = NULL;
  kf_keyring *keys = NULL, *vaulted = NULL;
  kf_text *findings = NULL;
  int asked = 0;
  kf_platform *platform = NULL;
  kf_signer *signer = NULL;
  kf_table *t = NULL;
  kf_text *text = NULL, *applied = NULL, *applied2 = NULL, *ipc = NULL, *before = NULL, *after = NULL;
  kf_text *version = NULL, *content = NULL, *evidence = NULL, *rested = NULL, *public_key = NULL, *pin = NULL;
  kf_error *error = NULL;
  static const char quasi[] = "{\"quasi\":[\"csrq\",\"xb\"],\"sharing\":\"controlled\"}";
  buffer json = {NULL, 0, 0}, whole = entry("xa-resident", "api");
  slice bytes;
  uint64_t index;
  told scanned = {0, 0}, filed = {0, 0}, streamed = {0, 0};
  if (argc != 2) {
    printf("usage: path FOLDER\n");
    return 2;
  }
  snprintf(parquet, sizeof parquet, "%s/treated.parquet", argv[1]);
  snprintf(key, sizeof key, "%s/key.pem", argv[1]);
  snprintf(ring, sizeof ring, "%s/keys.json", argv[1]);
  snprintf(directory, sizeof directory, "%s/platform", argv[1]);
  snprintf(ledger, sizeof ledger, "%s/platform/ledger", argv[1]);
  invent();
  rotations(argv[1]);

  /* 2: what is in it */
  EXPECT(KF_OK, kf_table_scan(table(), 1, count, &scanned, &text, &err));
  CHECK(scanned.calls > 0 && scanned.bytes == 0); /* nothing is written */
  CHECK(has(text, "\"direct\":[\"xm\",\"sfzh\",\"lxdh\"]") && has(text, "\"quasi\":[\"csrq\""));
  drop(&text);

  /* 3: classify, with one question open first */
  EXPECT(KF_OK, kf_policy_builtin(TEXT("xian-2022-013"), &policy, &err));
  text = classify(policy, NULL);
  CHECK(has(text, "\"open\":[\"desensitization\"]") && has(text, "\"status\":\"needs_assessment\""));
  drop(&text);
  text = classify(policy, "none");
  CHECK(has(text, "\"permitted\":[\"withheld\"]") && has(text, "\"cite\":\"A18.2\""));
  drop(&text);

  /* 4: treat, into a file; and the same values as a stream of IPC bytes */
  EXPECT(KF_OK, kf_plan_parse_toml(TEXT(PLAN), &plan, &err));
  EXPECT(KF_OK, kf_keyring_create(TEXT(ring), TEXT("k1"), &keys, &err));
  t = table();
  EXPECT(KF_OK, kf_plan_check(plan, t, &err));
  EXPECT(KF_OK, kf_plan_apply_file(plan, t, keys, TEXT(parquet), count, &filed, &applied, &err));
  CHECK(filed.calls > 0 && filed.bytes <= (uint64_t)length_of(parquet));
  CHECK(has(applied, "\"rows\":200") && has(applied, "\"dropped\":[\"xm\"]"));
  EXPECT(KF_OK, kf_plan_apply_ipc(plan, table(), keys, count, &streamed, &ipc, &applied2, &err));
  /* All of the stream but its last mark, of 8 bytes. */
  CHECK(streamed.calls > 0 && streamed.bytes + 8 == bytes_of(ipc).len);
  bytes = bytes_of(applied);
  CHECK(bytes.len == bytes_of(applied2).len && memcmp(bytes.at, bytes_of(applied2).at, bytes.len) == 0);

  /* What a plan would do, on invented values; a plan proposed; the output told from another table; keys from a vault. */
  EXPECT(KF_OK, kf_plan_preview(plan, &text, &err));
  CHECK(has(text, "\"before\":\"13900001111\"") && has(text, "\"after\":\"139****1111\""));
  drop(&text);
  EXPECT(KF_OK, kf_table_scan(table(), 1, NULL, NULL, &findings, &err));
  EXPECT(KF_OK, kf_plan_suggest(OF(findings), TEXT("xa-resident"), TEXT("k1"), TEXT("controlled"), &text, &err));
  CHECK(has(text, "\"sharing\":\"controlled\"") && has(text, "\"kind\":\"resident_id\""));
  drop(&text);
  CHECK(kf_plan_suggest(OF(findings), TEXT("d"), TEXT("k1"), TEXT("all"), &text, NULL) == KF_ERR_ARGUMENT);
  drop(&findings);
  EXPECT(KF_OK, kf_table_open(TEXT(parquet), &t, &err));
  EXPECT(KF_OK, kf_applied_verify(OF(applied), t, NULL, NULL, &err));
  CHECK(kf_applied_verify(OF(applied), table(), NULL, NULL, NULL) == KF_ERR_INTEGRITY);
  EXPECT(KF_OK, kf_keyring_ask(plan, vault, &asked, &vaulted, &err));
  CHECK(asked == 1 && kf_keyring_free(vaulted) == KF_OK);
  asked = -1;
  CHECK(kf_keyring_ask(plan, vault, &asked, &vaulted, NULL) == KF_ERR_KEYRING);

  /* 5: risk before and after */
  EXPECT(KF_OK, kf_table_risk(table(), TEXT(quasi), NULL, NULL, &before, &err));
  EXPECT(KF_OK, kf_table_open(TEXT(parquet), &t, &err));
  EXPECT(KF_OK, kf_table_risk(t, TEXT(quasi), NULL, NULL, &after, &err));
  CHECK(integer(json_get(bytes_of(after), "k")) > integer(json_get(bytes_of(before), "k")));
  bytes = bytes_of(ipc);
  EXPECT(KF_OK, kf_table_from_ipc((const uint8_t *)bytes.at, bytes.len, &t, &err));
  EXPECT(KF_OK, kf_table_risk(t, TEXT(quasi), NULL, NULL, &text, &err));
  bytes = bytes_of(after);
  CHECK(bytes.len == bytes_of(text).len && memcmp(bytes.at, bytes_of(text).at, bytes.len) == 0);
  drop(&text);

  /* 6: the new version on its evidence */
  version = classify(policy, "deidentified");
  CHECK(has(version, "\"permitted\":[\"withheld\",\"conditional\"]") && has(version, "\"recommended\":\"conditional\""));

  /* 7: entry, application, approval */
  evidence = digest(applied);
  content = digest(ipc);
  EXPECT(KF_OK, kf_entry_check(IN(whole), &text, &err));
  CHECK(has(text, "\"field\":\"openness\""));
  drop(&text);
  EXPECT(KF_OK, kf_entry_rest_on(IN(whole), OF(version), TEXT("conditional"), OF(content), TEXT(DAY), &rested, &err));
  EXPECT(KF_OK, kf_entry_check(OF(rested), &text, &err));
  CHECK(is(text, "[]"));
  drop(&text);
  EXPECT(KF_OK, kf_signing_key_create(TEXT(key), &public_key, &err));
  signer = load(key);
  platform = begin(directory, signer);
  CHECK(kf_signer_free(signer) == KF_OK); /* the platform goes on with it */
  json = assessment("xa-resident", bytes_of(content), bytes_of(evidence), "conditional", facts(1, "deidentified"));
  act(platform, "opening_body", BODY, json.at);
  json.len = 0;
  put_text(&json, "\"event\":\"entry_listed\",\"entry\":");
  put(&json, OF(rested));
  act(platform, "opening_body", BODY, json.at);
  json.len = 0;
  put_text(&json, "\"event\":\"dataset_opened\",\"dataset\":\"xa-resident\",\"content\":\"");
  put(&json, OF(content));
  put_text(&json, "\"");
  act(platform, "opening_body", BODY, json.at);
  act(platform, "data_user", USER, APPLICATION);
  act(platform, "opening_body", BODY, APPROVED);
  act(platform, "authority", AUTHORITY, APPROVED);
  REFUSED("KF-PROCESS-01", platform, "data_user", USER, APPLICATION); /* filed twice */

  /* 8: decide, each recorded before the answer */
  text = admit(platform, DATASET, "api", USER, 100);
  CHECK(has(text, "\"permit\":true") && has(text, "\"application\":\"app-1\""));
  index = member(text, "index");
  drop(&text);
  EXPECT(KF_OK, kf_platform_complete(platform, index, TEXT("{\"served\":true,\"rows\":100,\"bytes\":4096}"), TEXT(AT),
                                     &text, &err));
  drop(&text);
  text = admit(platform, DATASET, "download", USER, 100);
  CHECK(has(text, "\"permit\":false") && has(text, "conditional_no_download") && has(text, "\"cite\":\"A22.2\""));
  drop(&text);
  text = admit(platform, DATASET, "api", STRANGER, 100);
  CHECK(has(text, "\"permit\":false") && has(text, "no_application") && has(text, "\"cite\":\"A26\""));
  drop(&text);
  EXPECT(KF_OK, kf_platform_duties(platform, NULL, 0, TEXT(AT), &text, &err));
  drop(&text);

  /* 9: verify offline, and find one flipped byte */
  EXPECT(KF_OK, kf_platform_checkpoint(platform, &pin, &err));
  EXPECT(KF_OK, kf_platform_receipt(platform, index, &text, &err));
  drop(&text);
  CHECK(kf_platform_close(platform) == KF_OK && kf_platform_close(platform) == KF_ERR_HANDLE);
  bytes = bytes_of(public_key);
  EXPECT(KF_OK, kf_ledger_verify(TEXT(ledger), bytes.at, bytes.len, bytes_of(pin).at, bytes_of(pin).len, &text, &err));
  CHECK(has(text, "\"own_key\":false"));
  drop(&text);
  EXPECT(KF_OK, kf_platform_audit(TEXT(directory), bytes.at, bytes.len, bytes_of(pin).at, bytes_of(pin).len, TEXT(AT),
                                  NULL, 0, &text, &err));
  CHECK(has(text, "\"clean\":true") && has(text, "\"permits\":1") && has(text, "\"decisions\":3"));
  drop(&text);
  EXPECT(KF_OK, kf_platform_open(TEXT(directory), NULL, NULL, 0, &platform, &err));
  EXPECT(KF_ERR_PROCESS, kf_platform_admit(platform, TEXT("{\"v\":1,\"dataset\":\"d\",\"action\":\"api\",\"via\":\"platform\"}"),
                                           TEXT(AT), &text, &err)); /* read only: nothing is recorded, so nothing is answered */
  CHECK(kf_platform_close(platform) == KF_OK);
  CHECK(flip(ledger));
  CHECK(kf_ledger_verify(TEXT(ledger), bytes.at, bytes.len, NULL, 0, &text, &error) == KF_ERR_INTEGRITY);
  CHECK(kf_error_where(error, NULL) && strstr(kf_error_where(error, NULL), "record"));
  CHECK(kf_error_free(error) == KF_OK);

  drop(&applied);
  drop(&applied2);
  drop(&ipc);
  drop(&before);
  drop(&after);
  drop(&version);
  drop(&content);
  drop(&evidence);
  drop(&rested);
  drop(&public_key);
  drop(&pin);
  free(json.at);
  free(whole.at);
  CHECK(kf_policy_free(policy) == KF_OK && kf_plan_free(plan) == KF_OK && kf_keyring_free(keys) == KF_OK);
  CHECK(producers_alive == 0 && batches_alive == 0);
  return finish("path");
}
