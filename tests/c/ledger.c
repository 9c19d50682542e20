/*
 * The life of a ledger through C, in both profiles: records one by one, by lines and by many threads, heads, proofs,
 * blobs, another key, export, two stories of one key.
 *
 * usage: ledger FOLDER
 */
#include "ledger.h"

#define FIRST "{\"n\":0}"
#define FIRST_BASE64 "eyJuIjowfQ=="
enum { THREADS = 4, EACH = 25, LONGEST = 65535 };

typedef struct {
  /* The profile, its key files, one of the other kind, and how its digests begin. */
  const char *profile, *key, *next_key, *foreign_key, *hash;
} profile;

static const profile PROFILES[] = {
    {"intl", "ed25519.pem", "ed25519-next.pem", "sm2.pem", "sha256:"},
    {"gm", "sm2.pem", "sm2-next.pem", "ed25519.pem", "sm3:"},
};

/* The signed note of a new head. */
static buffer head(kf_ledger *ledger) {
  buffer note = {NULL, 0, 0};
  kf_text *checkpoint = NULL;
  EXPECT(KF_OK, kf_ledger_checkpoint(ledger, &checkpoint, &err));
  json_unescape(json_text(json_get(bytes_of(checkpoint), "note")), &note);
  drop(&checkpoint);
  return note;
}

static void proof_holds(const char *proof, size_t len) {
  kf_text *valid = NULL;
  EXPECT(KF_OK, kf_ledger_verify_proof(proof, len, &valid, &err));
  CHECK(is(valid, "{\"valid\":true}"));
  drop(&valid);
}

/* The receipt of a record and what it is of, as the document that anybody checks. */
static buffer receipt_document(kf_ledger *ledger, uint64_t index, const char *base64, const kf_text *public_key) {
  buffer out = {NULL, 0, 0};
  kf_text *receipt = NULL;
  EXPECT(KF_OK, kf_ledger_receipt(ledger, index, &receipt, &err));
  put_text(&out, "{\"v\":1,\"op\":\"receipt\",\"record_base64\":\"");
  put_text(&out, base64);
  put_text(&out, "\",\"receipt\":");
  put(&out, OF(receipt));
  put_text(&out, ",\"public_key\":\"");
  put(&out, OF(public_key));
  put_text(&out, "\"}");
  drop(&receipt);
  return out;
}

static void records(kf_ledger *ledger) {
  static char longest[LONGEST + 2];
  kf_text *record = NULL;
  uint64_t index = 7;
  memset(longest, 'a', sizeof longest);
  longest[0] = longest[LONGEST - 1] = '"';
  CHECK(append(ledger, FIRST) == 0);
  EXPECT(KF_OK, kf_ledger_append_lines(ledger, TEXT("{\"n\":1}\n{\"n\":2}\n"), &index, &err));
  CHECK(index == 1);
  EXPECT(KF_OK, kf_ledger_append_lines(ledger, TEXT("{\"n\":3}\n{\"n\":4}"), &index, &err));
  CHECK(index == 3);
  EXPECT(KF_OK, kf_ledger_append_lines(ledger, TEXT(""), &index, &err));
  CHECK(index == 5 && size_of(ledger) == 5);
  EXPECT(KF_OK, kf_ledger_append(ledger, longest, LONGEST, &index, &err));
  CHECK(index == 5);
  EXPECT(KF_OK, kf_ledger_read(ledger, 2, &record, &err));
  CHECK(is(record, "{\"n\":2}"));
  drop(&record);
  EXPECT(KF_OK, kf_ledger_read(ledger, 5, &record, &err));
  CHECK(bytes_of(record).len == LONGEST && memcmp(bytes_of(record).at, longest, LONGEST) == 0);
  drop(&record);

  /* What is refused writes nothing, and the index is left alone. */
  index = 7;
  longest[LONGEST - 1] = 'a';
  longest[LONGEST] = '"';
  FAILS("KF-LEDGER-07", kf_ledger_append(ledger, longest, LONGEST + 1, &index, &err));
  FAILS("KF-LEDGER-08", kf_ledger_append(ledger, TEXT("{ }"), &index, &err));
  FAILS("KF-LEDGER-08", kf_ledger_append(ledger, TEXT(""), &index, &err));
  FAILS("KF-LEDGER-08", kf_ledger_append(ledger, TEXT("{\"b\":1,\"a\":2}"), &index, &err));
  FAILS("KF-LEDGER-08", kf_ledger_append(ledger, NOT_UTF8, &index, &err));
  FAILS("KF-LEDGER-08", kf_ledger_append_lines(ledger, TEXT("1\n\n2"), &index, &err));
  FAILS("KF-LEDGER-08", kf_ledger_append_lines(ledger, TEXT("1\n2\n{ }\n"), &index, &err));
  FAILS("KF-LEDGER-20", kf_ledger_append(ledger, TEXT("{\"kind\":\"ledger_key\",\"v\":1}"), &index, &err));
  FAILS("KF-LEDGER-11", kf_ledger_read(ledger, 6, &record, &err));
  FAILS("KF-LEDGER-11", kf_ledger_read(ledger, UINT64_MAX, &record, &err));
  CHECK(index == 7 && record == NULL && size_of(ledger) == 6);
}

typedef struct {
  kf_ledger *ledger;
  int number, failed;
  uint64_t index[EACH];
} appender;

static void *append_many(void *user) {
  appender *mine = (appender *)user;
  char record[64];
  int i;
  for (i = 0; i < EACH; i++) {
    snprintf(record, sizeof record, "{\"number\":%d,\"thread\":%d}", i, mine->number);
    if (kf_ledger_append(mine->ledger, TEXT(record), &mine->index[i], NULL) != KF_OK) mine->failed++;
  }
  return NULL;
}

static void threads(kf_ledger *ledger) {
  pthread_t running[THREADS];
  appender each[THREADS];
  uint64_t before = size_of(ledger);
  char expected[64];
  kf_text *record = NULL;
  int n, i;
  for (n = 0; n < THREADS; n++) {
    each[n].ledger = ledger;
    each[n].number = n;
    each[n].failed = 0;
    CHECK(pthread_create(&running[n], NULL, append_many, &each[n]) == 0);
  }
  for (n = 0; n < THREADS; n++) CHECK(pthread_join(running[n], NULL) == 0);
  CHECK(size_of(ledger) == before + THREADS * EACH);
  for (n = 0; n < THREADS; n++) {
    CHECK(each[n].failed == 0);
    for (i = 0; i < EACH; i++) {
      snprintf(expected, sizeof expected, "{\"number\":%d,\"thread\":%d}", i, n);
      EXPECT(KF_OK, kf_ledger_read(ledger, each[n].index[i], &record, &err));
      CHECK(is(record, expected));
      drop(&record);
    }
  }
}

static void proofs(kf_ledger *ledger, const kf_text *public_key, const profile *p) {
  kf_text *proof = NULL, *state = NULL;
  uint64_t size = size_of(ledger);
  buffer note, document;
  FAILS("KF-LEDGER-12", kf_ledger_receipt(ledger, 0, &proof, &err));
  note = head(ledger);
  CHECK(note.len && strncmp(note.at, ORIGIN "\n", strlen(ORIGIN) + 1) == 0);
  EXPECT(KF_OK, kf_ledger_state(ledger, &state, &err));
  CHECK(has(state, "\"origin\":\"" ORIGIN "\"") && member(state, "size") == size);
  CHECK(slice_is(json_text(json_get(bytes_of(state), "profile")), p->profile));
  CHECK(strncmp(json_text(json_get(bytes_of(state), "root")).at, p->hash, strlen(p->hash)) == 0);
  drop(&state);

  document = receipt_document(ledger, 0, FIRST_BASE64, public_key);
  proof_holds(IN(document));
  free(document.at);
  document = receipt_document(ledger, 1, FIRST_BASE64, public_key);
  FAILS("KF-INTEGRITY-23", kf_ledger_verify_proof(IN(document), &proof, &err));
  free(document.at);

  EXPECT(KF_OK, kf_ledger_consistency(ledger, 3, size, &proof, &err));
  proof_holds(OF(proof));
  drop(&proof);
  FAILS("KF-LEDGER-13", kf_ledger_consistency(ledger, size, 3, &proof, &err));
  FAILS("KF-LEDGER-13", kf_ledger_consistency(ledger, 3, size + 1, &proof, &err));

  /* An interval without records. */
  EXPECT(KF_OK, kf_ledger_seal(ledger, TEXT(AT), &state, &err));
  CHECK(member(state, "size") == size + 1);
  drop(&state);
  EXPECT(KF_OK, kf_ledger_read(ledger, size, &state, &err));
  CHECK(has(state, "\"ledger_seal\"") && has(state, AT));
  drop(&state);
  EXPECT(KF_ERR_ARGUMENT, kf_ledger_seal(ledger, TEXT("yesterday"), &state, &err));
  free(note.at);
}

/* Beside the writer others read, and nobody writes. */
static void readers(const char *directory, kf_ledger *writer, const kf_signer *signer) {
  kf_ledger *reader = open_in(directory, NULL), *second = NULL;
  kf_text *text = NULL;
  uint64_t index = 0;
  CHECK(size_of(reader) == size_of(writer));
  EXPECT(KF_OK, kf_ledger_read(reader, 0, &text, &err));
  CHECK(is(text, FIRST));
  drop(&text);
  FAILS("KF-LEDGER-05", kf_ledger_append(reader, TEXT("1"), &index, &err));
  FAILS("KF-LEDGER-05", kf_ledger_append_last(reader, TEXT("1"), &index, &err));
  FAILS("KF-LEDGER-05", kf_ledger_checkpoint(reader, &text, &err));
  FAILS("KF-LEDGER-05", kf_ledger_change_key(reader, signer, &index, &err));
  FAILS("KF-LEDGER-05", kf_ledger_put_blob(reader, CONSENT, &text, &err));
  FAILS("KF-LEDGER-04", kf_ledger_open(TEXT(directory), signer, &second, &err));
  CHECK(second == NULL && kf_ledger_free(reader) == KF_OK);
}

static void blobs(kf_ledger *ledger, const profile *p) {
  kf_text *digest = NULL, *content = NULL;
  buffer record = {NULL, 0, 0};
  uint64_t index = 7, before = size_of(ledger);
  EXPECT(KF_OK, kf_ledger_put_blob(ledger, CONSENT, &digest, &err));
  CHECK(strncmp(bytes_of(digest).at, p->hash, strlen(p->hash)) == 0);
  put_text(&record, "{\"blobs\":[\"");
  put(&record, OF(digest));
  put_text(&record, "\"]}");
  EXPECT(KF_OK, kf_ledger_append(ledger, IN(record), &index, &err));
  EXPECT(KF_OK, kf_ledger_read_blob(ledger, OF(digest), 19, &content, &err));
  CHECK(is(content, "a letter of consent"));
  drop(&content);
  FAILS("KF-LEDGER-23", kf_ledger_read_blob(ledger, OF(digest), 18, &content, &err));
  EXPECT(KF_OK, kf_ledger_erase_blob(ledger, OF(digest), &err));
  FAILS("KF-LEDGER-22", kf_ledger_erase_blob(ledger, OF(digest), &err));
  FAILS("KF-LEDGER-22", kf_ledger_read_blob(ledger, OF(digest), 19, &content, &err));
  FAILS("KF-LEDGER-22", kf_ledger_append(ledger, IN(record), &index, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_ledger_read_blob(ledger, TEXT("../../etc/passwd"), 19, &content, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_ledger_erase_blob(ledger, TEXT("sha256:00"), &err));
  drop(&digest);
  EXPECT(KF_OK, kf_ledger_put_blob(ledger, (const uint8_t *)"", 0, &digest, &err));
  EXPECT(KF_OK, kf_ledger_read_blob(ledger, OF(digest), 0, &content, &err));
  CHECK(is(content, "") && size_of(ledger) == before + 1);
  drop(&content);
  drop(&digest);
  free(record.at);
  EXPECT(KF_OK, kf_ledger_append_last(ledger, TEXT("{\"kind\":\"full\"}"), &index, &err));
  CHECK(index == before + 1);
}

static int32_t count(void *user, const char *stage, size_t stage_len, uint64_t done, uint64_t total,
                     uint64_t bytes) {
  (void)bytes;
  CHECK(stage_len == 6 && strcmp(stage, "export") == 0 && done <= total);
  ++*(int *)user;
  return KF_CONTINUE;
}

static int32_t stop(void *user, const char *stage, size_t stage_len, uint64_t done, uint64_t total,
                    uint64_t bytes) {
  (void)stage, (void)stage_len, (void)done, (void)total, (void)bytes;
  ++*(int *)user;
  return 0;
}

static void exports(kf_ledger *ledger, const profile *p) {
  char path[64], magic[5] = {0};
  kf_text *exported = NULL;
  FILE *file;
  int calls = 0;
  snprintf(path, sizeof path, "%s.parquet", p->profile);
  EXPECT(KF_ERR_CANCELLED, kf_ledger_export(ledger, TEXT(path), stop, &calls, &exported, &err));
  CHECK(calls == 1 && access(path, F_OK) != 0);
  EXPECT(KF_OK, kf_ledger_export(ledger, TEXT(path), count, &calls, &exported, &err));
  CHECK(calls > 1 && member(exported, "rows") == size_of(ledger));
  file = fopen(path, "rb");
  CHECK(file && fread(magic, 1, 4, file) == 4 && strcmp(magic, "PAR1") == 0);
  if (file) {
    CHECK(fseek(file, 0, SEEK_END) == 0 && (uint64_t)ftell(file) == member(exported, "bytes"));
    CHECK(fclose(file) == 0);
  }
  drop(&exported);
  EXPECT(KF_OK, kf_ledger_export(ledger, TEXT(path), NULL, NULL, &exported, &err));
  drop(&exported);
  EXPECT(KF_ERR_TABLE, kf_ledger_export(ledger, TEXT("/nowhere/at/all.parquet"), NULL, NULL, &exported, &err));
}

/* A ledger of one record under the same name and key: another story. */
static buffer another_story(const char *directory, const kf_signer *signer, const profile *p, const char *record) {
  kf_ledger *ledger = NULL;
  buffer note;
  EXPECT(KF_OK, kf_ledger_create(TEXT(directory), TEXT(p->profile), TEXT(ORIGIN), signer, &ledger, &err));
  append(ledger, record);
  note = head(ledger);
  CHECK(kf_ledger_free(ledger) == KF_OK);
  return note;
}

static void equivocation(const kf_signer *signer, const kf_text *public_key, const profile *p) {
  char path[64];
  buffer a, b;
  kf_text *proof = NULL;
  snprintf(path, sizeof path, "%s-one", p->profile);
  a = another_story(path, signer, p, "1");
  snprintf(path, sizeof path, "%s-two", p->profile);
  b = another_story(path, signer, p, "2");
  EXPECT(KF_OK, kf_ledger_prove_equivocation(IN(a), IN(b), OF(public_key), &proof, &err));
  proof_holds(OF(proof));
  drop(&proof);
  FAILS("KF-INTEGRITY-31", kf_ledger_prove_equivocation(IN(a), IN(a), OF(public_key), &proof, &err));
  FAILS("KF-INTEGRITY-18", kf_ledger_prove_equivocation(TEXT(""), IN(a), OF(public_key), &proof, &err));
  EXPECT(KF_ERR_KEYRING, kf_ledger_prove_equivocation(IN(a), IN(b), TEXT("no key"), &proof, &err));
  free(a.at);
  free(b.at);
}

/* Another key signs from now on; who trusts either verifies the whole. */
static kf_ledger *another_key(const char *directory, kf_ledger *ledger, const kf_signer *signer, const profile *p) {
  kf_signer *next = load(p->next_key), *foreign = load(p->foreign_key);
  uint64_t index = 0, before = size_of(ledger);
  kf_text *text = NULL;
  kf_ledger *refused = NULL;
  FAILS("KF-LEDGER-18", kf_ledger_change_key(ledger, foreign, &index, &err));
  FAILS("KF-LEDGER-19", kf_ledger_change_key(ledger, signer, &index, &err));
  EXPECT(KF_OK, kf_ledger_change_key(ledger, next, &index, &err));
  CHECK(index == before);
  EXPECT(KF_OK, kf_ledger_read(ledger, index, &text, &err));
  CHECK(has(text, "\"kind\":\"ledger_key\""));
  drop(&text);
  EXPECT(KF_OK, kf_ledger_state(ledger, &text, &err));
  CHECK(has(text, "\"earlier_keys\":["));
  drop(&text);
  FAILS("KF-LEDGER-19", kf_ledger_change_key(ledger, signer, &index, &err));

  /* Freed, the directory is another writer's, and only with the new key. */
  CHECK(kf_ledger_free(ledger) == KF_OK && kf_ledger_free(ledger) == KF_ERR_HANDLE);
  FAILS("KF-LEDGER-10", kf_ledger_open(TEXT(directory), signer, &refused, &err));
  ledger = open_in(directory, next);
  CHECK(refused == NULL && append(ledger, "{\"after\":true}") == before + 1);
  CHECK(kf_signer_free(next) == KF_OK && kf_signer_free(foreign) == KF_OK);
  return ledger;
}

/* The handle goes away under threads that append: what was answered with an index is there, the rest is refused. */
static void *append_until_closed(void *user) {
  appender *mine = (appender *)user;
  uint64_t index;
  kf_status status;
  while ((status = kf_ledger_append(mine->ledger, TEXT("{\"late\":true}"), &index, NULL)) == KF_OK) {
    mine->index[0]++;
  }
  mine->failed = status;
  return NULL;
}

static void freed_while_appending(const char *directory, const kf_signer *signer) {
  pthread_t running[THREADS];
  appender each[THREADS];
  kf_ledger *ledger = open_in(directory, signer);
  uint64_t before = size_of(ledger), now = before;
  int n;
  for (n = 0; n < THREADS; n++) {
    each[n].ledger = ledger;
    each[n].index[0] = 0;
    CHECK(pthread_create(&running[n], NULL, append_until_closed, &each[n]) == 0);
  }
  while (now < before + 10) now = size_of(ledger);
  CHECK(kf_ledger_free(ledger) == KF_OK);
  for (n = 0; n < THREADS; n++) {
    CHECK(pthread_join(running[n], NULL) == 0 && each[n].failed == KF_ERR_HANDLE);
    before += each[n].index[0];
  }
  ledger = open_in(directory, signer);
  CHECK(size_of(ledger) == before);
  CHECK(kf_ledger_free(ledger) == KF_OK);
}

static void life(const profile *p) {
  const char *directory = p->profile;
  kf_signer *signer = load(p->key), *next = load(p->next_key), *foreign = load(p->foreign_key);
  kf_ledger *ledger = NULL, *second = NULL;
  kf_text *public_key = NULL, *next_key = NULL, *text = NULL;
  buffer pin;
  EXPECT(KF_OK, kf_signer_public_key(signer, &public_key, &err));
  EXPECT(KF_OK, kf_signer_public_key(next, &next_key, &err));
  FAILS("KF-LEDGER-18", kf_ledger_create(TEXT("no"), TEXT(p->profile), TEXT(ORIGIN), foreign, &ledger, &err));
  FAILS("KF-LEDGER-09", kf_ledger_create(TEXT("no"), TEXT(p->profile), TEXT("a b"), signer, &ledger, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_ledger_create(TEXT("no"), TEXT("dual"), TEXT(ORIGIN), signer, &ledger, &err));
  FAILS("KF-LEDGER-03", kf_ledger_open(TEXT("no"), signer, &ledger, &err));
  CHECK(ledger == NULL && access("no", F_OK) != 0);
  EXPECT(KF_OK, kf_ledger_create(TEXT(directory), TEXT(p->profile), TEXT(ORIGIN), signer, &ledger, &err));
  FAILS("KF-LEDGER-02", kf_ledger_create(TEXT(directory), TEXT(p->profile), TEXT(ORIGIN), signer, &second, &err));

  records(ledger);
  threads(ledger);
  proofs(ledger, public_key, p);
  pin = head(ledger);
  readers(directory, ledger, signer);
  blobs(ledger, p);
  exports(ledger, p);
  equivocation(signer, public_key, p);
  ledger = another_key(directory, ledger, signer, p);
  EXPECT(KF_OK, kf_ledger_checkpoint(ledger, &text, &err));
  drop(&text);
  CHECK(kf_ledger_free(ledger) == KF_OK);
  freed_while_appending(directory, next);

  EXPECT(KF_OK, kf_ledger_verify(TEXT(directory), OF(next_key), NULL, 0, &text, &err));
  CHECK(has(text, "\"own_key\":false") && member(text, "blobs_gone") == 1 && member(text, "blobs") == 1);
  CHECK(member(text, "signed_size") < member(text, "size"));
  drop(&text);
  EXPECT(KF_OK, kf_ledger_verify(TEXT(directory), OF(public_key), IN(pin), &text, &err));
  CHECK(has(text, "\"own_key\":false") && member(text, "pinned_size") < member(text, "signed_size"));
  drop(&text);
  EXPECT(KF_ERR_NULL, kf_ledger_verify(TEXT(directory), NULL, 0, IN(pin), &text, &err));
  /* A head of this log is none of the other story's. */
  FAILS("KF-INTEGRITY-14", kf_ledger_verify(TEXT(strcmp(directory, "gm") ? "intl-one" : "gm-one"), OF(public_key),
                                            IN(pin), &text, &err));
  free(pin.at);
  drop(&public_key);
  drop(&next_key);
  CHECK(kf_signer_free(signer) == KF_OK && kf_signer_free(next) == KF_OK && kf_signer_free(foreign) == KF_OK);
}

int main(int argc, char **argv) {
  kf_text *text = NULL;
  size_t i;
  if (argc != 2 || chdir(argv[1]) != 0) {
    printf("usage: ledger FOLDER\n");
    return 2;
  }
  CHECK(write_key("ed25519.pem", ED25519_PEM, 0600) && write_key("sm2.pem", SM2_PEM, 0600));
  EXPECT(KF_OK, kf_signing_key_create(TEXT("ed25519-next.pem"), &text, &err));
  drop(&text);
  EXPECT(KF_OK, kf_sm2_key_create(TEXT("sm2-next.pem"), TEXT("西安市示例局"), &text, &err));
  CHECK(has(text, ":西安市示例局"));
  drop(&text);
  for (i = 0; i < sizeof PROFILES / sizeof *PROFILES; i++) life(&PROFILES[i]);
  return finish("ledger");
}
