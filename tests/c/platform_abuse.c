/*
 * What a careless caller does to a platform, a worker, an audit: NULL for every pointer that must not be, text that is not
 * UTF-8, handles that are stale, freed twice, of another kind or made up, documents that are none, a platform that is closed
 * while threads use it. Nothing is recorded by any of it.
 *
 * usage: platform_abuse FOLDER
 */
#include "platform.h"

#define REQUEST "{\"v\":1,\"dataset\":\"" DATASET "\",\"action\":\"api\",\"via\":\"platform\"}"
#define BY "{\"role\":\"authority\",\"id\":\"" AUTHORITY "\"}"
#define BUNDLE                                                                  \
  "{\"v\":1,\"dataset\":\"" DATASET "\",\"policies\":{},\"state\":{\"public_key\":" \
  "\"" ED25519_PUBLIC "\",\"records\":[]}}"

static void nulls(const kf_policy *given, const kf_signer *signer, kf_platform *platform, kf_worker *worker) {
  kf_platform *made = NULL;
  kf_worker *begun = NULL;
  kf_policy *policy = NULL;
  kf_text *text = NULL, *text2 = NULL;
  uint64_t count = 7;
  EXPECT(KF_ERR_NULL, kf_platform_init(NULL, 1, given, TEXT(ORIGIN), signer, TEXT(AT), &made, &err));
  EXPECT(KF_ERR_NULL, kf_platform_init(TEXT("no"), NULL, TEXT(ORIGIN), signer, TEXT(AT), &made, &err));
  EXPECT(KF_ERR_NULL, kf_platform_init(TEXT("no"), given, NULL, 1, signer, TEXT(AT), &made, &err));
  EXPECT(KF_ERR_NULL, kf_platform_init(TEXT("no"), given, TEXT(ORIGIN), NULL, TEXT(AT), &made, &err));
  EXPECT(KF_ERR_NULL, kf_platform_init(TEXT("no"), given, TEXT(ORIGIN), signer, NULL, 1, &made, &err));
  EXPECT(KF_ERR_NULL, kf_platform_init(TEXT("no"), given, TEXT(ORIGIN), signer, TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_open(NULL, 1, NULL, NULL, 0, &made, &err));
  EXPECT(KF_ERR_NULL, kf_platform_open(TEXT("abuse"), NULL, NULL, 0, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_worker_open(NULL, 1, TEXT("worker"), signer, -1, &begun, &err));
  EXPECT(KF_ERR_NULL, kf_worker_open(TEXT("abuse"), NULL, 1, signer, -1, &begun, &err));
  EXPECT(KF_ERR_NULL, kf_worker_open(TEXT("abuse"), TEXT("worker"), NULL, -1, &begun, &err));
  EXPECT(KF_ERR_NULL, kf_worker_open(TEXT("abuse"), TEXT("worker"), signer, -1, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_refresh(NULL, &count, &err));
  EXPECT(KF_ERR_NULL, kf_platform_refresh(platform, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_state_index(NULL, &count, &err));
  EXPECT(KF_ERR_NULL, kf_platform_state_index(platform, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_policy(NULL, &policy, &err));
  EXPECT(KF_ERR_NULL, kf_platform_policy(platform, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_public_key(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_public_key(platform, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_event(NULL, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_event(platform, NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_event(platform, TEXT("{}"), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_event(platform, TEXT("{}"), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_decide(NULL, TEXT(REQUEST), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_decide(platform, NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_decide(platform, TEXT(REQUEST), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_decide(platform, TEXT(REQUEST), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_admit(NULL, TEXT(REQUEST), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_admit(platform, NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_admit(platform, TEXT(REQUEST), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_admit(platform, TEXT(REQUEST), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_admit_with_receipt(NULL, TEXT(REQUEST), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_admit_with_receipt(platform, NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_admit_with_receipt(platform, TEXT(REQUEST), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_admit_with_receipt(platform, TEXT(REQUEST), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_complete(NULL, 1, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_complete(platform, 1, NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_complete(platform, 1, TEXT("{}"), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_complete(platform, 1, TEXT("{}"), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_report_use(NULL, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_report_use(platform, NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_report_use(platform, TEXT("{}"), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_report_use(platform, TEXT("{}"), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_duties(NULL, TEXT("x"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_duties(platform, TEXT("x"), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_duties(platform, TEXT("x"), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_checkpoint(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_checkpoint(platform, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_receipt(NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_receipt(platform, 0, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_upgrade(NULL, given, TEXT(AT), &text, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_platform_upgrade(platform, NULL, TEXT(AT), &text, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_platform_upgrade(platform, given, NULL, 1, &text, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_platform_upgrade(platform, given, TEXT(AT), NULL, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_platform_upgrade(platform, given, TEXT(AT), &text, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_adopt(NULL, given, TEXT(BY), TEXT(EVIDENCE), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_adopt(platform, NULL, TEXT(BY), TEXT(EVIDENCE), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_adopt(platform, given, NULL, 1, TEXT(EVIDENCE), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_adopt(platform, given, TEXT(BY), TEXT(EVIDENCE), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_adopt(platform, given, TEXT(BY), TEXT(EVIDENCE), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_open_use_log(NULL, TEXT("w"), TEXT(ED25519_PUBLIC), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_open_use_log(platform, NULL, 1, TEXT(ED25519_PUBLIC), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_open_use_log(platform, TEXT("w"), NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_open_use_log(platform, TEXT("w"), TEXT(ED25519_PUBLIC), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_open_use_log(platform, TEXT("w"), TEXT(ED25519_PUBLIC), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_register_person(NULL, TEXT(BY), TEXT("x"), TEXT(AT), &text, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_platform_register_person(platform, NULL, 1, TEXT("x"), TEXT(AT), &text, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_platform_register_person(platform, TEXT(BY), NULL, 1, TEXT(AT), &text, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_platform_register_person(platform, TEXT(BY), TEXT("x"), NULL, 1, &text, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_platform_register_person(platform, TEXT(BY), TEXT("x"), TEXT(AT), NULL, &text2, &err));
  EXPECT(KF_ERR_NULL, kf_platform_register_person(platform, TEXT(BY), TEXT("x"), TEXT(AT), &text, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_erase_person(NULL, TEXT(BY), TEXT(EVIDENCE), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_erase_person(platform, NULL, 1, TEXT(EVIDENCE), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_erase_person(platform, TEXT(BY), NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_erase_person(platform, TEXT(BY), TEXT(EVIDENCE), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_erase_person(platform, TEXT(BY), TEXT(EVIDENCE), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_put_blob(NULL, CONSENT, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_put_blob(platform, NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_put_blob(platform, CONSENT, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_flush(NULL, TEXT(AT), &err));
  EXPECT(KF_ERR_NULL, kf_platform_flush(platform, NULL, 1, &err));
  EXPECT(KF_ERR_NULL, kf_platform_recover(NULL, TEXT(AT), &err));
  EXPECT(KF_ERR_NULL, kf_platform_recover(platform, NULL, 1, &err));
  EXPECT(KF_ERR_NULL, kf_platform_snapshot(NULL, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_snapshot(platform, NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_snapshot(platform, TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_worker_refresh(NULL, TEXT(AT), &count, &err));
  EXPECT(KF_ERR_NULL, kf_worker_refresh(worker, NULL, 1, &count, &err));
  EXPECT(KF_ERR_NULL, kf_worker_refresh(worker, TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_worker_decide(NULL, TEXT(REQUEST), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_decide(worker, NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_decide(worker, TEXT(REQUEST), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_decide(worker, TEXT(REQUEST), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_worker_admit(NULL, TEXT(REQUEST), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_admit(worker, NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_admit(worker, TEXT(REQUEST), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_admit(worker, TEXT(REQUEST), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_worker_complete(NULL, 0, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_complete(worker, 0, NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_complete(worker, 0, TEXT("{}"), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_complete(worker, 0, TEXT("{}"), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_worker_report_use(NULL, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_report_use(worker, NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_report_use(worker, TEXT("{}"), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_report_use(worker, TEXT("{}"), TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_worker_flush(NULL, TEXT(AT), &err));
  EXPECT(KF_ERR_NULL, kf_worker_flush(worker, NULL, 1, &err));
  EXPECT(KF_ERR_NULL, kf_worker_checkpoint(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_worker_checkpoint(worker, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_audit(NULL, 1, TEXT(ED25519_PUBLIC), NULL, 0, TEXT(AT), NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_audit(TEXT("abuse"), TEXT(ED25519_PUBLIC), NULL, 0, NULL, 1, NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_audit(TEXT("abuse"), TEXT(ED25519_PUBLIC), NULL, 0, TEXT(AT), NULL, 0, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_uses(NULL, 1, TEXT("{}"), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_uses(TEXT("abuse"), TEXT("{}"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_usage_summary(NULL, 1, TEXT("{}"), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_usage_summary(TEXT("abuse"), TEXT("{}"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_draft_risk_report(NULL, 1, TEXT("app-1"), TEXT(DAY), TEXT(DAY), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_draft_risk_report(TEXT("abuse"), NULL, 1, TEXT(DAY), TEXT(DAY), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_draft_risk_report(TEXT("abuse"), TEXT("app-1"), NULL, 1, TEXT(DAY), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_draft_risk_report(TEXT("abuse"), TEXT("app-1"), TEXT(DAY), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_draft_risk_report(TEXT("abuse"), TEXT("app-1"), TEXT(DAY), TEXT(DAY), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_platform_bundle(NULL, 1, TEXT(DATASET), &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_bundle(TEXT("abuse"), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_platform_bundle(TEXT("abuse"), TEXT(DATASET), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_bundle_verify(NULL, 1, TEXT(ED25519_PUBLIC), &text, &err));
  EXPECT(KF_ERR_NULL, kf_bundle_verify(TEXT(BUNDLE), TEXT(ED25519_PUBLIC), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_policy_decide_facts(NULL, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_decide_facts(given, NULL, 1, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_decide_facts(given, TEXT("{}"), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_policy_decide_facts(given, TEXT("{}"), TEXT(AT), NULL, &err));
  /* A pin needs its key. */
  EXPECT(KF_ERR_NULL, kf_platform_audit(TEXT("abuse"), NULL, 0, TEXT("a pin"), TEXT(AT), NULL, 0, &text, &err));
  CHECK(kf_platform_close(NULL) == KF_OK && kf_worker_close(NULL) == KF_OK);
  CHECK(!made && !begun && !policy && !text && !text2 && count == 7);
}

static void not_utf8(const kf_policy *given, const kf_signer *signer, kf_platform *platform, kf_worker *worker) {
  kf_platform *made = NULL;
  kf_worker *begun = NULL;
  kf_text *text = NULL, *text2 = NULL;
  uint64_t count = 7;
  EXPECT(KF_ERR_UTF8, kf_platform_init(NOT_UTF8, given, TEXT(ORIGIN), signer, TEXT(AT), &made, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_init(TEXT("no"), given, NOT_UTF8, signer, TEXT(AT), &made, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_init(TEXT("no"), given, TEXT(ORIGIN), signer, NOT_UTF8, &made, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_open(NOT_UTF8, NULL, NULL, 0, &made, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_open(TEXT("abuse"), NULL, NOT_UTF8, &made, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_open(NOT_UTF8, TEXT("worker"), signer, -1, &begun, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_open(TEXT("abuse"), NOT_UTF8, signer, -1, &begun, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_event(platform, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_event(platform, TEXT("{}"), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_decide(platform, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_decide(platform, TEXT(REQUEST), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_admit(platform, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_admit(platform, TEXT(REQUEST), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_admit_with_receipt(platform, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_admit_with_receipt(platform, TEXT(REQUEST), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_complete(platform, 1, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_complete(platform, 1, TEXT("{}"), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_report_use(platform, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_report_use(platform, TEXT("{}"), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_duties(platform, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_duties(platform, TEXT("x"), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_upgrade(platform, given, NOT_UTF8, &text, &text2, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_adopt(platform, given, NOT_UTF8, TEXT(EVIDENCE), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_adopt(platform, given, TEXT(BY), NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_adopt(platform, given, TEXT(BY), TEXT(EVIDENCE), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_open_use_log(platform, NOT_UTF8, TEXT(ED25519_PUBLIC), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_open_use_log(platform, TEXT("w"), NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_open_use_log(platform, TEXT("w"), TEXT(ED25519_PUBLIC), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_register_person(platform, NOT_UTF8, TEXT("x"), TEXT(AT), &text, &text2, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_register_person(platform, TEXT(BY), NOT_UTF8, TEXT(AT), &text, &text2, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_register_person(platform, TEXT(BY), TEXT("x"), NOT_UTF8, &text, &text2, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_erase_person(platform, NOT_UTF8, TEXT(EVIDENCE), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_erase_person(platform, TEXT(BY), NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_erase_person(platform, TEXT(BY), TEXT(EVIDENCE), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_flush(platform, NOT_UTF8, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_recover(platform, NOT_UTF8, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_snapshot(platform, NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_refresh(worker, NOT_UTF8, &count, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_decide(worker, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_decide(worker, TEXT(REQUEST), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_admit(worker, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_admit(worker, TEXT(REQUEST), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_complete(worker, 0, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_complete(worker, 0, TEXT("{}"), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_report_use(worker, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_report_use(worker, TEXT("{}"), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_worker_flush(worker, NOT_UTF8, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_audit(NOT_UTF8, TEXT(ED25519_PUBLIC), NULL, 0, TEXT(AT), NULL, 0, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_audit(TEXT("abuse"), NOT_UTF8, NULL, 0, TEXT(AT), NULL, 0, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_audit(TEXT("abuse"), TEXT(ED25519_PUBLIC), NULL, 0, NOT_UTF8, NULL, 0, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_audit(TEXT("abuse"), TEXT(ED25519_PUBLIC), NULL, 0, TEXT(AT), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_uses(NOT_UTF8, TEXT("{}"), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_uses(TEXT("abuse"), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_usage_summary(NOT_UTF8, TEXT("{}"), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_usage_summary(TEXT("abuse"), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_draft_risk_report(NOT_UTF8, TEXT("app-1"), TEXT(DAY), TEXT(DAY), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_draft_risk_report(TEXT("abuse"), NOT_UTF8, TEXT(DAY), TEXT(DAY), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_draft_risk_report(TEXT("abuse"), TEXT("app-1"), NOT_UTF8, TEXT(DAY), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_draft_risk_report(TEXT("abuse"), TEXT("app-1"), TEXT(DAY), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_bundle(NOT_UTF8, TEXT(DATASET), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_platform_bundle(TEXT("abuse"), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_bundle_verify(NOT_UTF8, TEXT(ED25519_PUBLIC), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_bundle_verify(TEXT(BUNDLE), NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_decide_facts(given, NOT_UTF8, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_UTF8, kf_policy_decide_facts(given, TEXT("{}"), NOT_UTF8, &text, &err));
  CHECK(!made && !begun && !text && !text2 && count == 7);
}

/* A platform that was closed, and one of another kind. */
static void handles(const kf_policy *given, const kf_signer *signer, const kf_platform *platform,
                    const kf_worker *worker) {
  kf_platform *made = NULL;
  kf_worker *begun = NULL;
  kf_policy *policy = NULL;
  kf_text *text = NULL, *text2 = NULL;
  uint64_t count = 7;
  EXPECT(KF_ERR_HANDLE, kf_platform_refresh(platform, &count, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_state_index(platform, &count, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_policy(platform, &policy, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_public_key(platform, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_event(platform, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_decide(platform, TEXT(REQUEST), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_admit(platform, TEXT(REQUEST), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_admit_with_receipt(platform, TEXT(REQUEST), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_complete(platform, 1, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_report_use(platform, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_duties(platform, TEXT("x"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_checkpoint(platform, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_receipt(platform, 0, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_upgrade(platform, given, TEXT(AT), &text, &text2, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_adopt(platform, given, TEXT(BY), TEXT(EVIDENCE), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_open_use_log(platform, TEXT("w"), TEXT(ED25519_PUBLIC), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_register_person(platform, TEXT(BY), TEXT("x"), TEXT(AT), &text, &text2, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_erase_person(platform, TEXT(BY), TEXT(EVIDENCE), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_put_blob(platform, CONSENT, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_flush(platform, TEXT(AT), &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_recover(platform, TEXT(AT), &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_snapshot(platform, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_worker_refresh(worker, TEXT(AT), &count, &err));
  EXPECT(KF_ERR_HANDLE, kf_worker_decide(worker, TEXT(REQUEST), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_worker_admit(worker, TEXT(REQUEST), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_worker_complete(worker, 0, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_worker_report_use(worker, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_worker_flush(worker, TEXT(AT), &err));
  EXPECT(KF_ERR_HANDLE, kf_worker_checkpoint(worker, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_init(TEXT("no"), (const kf_policy *)signer, TEXT(ORIGIN), signer, TEXT(AT), &made,
         &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_init(TEXT("no"), given, TEXT(ORIGIN), (const kf_signer *)given, TEXT(AT), &made,
         &err));
  EXPECT(KF_ERR_HANDLE, kf_platform_open(TEXT("abuse"), (const kf_signer *)given, NULL, 0, &made, &err));
  EXPECT(KF_ERR_HANDLE, kf_worker_open(TEXT("abuse"), TEXT("worker"), (const kf_signer *)given, -1, &begun, &err));
  EXPECT(KF_ERR_HANDLE, kf_policy_decide_facts((const kf_policy *)signer, TEXT("{}"), TEXT(AT), &text, &err));
  CHECK(!made && !begun && !policy && !text && !text2 && count == 7);
}

/* Documents that are none, and moments and digests that are none. */
static void documents(const kf_policy *given, kf_platform *platform, kf_worker *worker) {
  static const char *const acts[] = {
      "", "[]", "{\"event\":\"dataset_opened\"}",
      "{\"by\":{\"role\":\"mayor\",\"id\":\"x\"},\"event\":\"product_shown\",\"product\":\"p\"}",
      "{\"by\":" BY ",\"event\":\"product_shown\",\"product\":\"p\",\"more\":1}",
  };
  kf_text *text = NULL, *text2 = NULL;
  size_t i;
  for (i = 0; i < sizeof acts / sizeof *acts; i++) {
    FAILS("KF-PROCESS-20", kf_platform_event(platform, TEXT(acts[i]), TEXT(AT), &text, &err));
  }
  FAILS("KF-GATE-01", kf_platform_admit(platform, TEXT("{\"v\":1}"), TEXT(AT), &text, &err));
  FAILS("KF-GATE-01", kf_platform_decide(platform, TEXT("{\"v\":1}"), TEXT(AT), &text, &err));
  FAILS("KF-GATE-01", kf_worker_admit(worker, TEXT("{\"v\":1}"), TEXT(AT), &text, &err));
  FAILS("KF-GATE-06", kf_worker_decide(worker, TEXT("{\"v\":1,\"dataset\":\"d\",\"action\":\"api\",\"via\":"
                                                    "\"platform\",\"user\":\"13800138000\"}"),
                                       TEXT(AT), &text, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_platform_complete(platform, 0, TEXT("{}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_worker_complete(worker, 0, TEXT("{\"served\":1}"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_platform_report_use(platform, TEXT("null"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_worker_report_use(worker, TEXT("{"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_platform_adopt(platform, given, TEXT("{\"role\":\"mayor\",\"id\":\"x\"}"), NULL, 0,
                                            TEXT(AT), &text, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_platform_register_person(platform, TEXT("{}"), TEXT("x"), TEXT(AT), &text, &text2, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_platform_uses(TEXT("abuse"), TEXT("{\"colour\":1}"), &text, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_platform_usage_summary(TEXT("abuse"), TEXT("{\"from\":\"May\"}"), &text, &err));
  EXPECT(KF_ERR_DOCUMENT, kf_bundle_verify(TEXT("{\"v\":1}"), NULL, 0, &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_platform_erase_person(platform, TEXT(BY), TEXT("../key"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_platform_adopt(platform, given, TEXT(BY), TEXT("sha256:1"), TEXT(AT), &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_platform_flush(platform, TEXT("yesterday"), &err));
  EXPECT(KF_ERR_ARGUMENT, kf_worker_flush(worker, TEXT("2026-11-23"), &err));
  EXPECT(KF_ERR_ARGUMENT, kf_platform_put_blob(platform, CONSENT_BYTES, SIZE_MAX, &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_platform_draft_risk_report(TEXT("abuse"), TEXT("app-1"), TEXT("May"), TEXT(DAY), &text, &err));
  EXPECT(KF_ERR_KEYRING, kf_platform_open_use_log(platform, TEXT("w"), TEXT("no key"), TEXT(AT), &text, &err));
  FAILS("KF-PROCESS-17", kf_platform_open_use_log(platform, TEXT("../w"), TEXT(ED25519_PUBLIC), TEXT(AT), &text, &err));
  FAILS("KF-PROCESS-03", kf_platform_open_use_log(platform, TEXT("worker"), TEXT(ED25519_PUBLIC), TEXT(AT), &text, &err));
  FAILS("KF-PROCESS-19", kf_platform_complete(platform, UINT64_MAX, TEXT("{\"served\":true,\"rows\":1,\"bytes\":1}"),
                                              TEXT(AT), &text, &err));
  FAILS("KF-LEDGER-22", kf_platform_erase_person(platform, TEXT(BY), TEXT(EVIDENCE), TEXT(AT), &text, &err));
  CHECK(text == NULL && text2 == NULL);
}

static void directories(const kf_policy *given, const kf_signer *signer) {
  kf_platform *made = NULL;
  kf_worker *begun = NULL;
  kf_text *text = NULL;
  FAILS("KF-GATE-04", kf_platform_init(TEXT("abuse"), given, TEXT(ORIGIN), signer, TEXT(AT), &made, &err));
  FAILS("KF-CAL-02", kf_platform_open(TEXT("abuse"), NULL, TEXT("[{\"year\":2027,\"days\":[]}]"), &made, &err));
  FAILS("KF-CAL-02", kf_platform_audit(TEXT("abuse"), NULL, 0, NULL, 0, TEXT(AT), TEXT("[{\"year\":2027,\"days\":[]}]"), &text, &err));
  FAILS("KF-GATE-03", kf_platform_open(TEXT("nowhere"), signer, NULL, 0, &made, &err));
  FAILS("KF-GATE-03", kf_worker_open(TEXT("nowhere"), TEXT("worker"), signer, -1, &begun, &err));
  FAILS("KF-GATE-12", kf_worker_open(TEXT("abuse"), TEXT("../ledger"), signer, -1, &begun, &err));
  EXPECT(KF_ERR_PROCESS, kf_worker_open(TEXT("abuse"), TEXT("nobody"), signer, -1, &begun, &err));
  EXPECT(KF_ERR_LEDGER, kf_platform_uses(TEXT("nowhere"), NULL, 0, &text, &err));
  EXPECT(KF_ERR_LEDGER, kf_platform_bundle(TEXT("nowhere"), TEXT(DATASET), &text, &err));
  CHECK(made == NULL && begun == NULL && text == NULL);
}

static void *ask(void *given) {
  kf_platform *platform = *(kf_platform **)given;
  kf_status found = KF_OK;
  int asked;
  for (asked = 0; asked < 100000 && found == KF_OK; asked++) {
    kf_text *text = NULL;
    found = kf_platform_decide(platform, TEXT(REQUEST), TEXT(AT), &text, NULL);
    if ((found == KF_OK) != (text != NULL) || kf_text_free(text) != KF_OK) return given;
  }
  return found == KF_ERR_HANDLE ? NULL : given;
}

/* Closed under the hands of two threads: a call ends as it would, or finds that the platform is gone. */
static void closed_in_use(const kf_signer *signer) {
  kf_platform *platform = begin("closed", signer);
  pthread_t threads[2];
  void *wrong = NULL;
  int i;
  for (i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, ask, &platform) == 0);
  wait_ms(20);
  CHECK(kf_platform_close(platform) == KF_OK);
  for (i = 0; i < 2; i++) CHECK(pthread_join(threads[i], &wrong) == 0 && wrong == NULL);
  EXPECT(KF_OK, kf_platform_open(TEXT("closed"), signer, NULL, 0, &platform, &err)); /* the directory was let go */
  CHECK(kf_platform_close(platform) == KF_OK);
}

int main(int argc, char **argv) {
  kf_policy *policy = NULL;
  kf_signer *signer;
  kf_platform *platform;
  kf_worker *worker = NULL;
  kf_text *text = NULL;
  uint64_t before = 0, after = 0;
  if (argc != 2 || chdir(argv[1]) != 0) {
    printf("usage: platform_abuse FOLDER\n");
    return 2;
  }
  CHECK(write_key("key.pem", ED25519_PEM, 0600));
  signer = load("key.pem");
  EXPECT(KF_OK, kf_policy_builtin(TEXT("xian-2022-013"), &policy, &err));
  platform = begin("abuse", signer);
  EXPECT(KF_OK, kf_platform_open_use_log(platform, TEXT("worker"), TEXT(ED25519_PUBLIC), TEXT(AT), &text, &err));
  drop(&text);
  EXPECT(KF_OK, kf_worker_open(TEXT("abuse"), TEXT("worker"), signer, -1, &worker, &err));
  EXPECT(KF_OK, kf_platform_state_index(platform, &before, &err));
  nulls(policy, signer, platform, worker);
  not_utf8(policy, signer, platform, worker);
  documents(policy, platform, worker);
  directories(policy, signer);
  handles(policy, signer, (const kf_platform *)worker, (const kf_worker *)platform);
  handles(policy, signer, (const kf_platform *)(uintptr_t)3, (const kf_worker *)&before);
  EXPECT(KF_OK, kf_platform_state_index(platform, &after, &err));
  CHECK(before == 2 && after == before);
  CHECK(kf_worker_close((kf_worker *)platform) == KF_ERR_HANDLE && kf_platform_close((kf_platform *)worker) == KF_ERR_HANDLE);
  CHECK(kf_worker_close(worker) == KF_OK && kf_worker_close(worker) == KF_ERR_HANDLE);
  CHECK(kf_platform_close(platform) == KF_OK && kf_platform_close(platform) == KF_ERR_HANDLE);
  handles(policy, signer, platform, worker);
  closed_in_use(signer);
  CHECK(kf_signer_free(signer) == KF_OK && kf_policy_free(policy) == KF_OK);
  return finish("platform_abuse");
}
