/*
 * Two workers that answer for one platform: they share a quota, and see a suspension as soon as it is written; the audit
 * reads the logs of both.
 *
 * usage: worker FOLDER
 */
#include "platform.h"

#define SUSPENDED "\"event\":\"dataset_suspended\",\"dataset\":\"" DATASET "\",\"ground\":\"risk\""

static kf_text *worker_admits(kf_worker *worker, int rows) {
  buffer request = request_of(DATASET, "api", USER, rows);
  kf_text *admitted = NULL;
  EXPECT(KF_OK, kf_worker_admit(worker, IN(request), TEXT(AT), &admitted, &err));
  free(request.at);
  return admitted;
}

static kf_worker *begin_worker(kf_platform *platform, const char *name, kf_signer **signer) {
  char key[64];
  kf_text *public_key = NULL, *recorded = NULL;
  kf_worker *worker = NULL;
  snprintf(key, sizeof key, "%s.pem", name);
  EXPECT(KF_OK, kf_signing_key_create(TEXT(key), &public_key, &err));
  *signer = load(key);
  FAILS("KF-GATE-12", kf_worker_open(TEXT("shared"), TEXT(name), *signer, 60, &worker, &err));
  EXPECT(KF_OK, kf_platform_open_use_log(platform, TEXT(name), OF(public_key), TEXT(AT), &recorded, &err));
  drop(&recorded);
  EXPECT(KF_OK, kf_worker_open(TEXT("shared"), TEXT(name), *signer, 60, &worker, &err));
  drop(&public_key);
  return worker;
}

/* A22.2 and A32(5) over several processes: one quota, and a suspension that the next admission obeys. */
static void workers(kf_platform *platform) {
  kf_signer *keys[2] = {NULL, NULL};
  kf_worker *one = begin_worker(platform, "worker-1", &keys[0]), *two = begin_worker(platform, "worker-2", &keys[1]);
  kf_worker *none = NULL;
  buffer request = request_of(DATASET, "api", USER, 1), nobody = request_of(DATASET, "api", NULL, 1);
  kf_text *text = NULL, *pin = NULL;
  uint64_t intent, count = 0;
  FAILS("KF-GATE-12", kf_worker_open(TEXT("shared"), TEXT("worker-1"), keys[1], -1, &none, &err));
  FAILS("KF-LEDGER-04", kf_worker_open(TEXT("shared"), TEXT("worker-1"), keys[0], -1, &none, &err));
  FAILS("KF-GATE-13", kf_platform_admit(platform, IN(request), TEXT(AT), &text, &err));
  EXPECT(KF_OK, kf_worker_refresh(one, TEXT(AT), &count, &err));
  CHECK(count == 1); /* that the other one was put on file */

  text = worker_admits(one, 600);
  CHECK(permits(text) && member(text, "index") == 0);
  intent = member(text, "index");
  drop(&text);
  text = worker_admits(two, 600);
  CHECK(!permits(text) && denied(json_get(bytes_of(text), "decision"), "quota_exceeded"));
  drop(&text);
  FAILS("KF-PROCESS-19", kf_worker_complete(two, intent, TEXT(HUNDRED), TEXT(AT), &text, &err));
  EXPECT(KF_OK, kf_worker_complete(one, intent, TEXT(HUNDRED), TEXT(AT), &text, &err));
  drop(&text);
  text = worker_admits(two, 600);
  CHECK(permits(text) && has(text, "\"uses_seen\":{\"worker-1\":2,\"worker-2\":1}"));
  intent = member(text, "index");
  drop(&text);
  EXPECT(KF_OK, kf_worker_complete(two, intent, TEXT(HUNDRED), TEXT(AT), &text, &err));
  drop(&text);
  EXPECT(KF_OK, kf_worker_report_use(one, TEXT("{\"user\":\"" USER "\",\"dataset\":\"" DATASET
                                               "\",\"intent\":0,\"rows\":100,\"report\":\"" EVIDENCE "\"}"),
                                     TEXT(AT), &text, &err));
  drop(&text);
  EXPECT(KF_OK, kf_worker_admit(two, IN(nobody), TEXT(AT), &text, &err));
  CHECK(!permits(text) && member(text, "index") == UINT64_MAX);
  drop(&text);
  EXPECT(KF_OK, kf_worker_flush(two, TEXT(AT), &err));

  /* Written by the platform; the one that has not looked decides on what it read, until its bound is over. */
  act(platform, "authority", AUTHORITY, SUSPENDED);
  EXPECT(KF_OK, kf_worker_decide(two, IN(request), TEXT(AT), &text, &err));
  CHECK(slice_is(json_get(bytes_of(text), "permit"), "true"));
  drop(&text);
  EXPECT(KF_OK, kf_worker_decide(two, IN(request), TEXT("2026-11-23T02:01:01Z"), &text, &err));
  CHECK(slice_is(json_get(bytes_of(text), "permit"), "false") && has(text, "KF-GATE-11"));
  drop(&text);
  text = worker_admits(one, 1);
  CHECK(!permits(text) && denied(json_get(bytes_of(text), "decision"), "suspended"));
  drop(&text);
  EXPECT(KF_OK, kf_worker_refresh(two, TEXT(AT), &count, &err));
  CHECK(count == 1);
  EXPECT(KF_OK, kf_worker_decide(two, IN(request), TEXT(AT), &text, &err));
  CHECK(denied(bytes_of(text), "suspended"));
  drop(&text);

  EXPECT(KF_OK, kf_worker_checkpoint(one, &pin, &err));
  CHECK(has(pin, ORIGIN "/uses/worker-1"));
  drop(&pin);
  EXPECT(KF_OK, kf_worker_checkpoint(two, &pin, &err));
  drop(&pin);
  CHECK(kf_worker_close(one) == KF_OK && kf_worker_close(one) == KF_ERR_HANDLE);
  CHECK(kf_worker_close(two) == KF_OK);
  CHECK(kf_signer_free(keys[0]) == KF_OK && kf_signer_free(keys[1]) == KF_OK);
  EXPECT(KF_OK, kf_platform_checkpoint(platform, &pin, &err));
  EXPECT(KF_OK, kf_platform_audit(TEXT("shared"), TEXT(ED25519_PUBLIC), OF(pin), TEXT(AT), NULL, 0, &text, &err));
  CHECK(has(text, "\"log\":\"worker-1\"") && has(text, "\"log\":\"worker-2\""));
  CHECK(has(text, "\"clean\":true") && member(text, "permits") == 2 && member(text, "use_reports") == 1);
  drop(&text);
  drop(&pin);
  free(request.at);
  free(nobody.at);
}

int main(int argc, char **argv) {
  kf_signer *signer;
  kf_platform *platform;
  if (argc != 2 || chdir(argv[1]) != 0) {
    printf("usage: worker FOLDER\n");
    return 2;
  }
  CHECK(write_key("key.pem", ED25519_PEM, 0600));
  signer = load("key.pem");
  platform = begin("shared", signer);
  open_dataset(platform, DATASET);
  act(platform, "data_user", USER, APPLICATION);
  act(platform, "opening_body", BODY, APPROVED);
  act(platform, "authority", AUTHORITY, APPROVED);
  workers(platform);
  CHECK(kf_platform_close(platform) == KF_OK && kf_signer_free(signer) == KF_OK);
  return finish("worker");
}
