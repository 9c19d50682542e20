/*
 * A platform's small life: parties on file, a dataset assessed and opened, an application reviewed by both, uses admitted
 * and reported, an audit and its bundle, a person erased, a policy adopted with its sign-off, a reader beside the writer;
 * and many threads on one platform.
 *
 * usage: platform FOLDER
 */
#include "platform.h"

#include <signal.h>
#include <sys/resource.h>

#define RULES                                                                                                     \
  "\"event\":\"rules_published\",\"rules\":{\"v\":1,\"risk_report_months\":6,\"use_report_days\":10,\"preview_rows\":5}"
#define OPENED "\"event\":\"dataset_opened\",\"dataset\":\"" DATASET "\",\"content\":\"" EVIDENCE "\""
/* Chinese, and a character beyond the first plane. */
#define PERSON "王小明 \xf0\xa0\xae\xb7 (窗口 3)"
#define PLATFORM_BY "{\"role\":\"platform\",\"id\":\"platform\"}"
#define AUTHORITY_BY "{\"role\":\"authority\",\"id\":\"" AUTHORITY "\"}"

static uint64_t records(const kf_platform *platform) {
  uint64_t index = UINT64_MAX;
  EXPECT(KF_OK, kf_platform_state_index(platform, &index, &err));
  return index;
}

static slice line_of(slice text, int line) {
  const char *end = text.at + text.len;
  while (line-- > 0) {
    while (text.at < end && *text.at != '\n') text.at++;
    if (text.at < end) text.at++;
  }
  text.len = 0;
  while (text.at + text.len < end && text.at[text.len] != '\n') text.len++;
  return text;
}

/* A3, A15, A19: who is on file, and how a dataset gets into the catalog. Returns the commitment to a person. */
static kf_text *opening(kf_platform *platform) {
  kf_text *kept = NULL, *commitment = NULL, *recorded = NULL;
  buffer event;
  act(platform, "authority", AUTHORITY, RULES);
  act(platform, "platform", "platform",
      "\"event\":\"body_registered\",\"body\":\"" BODY "\",\"kind\":\"administrative_agency\"");
  act(platform, "platform", "platform", "\"event\":\"user_registered\",\"user\":\"" USER "\",\"kind\":\"legal_person\"");
  REFUSED("KF-PROCESS-26", platform, "platform", "platform",
          "\"event\":\"user_registered\",\"user\":\"wang\",\"kind\":\"natural_person\"");
  EXPECT(KF_OK, kf_platform_register_person(platform, TEXT(PLATFORM_BY), TEXT(PERSON), TEXT(AT), &commitment, &recorded,
                                            &err));
  CHECK(strncmp(bytes_of(commitment).at, "sha256:", 7) == 0 && bytes_of(commitment).len == 71);
  CHECK(member(recorded, "index") == records(platform) - 1);
  drop(&recorded);

  /* A19.1: on evidence that is kept beside the log; A9.3: by the leader's decision; each by whom it is for. */
  EXPECT(KF_OK, kf_platform_put_blob(platform, CONSENT, &kept, &err));
  event = assessment(DATASET, slice_of(EVIDENCE), bytes_of(kept), "conditional", facts(1, "deidentified"));
  put_text(&event, ",\"evidence\":[\"");
  put(&event, OF(kept));
  put_text(&event, "\"],\"blobs\":[\"");
  put(&event, OF(kept));
  put_text(&event, "\"]");
  REFUSED("KF-PROCESS-22", platform, "authority", AUTHORITY, event.at);
  act(platform, "opening_body", BODY, event.at);
  free(event.at);
  event = assessment(DATASET, slice_of(EVIDENCE), slice_of(EVIDENCE), "unconditional", facts(1, "deidentified"));
  REFUSED("KF-PROCESS-04", platform, "opening_body", BODY, event.at);
  free(event.at);
  REFUSED("KF-PROCESS-02", platform, "opening_body", BODY,
          "\"event\":\"dataset_opened\",\"dataset\":\"" FIGURES "\",\"content\":\"" EVIDENCE "\"");
  list(platform, DATASET, "api");
  REFUSED("KF-PROCESS-23", platform, "opening_body", "another-body", OPENED);
  act(platform, "opening_body", BODY, OPENED);
  REFUSED("KF-PROCESS-01", platform, "opening_body", BODY, OPENED);
  drop(&kept);
  return commitment;
}

/* A26, A8, A16: applied for, reviewed by both, used, reported. */
static void use(kf_platform *platform) {
  buffer request = request_of(DATASET, "api", USER, 100);
  kf_text *text = NULL, *recorded = NULL;
  char report[256];
  uint64_t intent;
  act(platform, "data_user", USER, APPLICATION);
  act(platform, "opening_body", BODY, APPROVED);
  EXPECT(KF_OK, kf_platform_decide(platform, IN(request), TEXT(AT), &text, &err));
  CHECK(denied(bytes_of(text), "application_not_approved"));
  drop(&text);
  REFUSED("KF-PROCESS-14", platform, "opening_body", BODY, APPROVED);
  act(platform, "authority", AUTHORITY, APPROVED);

  EXPECT(KF_OK, kf_platform_admit_with_receipt(platform, IN(request), TEXT(AT), &text, &err));
  CHECK(permits(text) && has(text, "\"application\":\"app-1\"") && has(text, "\"receipt\":{"));
  intent = member(text, "index");
  drop(&text);
  EXPECT(KF_OK, kf_platform_complete(platform, intent, TEXT(HUNDRED), TEXT(AT), &recorded, &err));
  CHECK(member(recorded, "index") == records(platform) - 1);
  drop(&recorded);
  FAILS("KF-PROCESS-19", kf_platform_complete(platform, intent, TEXT(HUNDRED), TEXT(AT), &recorded, &err));
  snprintf(report, sizeof report,
           "{\"user\":\"" USER "\",\"dataset\":\"" DATASET "\",\"intent\":%u,\"rows\":100,\"report\":\"" EVIDENCE "\"}",
           (unsigned)intent);
  EXPECT(KF_OK, kf_platform_report_use(platform, TEXT(report), TEXT(AT), &recorded, &err));
  drop(&recorded);

  /* A22.2: never by download. A denial of somebody who is not identified is counted, not recorded one by one. */
  text = admit(platform, DATASET, "download", USER, 1);
  CHECK(!permits(text) && has(text, "conditional_no_download"));
  drop(&text);
  intent = records(platform);
  text = admit(platform, DATASET, "api", NULL, 1);
  CHECK(!permits(text) && has(text, "not_identified") && member(text, "index") == UINT64_MAX);
  drop(&text);
  CHECK(records(platform) == intent);
  EXPECT(KF_OK, kf_platform_flush(platform, TEXT(AT), &err));
  CHECK(records(platform) == intent + 1);
  EXPECT(KF_OK, kf_platform_flush(platform, TEXT(AT), &err)); /* nothing left to count */
  CHECK(records(platform) == intent + 1);

  /* A25: the report is owed, once a half year. */
  EXPECT(KF_OK, kf_platform_duties(platform, TEXT(USER), TEXT(AT), &text, &err));
  CHECK(has(text, "\"risk_report\"") && !has(text, "\"follow_up\"") && json_valid(bytes_of(text)));
  drop(&text);
  EXPECT(KF_OK, kf_platform_duties(platform, TEXT("nobody"), TEXT(AT), &text, &err));
  CHECK(is(text, "[]"));
  drop(&text);
  free(request.at);
}

/* A16, A25, A30, A37: what the record shows. */
static void watch(kf_platform *platform) {
  kf_text *pin = NULL, *text = NULL, *bundle = NULL;
  buffer broken = {NULL, 0, 0};
  slice line;
  char *found;
  EXPECT(KF_OK, kf_platform_checkpoint(platform, &pin, &err));
  EXPECT(KF_OK, kf_platform_audit(TEXT("life"), TEXT(ED25519_PUBLIC), OF(pin), TEXT(AT), NULL, 0, &text, &err));
  CHECK(has(text, "\"clean\":true") && member(text, "permits") == 1 && member(text, "counted_denials") == 1);
  CHECK(member(text, "unreported_count") == 0 && has(text, "\"own_key\":false"));
  drop(&text);
  FAILS("KF-INTEGRITY-16", kf_platform_audit(TEXT("life"), TEXT(SM2_PUBLIC), NULL, 0, TEXT(AT), NULL, 0, &text, &err));

  EXPECT(KF_OK, kf_platform_uses(TEXT("life"), NULL, 0, &text, &err));
  line = line_of(bytes_of(text), 0);
  CHECK(json_valid(line) && slice_is(json_get(line, "permit"), "true"));
  CHECK(slice_is(json_text(json_get(json_get(line, "request"), "purpose")), "人口分布研究"));
  CHECK(slice_is(json_get(json_get(line, "outcome"), "fields"), "[\"qx\",\"xb\"]"));
  CHECK(line.len + 1 == bytes_of(text).len);
  drop(&text);
  EXPECT(KF_OK, kf_platform_uses(TEXT("life"), TEXT("{\"denials\":true,\"user\":\"" USER "\",\"from\":\"" DAY "\"}"), &text,
                                 &err));
  CHECK(line_of(bytes_of(text), 1).len && !line_of(bytes_of(text), 2).len && has(text, "\"permit\":false"));
  drop(&text);
  EXPECT(KF_OK, kf_platform_uses(TEXT("life"), TEXT("{\"until\":\"2026-11-22\"}"), &text, &err));
  CHECK(is(text, ""));
  drop(&text);
  EXPECT(KF_OK, kf_platform_usage_summary(TEXT("life"), TEXT("{\"denials\":true}"), &text, &err));
  CHECK(member(text, "calls") == 1 && member(text, "rows") == 100 && member(text, "denied") == 1);
  drop(&text);
  EXPECT(KF_OK, kf_platform_usage_summary(TEXT("life"), TEXT("{\"dataset\":\"another\"}"), &text, &err));
  CHECK(member(text, "calls") == 0);
  drop(&text);
  EXPECT(KF_OK, kf_platform_draft_risk_report(TEXT("life"), TEXT("app-1"), TEXT("2026-11-01"), TEXT("2026-11-23"), &text,
                                              &err));
  CHECK(member(text, "rows") == 100 && has(text, "\"kinds\":[\"" DATASET "\"]") && has(text, "\"risks\":[]"));
  put_text(&broken, "\"event\":\"risk_report_filed\",\"report\":");
  put(&broken, OF(text));
  REFUSED("KF-PROCESS-16", platform, "data_user", USER, broken.at); /* a draft says nothing of the risks */
  drop(&text);

  EXPECT(KF_OK, kf_platform_bundle(TEXT("life"), TEXT(DATASET), &bundle, &err));
  EXPECT(KF_OK, kf_bundle_verify(OF(bundle), TEXT(ED25519_PUBLIC), &text, &err));
  CHECK(has(text, "\"clean\":true") && member(text, "decisions") == 2 && has(text, ED25519_PUBLIC));
  drop(&text);
  EXPECT(KF_OK, kf_bundle_verify(OF(bundle), NULL, 0, &text, &err));
  drop(&text);
  EXPECT(KF_ERR_INTEGRITY, kf_bundle_verify(OF(bundle), TEXT(SM2_PUBLIC), &text, &err));
  broken.len = 0;
  put(&broken, OF(bundle));
  found = strstr(broken.at, "\"record\":\"");
  CHECK(found != NULL);
  if (found) found[14] = found[14] == 'A' ? 'B' : 'A';
  EXPECT(KF_ERR_INTEGRITY, kf_bundle_verify(IN(broken), TEXT(ED25519_PUBLIC), &text, &err));
  CHECK(text == NULL);
  drop(&bundle);
  drop(&pin);
  free(broken.at);
}

/* A40: what a policy changes is signed off by its digest, and nothing else is. */
static void upgrade(kf_platform *platform) {
  kf_policy *present = NULL, *next = NULL, *now = NULL;
  kf_text *report = NULL, *digest = NULL, *recorded = NULL, *hash = NULL, *again = NULL;
  uint64_t size = records(platform);
  EXPECT(KF_OK, kf_platform_policy(platform, &present, &err));
  EXPECT(KF_OK, kf_policy_with_interpretation(present, TEXT("deidentified_may_be_unconditional"), TEXT("yes"), &next, &err));
  EXPECT(KF_OK, kf_platform_upgrade(platform, next, TEXT(AT), &report, &digest, &err));
  CHECK(has(report, "\"dataset\":\"" DATASET "\"") && has(report, "\"goes_on\":true") && has(report, "\"witness\":{"));
  FAILS("KF-GATE-10", kf_platform_adopt(platform, next, TEXT(AUTHORITY_BY), NULL, 0, TEXT(AT), &recorded, &err));
  FAILS("KF-GATE-10", kf_platform_adopt(platform, next, TEXT(AUTHORITY_BY), TEXT(EVIDENCE), TEXT(AT), &recorded, &err));
  CHECK(recorded == NULL && records(platform) == size);
  EXPECT(KF_OK, kf_platform_adopt(platform, next, TEXT(AUTHORITY_BY), OF(digest), TEXT(AT), &recorded, &err));
  CHECK(member(recorded, "index") == size);
  EXPECT(KF_OK, kf_platform_policy(platform, &now, &err));
  EXPECT(KF_OK, kf_policy_hash(now, &hash, &err));
  EXPECT(KF_OK, kf_policy_hash(next, &again, &err));
  CHECK(slice_is(bytes_of(hash), bytes_of(again).at));
  drop(&report);
  drop(&digest);
  drop(&recorded);
  drop(&hash);
  drop(&again);
  CHECK(kf_policy_free(present) == KF_OK && kf_policy_free(next) == KF_OK && kf_policy_free(now) == KF_OK);
}

/* One writes, another reads; the state is kept, and opened again. */
static void readers(kf_platform *platform, const kf_signer *signer) {
  kf_platform *reader = NULL, *second = NULL;
  kf_text *text = NULL;
  uint64_t count = 7;
  EXPECT(KF_OK, kf_platform_open(TEXT("life"), NULL, NULL, 0, &reader, &err));
  FAILS("KF-LEDGER-04", kf_platform_open(TEXT("life"), signer, NULL, 0, &second, &err));
  EXPECT(KF_OK, kf_platform_refresh(reader, &count, &err));
  CHECK(count == 0);
  EXPECT(KF_OK, kf_platform_snapshot(platform, TEXT(AT), &text, &err));
  CHECK(member(text, "index") == records(platform) - 1);
  drop(&text);
  EXPECT(KF_OK, kf_platform_refresh(reader, &count, &err));
  CHECK(count == 1 && records(reader) == records(platform));
  EXPECT(KF_OK, kf_platform_refresh(platform, &count, &err)); /* who writes has nothing to read */
  CHECK(count == 0);
  EXPECT(KF_OK, kf_platform_public_key(reader, &text, &err));
  CHECK(is(text, ED25519_PUBLIC));
  drop(&text);
  FAILS("KF-LEDGER-05", kf_platform_put_blob(reader, CONSENT, &text, &err));
  FAILS("KF-LEDGER-05", kf_platform_checkpoint(reader, &text, &err));
  FAILS("KF-LEDGER-05", kf_platform_snapshot(reader, TEXT(AT), &text, &err));
  EXPECT(KF_OK, kf_platform_recover(platform, TEXT(AT), &err)); /* nothing failed */
  CHECK(kf_platform_close(reader) == KF_OK);
}

/* A5, A31: the person is gone, and what was recorded of the commitment stays. */
static void erase(kf_platform *platform, const kf_text *commitment) {
  kf_text *recorded = NULL;
  EXPECT(KF_OK, kf_platform_erase_person(platform, TEXT(PLATFORM_BY), OF(commitment), TEXT(AT), &recorded, &err));
  drop(&recorded);
  FAILS("KF-LEDGER-22",
        kf_platform_erase_person(platform, TEXT(PLATFORM_BY), OF(commitment), TEXT(AT), &recorded, &err));
}

enum { THREADS = 4, TIMES = 25 };

typedef struct {
  kf_platform *platform;
  int permits, denials;
} job;

static void *serve(void *given) {
  job *mine = (job *)given;
  buffer request = request_of(FIGURES, "download", USER, 1), other = request_of(DATASET, "api", USER, 1);
  static const char served[] = "{\"served\":true,\"rows\":1,\"bytes\":1}";
  int i;
  for (i = 0; i < TIMES; i++) {
    kf_text *admitted = NULL, *recorded = NULL, *decision = NULL;
    if (kf_platform_admit(mine->platform, IN(request), TEXT(AT), &admitted, NULL) == KF_OK && permits(admitted)) {
      uint64_t intent = member(admitted, "index");
      mine->permits += kf_platform_complete(mine->platform, intent, TEXT(served), TEXT(AT), &recorded, NULL) == KF_OK;
    }
    if (kf_platform_decide(mine->platform, IN(other), TEXT(AT), &decision, NULL) == KF_OK) {
      mine->denials += slice_is(json_get(bytes_of(decision), "permit"), "false");
    }
    kf_text_free(admitted);
    kf_text_free(recorded);
    kf_text_free(decision);
  }
  free(request.at);
  free(other.at);
  return NULL;
}

/* Threads side by side on one platform: each decision has its record, and each record its place. */
static void threads(const kf_signer *signer) {
  kf_platform *platform = begin("threads", signer);
  pthread_t threads[THREADS];
  job jobs[THREADS];
  kf_text *text = NULL;
  int i;
  open_dataset(platform, FIGURES);
  for (i = 0; i < THREADS; i++) {
    jobs[i].platform = platform;
    jobs[i].permits = jobs[i].denials = 0;
    CHECK(pthread_create(&threads[i], NULL, serve, &jobs[i]) == 0);
  }
  for (i = 0; i < THREADS; i++) {
    CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(jobs[i].permits == TIMES && jobs[i].denials == TIMES);
  }
  CHECK(records(platform) == 4 + 2 * THREADS * TIMES);
  EXPECT(KF_OK, kf_platform_checkpoint(platform, &text, &err));
  drop(&text);
  CHECK(kf_platform_close(platform) == KF_OK);
  EXPECT(KF_OK, kf_platform_audit(TEXT("threads"), TEXT(ED25519_PUBLIC), NULL, 0, TEXT(AT), NULL, 0, &text, &err));
  CHECK(has(text, "\"clean\":true") && member(text, "permits") == THREADS * TIMES);
  drop(&text);
}

static void limit_files(rlim_t bytes) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
  limit.rlim_cur = bytes;
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* A16: the log can't be written. Unconditional data goes out, counted, where the policy says so, and nothing else does. */
static void failing_disk(const kf_signer *signer) {
  buffer conditional = request_of(DATASET, "api", USER, 1);
  kf_policy *policy = NULL, *serving = NULL;
  kf_platform *platform = NULL;
  kf_text *text = NULL;
  int i;
  EXPECT(KF_OK, kf_policy_builtin(TEXT("xian-2022-013"), &policy, &err));
  EXPECT(KF_OK, kf_policy_with_interpretation(policy, TEXT("degraded_unconditional"), TEXT("serve_and_count"), &serving, &err));
  EXPECT(KF_OK, kf_platform_init(TEXT("failing"), serving, TEXT(ORIGIN), signer, TEXT(AT), &platform, &err));
  open_dataset(platform, FIGURES);
  open_dataset(platform, DATASET);
  CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
  limit_files(1);
  for (i = 0; i < 2; i++) {
    text = admit(platform, FIGURES, "download", USER, 1);
    CHECK(permits(text) && has(text, "\"degraded\":true") && member(text, "index") == UINT64_MAX);
    drop(&text);
    FAILS("KF-GATE-02", kf_platform_admit(platform, IN(conditional), TEXT(AT), &text, &err));
  }
  EXPECT(KF_ERR_LEDGER, kf_platform_recover(platform, TEXT(AT), &err));
  limit_files(RLIM_INFINITY);
  EXPECT(KF_OK, kf_platform_recover(platform, TEXT(AT), &err));
  text = admit(platform, DATASET, "api", USER, 1);
  CHECK(!permits(text) && denied(json_get(bytes_of(text), "decision"), "no_application"));
  drop(&text);
  EXPECT(KF_OK, kf_platform_checkpoint(platform, &text, &err));
  drop(&text);
  EXPECT(KF_OK, kf_platform_audit(TEXT("failing"), TEXT(ED25519_PUBLIC), NULL, 0, TEXT(AT), NULL, 0, &text, &err));
  CHECK(has(text, "\"clean\":true") && member(text, "degraded") == 2 && member(text, "permits") == 0);
  drop(&text);
  CHECK(kf_platform_close(platform) == KF_OK && kf_policy_free(policy) == KF_OK && kf_policy_free(serving) == KF_OK);
  free(conditional.at);
}

/* The host that owns its state: the same decision document, from facts alone. */
static void on_facts(void) {
  kf_policy *policy = NULL;
  kf_text *text = NULL;
  EXPECT(KF_OK, kf_policy_builtin(TEXT("xian-2022-013"), &policy, &err));
  EXPECT(KF_OK, kf_policy_decide_facts(policy, TEXT("{\"out_of_scope\":false,\"action\":\"query\",\"listed\":true}"),
                                       TEXT(AT), &text, &err));
  CHECK(slice_is(json_get(bytes_of(text), "permit"), "true") && !has(text, "state_index") && has(text, "\"request\":\"sha256:"));
  drop(&text);
  EXPECT(KF_OK, kf_policy_decide_facts(policy, TEXT("{\"no_such_fact\":true}"), TEXT(AT), &text, &err));
  CHECK(denied(bytes_of(text), "error") && has(text, "KF-FACT-01"));
  drop(&text);
  CHECK(kf_policy_free(policy) == KF_OK);
}

int main(int argc, char **argv) {
  kf_signer *signer;
  kf_platform *platform;
  kf_text *commitment, *text = NULL;
  if (argc != 2 || chdir(argv[1]) != 0) {
    printf("usage: platform FOLDER\n");
    return 2;
  }
  CHECK(write_key("key.pem", ED25519_PEM, 0600));
  signer = load("key.pem");
  platform = begin("life", signer);
  CHECK(records(platform) == 1);
  commitment = opening(platform);
  use(platform);
  watch(platform);
  erase(platform, commitment);
  upgrade(platform);
  readers(platform, signer);
  CHECK(kf_platform_close(platform) == KF_OK && kf_platform_close(platform) == KF_ERR_HANDLE);
  EXPECT(KF_OK, kf_platform_open(TEXT("life"), signer, NULL, 0, &platform, &err)); /* from its snapshot */
  EXPECT(KF_OK, kf_platform_audit(TEXT("life"), TEXT(ED25519_PUBLIC), NULL, 0, TEXT(AT), NULL, 0, &text, &err));
  CHECK(member(text, "events") == records(platform) - 6 && member(text, "permits") == 1);
  drop(&text);
  CHECK(kf_platform_close(platform) == KF_OK);
  threads(signer);
  failing_disk(signer);
  on_facts();
  drop(&commitment);
  CHECK(kf_signer_free(signer) == KF_OK);
  return finish("platform");
}
