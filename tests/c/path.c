/*
 * The main job through C, steps 2 to 9, on a small invented table that is handed over as an Arrow stream: from what is in
 * it to a ledger that a third party verifies, and one flipped byte that is found.
 *
 * usage: path FOLDER
 */
#include "producer.h"
#include "text.h"

#define ROWS 200
#define AT "2026-11-23T02:00:00Z"
#define DAY "2026-11-23"
#define USER "91610131MA6U0000X0"
#define STRANGER "91610131MA6U1111X1"

static const char *const NAMES[] = {"xm", "sfzh", "lxdh", "csrq", "xb", "qx"};
enum { COLUMNS = 6 };

static const char PLAN[] =
    "v = 1\ndataset = \"xa-resident\"\n[columns]\nxm = { do = \"drop\" }\n"
    "sfzh = { do = \"token\", kind = \"resident_id\", key = \"k1\" }\nlxdh = { do = \"mask\", kind = \"mobile\" }\n"
    "csrq = { do = \"generalize\", to = \"decade\" }\nxb = { do = \"keep\" }\nqx = { do = \"keep\" }\n";

static const char *const FACTS[] = {
    "state_secret", "law_forbids", "endangers_national_security", "endangers_public_security",
    "endangers_economic_security", "endangers_social_stability", "trade_secret", "other_third_party_interest",
    "harm_ruled_out", "high_protection_need", "specific_terms_needed", "aggregation_may_reveal", "committee_advised",
    "declassified", "prohibition_lifted", "third_party_consents", "closure_harms_public",
};

static const char ENTRY[] =
    "{\"v\":1,\"id\":\"xa-resident\",\"name\":\"常住人口基本信息(去标识化)\","
    "\"body\":{\"id\":\"11610100013300000X\",\"name\":\"西安市示例局\"},\"format\":\"parquet\","
    "\"data_type\":\"structured\",\"access_ways\":[\"api\"],\"update_frequency\":\"yearly\",\"level\":\"municipal\","
    "\"grade\":\"general\",\"channel\":\"platform\",\"responsible\":{"
    "\"first\":{\"role\":\"局长\",\"contact\":\"029-86780000\"},"
    "\"leader\":{\"role\":\"分管副局长\",\"contact\":\"029-86780000\"},"
    "\"contact\":{\"role\":\"数据科\",\"contact\":\"029-86780000\"}}}";

static const char APPLICATION[] =
    "{\"event\":\"application_filed\",\"application\":{\"v\":1,\"id\":\"app-1\",\"user\":\"" USER "\","
    "\"dataset\":\"xa-resident\",\"ways\":[\"api\"],\"purpose\":\"人口分布研究\",\"safeguards\":[\"专人专机\"],"
    "\"from\":\"2026-11-01\",\"until\":\"2027-10-31\",\"rows\":1000}}";

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

static long integer(slice value) { return value.at ? strtol(value.at, NULL, 10) : -1; }

/* The facts of the dataset; NULL leaves the question of desensitization open. */
static buffer facts(const char *desensitization) {
  buffer out = {NULL, 0, 0};
  size_t i;
  put_text(&out, "{\"personal_privacy\":true,\"data_grade\":\"general\"");
  for (i = 0; i < sizeof FACTS / sizeof *FACTS; i++) {
    put_text(&out, ",\"");
    put_text(&out, FACTS[i]);
    put_text(&out, "\":false");
  }
  if (desensitization) {
    put_text(&out, ",\"desensitization\":\"");
    put_text(&out, desensitization);
    put_text(&out, "\"");
  }
  put_text(&out, "}");
  return out;
}

static kf_text *classify(const kf_policy *policy, const char *desensitization) {
  buffer given = facts(desensitization);
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

/* Step 6: the body chose; every fact with its assertion, the evidence by its digests. */
static buffer assessed(const kf_text *version, const kf_text *content, const kf_text *evidence) {
  buffer out = {NULL, 0, 0}, given = facts("deidentified");
  slice all, name, value;
  const char *position = NULL;
  int first = 1;
  all.at = given.at;
  all.len = given.len;
  put_text(&out, "{\"event\":\"dataset_assessed\",\"dataset\":\"xa-resident\",\"chosen\":\"conditional\",");
  put_text(&out, "\"assessor\":\"assessor-7\",\"content\":\"");
  put(&out, bytes_of(content).at, bytes_of(content).len);
  put_text(&out, "\",\"evidence\":[\"");
  put(&out, bytes_of(evidence).at, bytes_of(evidence).len);
  put_text(&out, "\"],\"classification\":");
  put(&out, bytes_of(version).at, bytes_of(version).len);
  put_text(&out, ",\"facts\":");
  put(&out, given.at, given.len);
  put_text(&out, ",\"assertions\":[");
  while (json_next(all, &position, &name, &value)) {
    put_text(&out, first ? "{\"v\":1,\"fact\":\"" : ",{\"v\":1,\"fact\":\"");
    put(&out, name.at, name.len);
    put_text(&out, "\",\"value\":");
    put(&out, value.at, value.len);
    put_text(&out, ",\"by\":\"assessor-7\",\"at\":\"" AT "\",\"evidence\":\"");
    put(&out, bytes_of(evidence).at, bytes_of(evidence).len);
    put_text(&out, "\"}");
    first = 0;
  }
  put_text(&out, "]}");
  free(given.at);
  return out;
}

static void event(kf_platform *platform, const char *json, size_t len) {
  kf_text *recorded = NULL;
  EXPECT(KF_OK, kf_platform_event(platform, json, len, TEXT(AT), &recorded, &err));
  drop(&recorded);
}

static void review(kf_platform *platform, const char *by) {
  char json[256];
  snprintf(json, sizeof json,
           "{\"event\":\"application_reviewed\",\"application\":\"app-1\",\"by\":\"%s\",\"approve\":true}", by);
  event(platform, json, strlen(json));
}

static kf_text *admit(kf_platform *platform, const char *action, const char *user) {
  char request[512];
  kf_text *admitted = NULL;
  snprintf(request, sizeof request,
           "{\"v\":1,\"dataset\":\"xa-resident\",\"action\":\"%s\",\"via\":\"platform\",\"user\":\"%s\","
           "\"purpose\":\"人口分布研究\",\"rows\":100}",
           action, user);
  EXPECT(KF_OK, kf_platform_admit(platform, TEXT(request), TEXT(AT), &admitted, &err));
  return admitted;
}

static int32_t count(void *user, const char *stage, size_t stage_len, uint64_t done, uint64_t total) {
  (void)stage, (void)stage_len, (void)total;
  CHECK(done <= ROWS);
  ++*(int *)user;
  return KF_CONTINUE;
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

int main(int argc, char **argv) {
  char parquet[4096], key[4096], ring[4096], directory[4096], ledger[4096];
  kf_policy *policy = NULL;
  kf_plan *plan = NULL;
  kf_keyring *keys = NULL;
  kf_platform *platform = NULL;
  kf_table *t = NULL;
  kf_text *text = NULL, *applied = NULL, *applied2 = NULL, *ipc = NULL, *before = NULL, *after = NULL;
  kf_text *version = NULL, *content = NULL, *evidence = NULL, *entry = NULL, *public_key = NULL, *pin = NULL;
  kf_error *error = NULL;
  static const char quasi[] = "{\"quasi\":[\"csrq\",\"xb\"],\"sharing\":\"controlled\"}";
  buffer json = {NULL, 0, 0};
  slice bytes;
  uint64_t index;
  int calls = 0;
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

  /* 2: what is in it */
  EXPECT(KF_OK, kf_table_scan(table(), 1, count, &calls, &text, &err));
  CHECK(calls > 0);
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
  EXPECT(KF_OK, kf_plan_apply_file(plan, t, keys, TEXT(parquet), count, &calls, &applied, &err));
  CHECK(has(applied, "\"rows\":200") && has(applied, "\"dropped\":[\"xm\"]"));
  EXPECT(KF_OK, kf_plan_apply_ipc(plan, table(), keys, &ipc, &applied2, &err));
  bytes = bytes_of(applied);
  CHECK(bytes.len == bytes_of(applied2).len && memcmp(bytes.at, bytes_of(applied2).at, bytes.len) == 0);

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
  EXPECT(KF_OK, kf_entry_check(TEXT(ENTRY), &text, &err));
  CHECK(has(text, "\"field\":\"openness\""));
  drop(&text);
  EXPECT(KF_OK, kf_entry_rest_on(TEXT(ENTRY), bytes_of(version).at, bytes_of(version).len, TEXT("conditional"),
                                 bytes_of(content).at, bytes_of(content).len, TEXT("2026-11-23"), &entry, &err));
  EXPECT(KF_OK, kf_entry_check(bytes_of(entry).at, bytes_of(entry).len, &text, &err));
  CHECK(slice_is(bytes_of(text), "[]"));
  drop(&text);
  EXPECT(KF_OK, kf_signing_key_create(TEXT(key), &public_key, &err));
  EXPECT(KF_OK, kf_platform_init(TEXT(directory), policy, TEXT("data.xa.example/platform"), TEXT(key), TEXT(AT),
                                 &platform, &err));
  json = assessed(version, content, evidence);
  event(platform, json.at, json.len);
  json.len = 0;
  put_text(&json, "{\"event\":\"entry_listed\",\"entry\":");
  put(&json, bytes_of(entry).at, bytes_of(entry).len);
  put_text(&json, "}");
  event(platform, json.at, json.len);
  json.len = 0;
  put_text(&json, "{\"event\":\"dataset_opened\",\"dataset\":\"xa-resident\",\"content\":\"");
  put(&json, bytes_of(content).at, bytes_of(content).len);
  put_text(&json, "\"}");
  event(platform, json.at, json.len);
  event(platform, TEXT(APPLICATION));
  review(platform, "opening_body");
  review(platform, "authority");
  EXPECT(KF_ERR_PROCESS, kf_platform_event(platform, TEXT(APPLICATION), TEXT(AT), &text, &err)); /* filed twice */

  /* 8: decide, each recorded before the answer */
  text = admit(platform, "api", USER);
  CHECK(has(text, "\"permit\":true") && has(text, "\"application\":\"app-1\""));
  index = (uint64_t)integer(json_get(bytes_of(text), "index"));
  drop(&text);
  EXPECT(KF_OK, kf_platform_complete(platform, index, TEXT("{\"served\":true,\"rows\":100,\"bytes\":4096}"), TEXT(AT),
                                     &text, &err));
  drop(&text);
  text = admit(platform, "download", USER);
  CHECK(has(text, "\"permit\":false") && has(text, "conditional_no_download") && has(text, "\"cite\":\"A22.2\""));
  drop(&text);
  text = admit(platform, "api", STRANGER);
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
                                  &text, &err));
  CHECK(has(text, "\"clean\":true") && has(text, "\"permits\":1") && has(text, "\"decisions\":3"));
  drop(&text);
  EXPECT(KF_OK, kf_platform_open(TEXT(directory), NULL, 0, &platform, &err));
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
  drop(&entry);
  drop(&public_key);
  drop(&pin);
  free(json.at);
  CHECK(kf_policy_free(policy) == KF_OK && kf_plan_free(plan) == KF_OK && kf_keyring_free(keys) == KF_OK);
  CHECK(producers_alive == 0 && batches_alive == 0);
  return finish("path");
}
