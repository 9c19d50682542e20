/*
 * The documents of a treatment through C: a plan as it is written down, whatever it was read from; and the proof of a
 * treatment as a record of a ledger, short enough for one or as a blob, found again and held against the table. The table
 * may be a sheet of a workbook.
 *
 * usage: treatment FOLDER
 */
#include "ledger.h"
#include "producer.h"

/* A table of one column, or of so many that their proof is longer than a record. */
enum { MOST = 300, LONGEST = 65535 };
static char names[MOST][16];
static const char *columns[MOST], *cells[MOST];

static kf_table *table(size_t count, const char *cell) {
  struct ArrowArrayStream stream;
  kf_table *t = NULL;
  size_t i;
  for (i = 0; i < count; i++) {
    snprintf(names[i], sizeof names[i], "c%03d", (int)i);
    columns[i] = names[i];
    cells[i] = cell;
  }
  stream = produce(columns, count, cells, 1, 1);
  EXPECT(KF_OK, kf_table_from_stream(&stream, &t, &err));
  return t;
}

/* What the document of this plan is, and that it is the same plan. */
static void written(kf_plan *plan, const char *document) {
  kf_plan *again = NULL;
  kf_text *text = NULL, *hash = NULL, *other = NULL;
  EXPECT(KF_OK, kf_plan_document(plan, &text, &err));
  CHECK(is(text, document));
  if (!is(text, document)) printf("%.*s\n", (int)bytes_of(text).len, bytes_of(text).at);
  EXPECT(KF_OK, kf_plan_parse_json(OF(text), &again, &err));
  EXPECT(KF_OK, kf_plan_hash(plan, &hash, &err));
  EXPECT(KF_OK, kf_digest((const uint8_t *)bytes_of(text).at, bytes_of(text).len, &other, &err));
  CHECK(slice_is(bytes_of(hash), bytes_of(other).at)); /* the hash of a plan is that of its document */
  drop(&other);
  EXPECT(KF_OK, kf_plan_hash(again, &other, &err));
  CHECK(slice_is(bytes_of(hash), bytes_of(other).at));
  drop(&other);
  EXPECT(KF_OK, kf_plan_document(again, &other, &err));
  CHECK(slice_is(bytes_of(other), bytes_of(text).at));
  drop(&text);
  drop(&hash);
  drop(&other);
  CHECK(kf_plan_free(again) == KF_OK && kf_plan_free(plan) == KF_OK);
}

static void plans(void) {
  kf_plan *plan = NULL;
  EXPECT(KF_OK, kf_plan_parse_toml(TEXT("dataset = \"d\"\nv = 1\n[columns]\nb = { do = \"keep\" }\na = { do = \"drop\" }\n"),
                                   &plan, &err));
  written(plan, "{\"columns\":{\"a\":{\"do\":\"drop\"},\"b\":{\"do\":\"keep\"}},\"dataset\":\"d\","
                "\"on_invalid\":{\"default\":\"redact\"},\"v\":1}");
  /* From JSON in any order and spacing, with Chinese names, settings, rules about rows and another default. */
  EXPECT(KF_OK, kf_plan_parse_json(
                    TEXT("{ \"v\": 1, \"on_invalid\": {\"default\": \"error\"}, \"dataset\": \"人口\",\n"
                         "  \"rows\": [{\"column\": \"\\u59d3\\u540d\", \"do\": \"suppress\", \"below\": 18}],\n"
                         "  \"columns\": {\"姓名\": {\"kind\": \"person_name\", \"do\": \"mask\"},"
                         " \"病\": {\"level\": 1, \"do\": \"generalize\", \"hierarchy\": {\"哮喘\": [\"呼吸系统疾病\"]}}} }"),
                    &plan, &err));
  written(plan, "{\"columns\":{\"姓名\":{\"do\":\"mask\",\"kind\":\"person_name\"},"
                "\"病\":{\"do\":\"generalize\",\"hierarchy\":{\"哮喘\":[\"呼吸系统疾病\"]},\"level\":1}},"
                "\"dataset\":\"人口\",\"on_invalid\":{\"default\":\"error\"},"
                "\"rows\":[{\"below\":18,\"column\":\"姓名\",\"do\":\"suppress\"}],\"v\":1}");
}

/* Treats a table of so many columns; the proof. */
static kf_text *treated(size_t count, const char *path) {
  buffer json = {NULL, 0, 0};
  kf_plan *plan = NULL;
  kf_text *applied = NULL;
  char column[64];
  size_t i;
  put_text(&json, "{\"v\":1,\"dataset\":\"d\",\"columns\":{");
  for (i = 0; i < count; i++) {
    snprintf(column, sizeof column, "%s\"c%03d\":{\"do\":\"redact\"}", i ? "," : "", (int)i);
    put_text(&json, column);
  }
  put_text(&json, "}}");
  EXPECT(KF_OK, kf_plan_parse_json(IN(json), &plan, &err));
  EXPECT(KF_OK, kf_plan_apply_file(plan, table(count, "secret"), NULL, TEXT(path), NULL, NULL, &applied, &err));
  CHECK(kf_plan_free(plan) == KF_OK);
  free(json.at);
  return applied;
}

/* Whether a proof is that of the file, and of no other table. */
static void proves(slice applied, size_t count, const char *path) {
  kf_table *t = NULL;
  EXPECT(KF_OK, kf_table_open(TEXT(path), &t, &err));
  EXPECT(KF_OK, kf_applied_verify(applied.at, applied.len, t, NULL, NULL, &err));
  FAILS("KF-PLAN-17", kf_applied_verify(applied.at, applied.len, table(count, "secret"), NULL, NULL, &err));
}

/* The sheet of a workbook by its name, no other, and none of a table without sheets. */
static void sheets(const char *folder) {
  char book[4096], csv[4096];
  kf_text *applied = NULL;
  kf_table *t = NULL;
  snprintf(book, sizeof book, "%s/book.xlsx", folder);
  snprintf(csv, sizeof csv, "%s/book.csv", folder);
  applied = treated(1, book);
  EXPECT(KF_OK, kf_table_open_sheet(TEXT(book), TEXT("Sheet1"), &t, &err));
  EXPECT(KF_OK, kf_applied_verify(OF(applied), t, NULL, NULL, &err));
  drop(&applied);
  applied = treated(1, csv);
  drop(&applied);
  t = NULL;
  FAILS("KF-TABLE-27", kf_table_open_sheet(TEXT(book), TEXT("人口"), &t, &err));
  FAILS("KF-TABLE-23", kf_table_open_sheet(TEXT(csv), TEXT("Sheet1"), &t, &err));
  CHECK(t == NULL);
}

static void recorded(const char *folder) {
  char key[4096], directory[4096], path[4096];
  kf_signer *signer = NULL;
  kf_ledger *ledger = NULL;
  kf_text *applied = NULL, *record = NULL, *blob = NULL, *text = NULL;
  buffer json = {NULL, 0, 0};
  slice body;
  uint64_t index;
  snprintf(key, sizeof key, "%s/key.pem", folder);
  snprintf(directory, sizeof directory, "%s/log", folder);
  snprintf(path, sizeof path, "%s/out.csv", folder);
  CHECK(write_key(key, ED25519_PEM, 0600));
  signer = load(key);
  EXPECT(KF_OK, kf_ledger_create(TEXT(directory), TEXT("intl"), TEXT(ORIGIN), signer, &ledger, &err));

  /* In the record: kf_text of a proof is canonical, and so is what is put around it. */
  applied = treated(1, path);
  put_text(&json, "{\"at\":\"" AT "\",\"body\":{\"applied\":");
  put(&json, OF(applied));
  put_text(&json, ",\"kind\":\"applied\"},\"v\":1}");
  EXPECT(KF_OK, kf_ledger_append(ledger, IN(json), &index, &err));
  EXPECT(KF_OK, kf_ledger_checkpoint(ledger, &text, &err));
  drop(&text);
  EXPECT(KF_OK, kf_ledger_read(ledger, index, &record, &err));
  body = json_get(bytes_of(record), "body");
  CHECK(slice_is(json_get(body, "kind"), "\"applied\""));
  proves(json_get(body, "applied"), 1, path);
  drop(&record);
  drop(&applied);

  /* Longer than a record: a blob, which the record names. */
  applied = treated(MOST, path);
  CHECK(bytes_of(applied).len > LONGEST);
  EXPECT(KF_OK, kf_ledger_put_blob(ledger, (const uint8_t *)bytes_of(applied).at, bytes_of(applied).len, &blob, &err));
  json.len = 0;
  put_text(&json, "{\"at\":\"" AT "\",\"blobs\":[\"");
  put(&json, OF(blob));
  put_text(&json, "\"],\"body\":{\"kind\":\"applied\"},\"v\":1}");
  EXPECT(KF_OK, kf_ledger_append(ledger, IN(json), &index, &err));
  CHECK(index == 1);
  drop(&applied);
  EXPECT(KF_OK, kf_ledger_read_blob(ledger, OF(blob), 1 << 20, &applied, &err));
  proves(bytes_of(applied), MOST, path);
  drop(&applied);
  drop(&blob);
  free(json.at);
  CHECK(kf_ledger_free(ledger) == KF_OK && kf_signer_free(signer) == KF_OK);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    printf("usage: treatment FOLDER\n");
    return 2;
  }
  plans();
  recorded(argv[1]);
  sheets(argv[1]);
  CHECK(producers_alive == 0 && batches_alive == 0);
  return finish("treatment");
}
