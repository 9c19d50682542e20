/*
 * What the test programs of platforms share: one dataset of people, its parties, and how an act is written down.
 */
#ifndef TEST_PLATFORM_H
#define TEST_PLATFORM_H

#include "ledger.h"

#define DATASET "xa-resident"
#define FIGURES "xa-figures"
#define BODY "11610100013300000X"
#define AUTHORITY "11610100MB2A00000X"
#define USER "91610131MA6U0000X0"
#define STRANGER "91610131MA6U1111X1"
#define DAY "2026-11-23"
/* Stands for whatever was handed in. */
#define EVIDENCE "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static const char *const FACTS[] = {
    "state_secret", "law_forbids", "endangers_national_security", "endangers_public_security",
    "endangers_economic_security", "endangers_social_stability", "trade_secret", "other_third_party_interest",
    "harm_ruled_out", "high_protection_need", "specific_terms_needed", "aggregation_may_reveal", "committee_advised",
    "declassified", "prohibition_lifted", "third_party_consents", "closure_harms_public",
};

/* Facts about a dataset: `people` says whether it is about people, NULL leaves the question of desensitization open. */
static buffer facts(int people, const char *desensitization) {
  buffer out = {NULL, 0, 0};
  size_t i;
  put_text(&out, people ? "{\"personal_privacy\":true,\"data_grade\":\"general\""
                        : "{\"personal_privacy\":false,\"data_grade\":\"general\"");
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

/* An assessment (A19.1), from the word "event" on: every fact with its assertion; facts and class are left to the policy. */
static buffer assessment(const char *dataset, slice content, slice evidence, const char *chosen, buffer given) {
  buffer out = {NULL, 0, 0};
  slice all, name, value;
  const char *position = NULL;
  int first = 1;
  all.at = given.at;
  all.len = given.len;
  put_text(&out, "\"event\":\"dataset_assessed\",\"dataset\":\"");
  put_text(&out, dataset);
  put_text(&out, "\",\"chosen\":\"");
  put_text(&out, chosen);
  put_text(&out, "\",\"assessor\":\"assessor-7\",\"approval\":\"" EVIDENCE "\",\"content\":\"");
  put(&out, content.at, content.len);
  put_text(&out, "\",\"assertions\":[");
  while (json_next(all, &position, &name, &value)) {
    put_text(&out, first ? "{\"v\":1,\"fact\":\"" : ",{\"v\":1,\"fact\":\"");
    put(&out, name.at, name.len);
    put_text(&out, "\",\"value\":");
    put(&out, value.at, value.len);
    put_text(&out, ",\"by\":\"assessor-7\",\"at\":\"" AT "\",\"evidence\":\"");
    put(&out, evidence.at, evidence.len);
    put_text(&out, "\"}");
    first = 0;
  }
  put_text(&out, "]");
  free(given.at);
  return out;
}

/* An entry (A19.2), of which the platform knows class, assessment and content itself. */
static buffer entry(const char *dataset, const char *way) {
  buffer out = {NULL, 0, 0};
  put_text(&out, "{\"v\":1,\"id\":\"");
  put_text(&out, dataset);
  put_text(&out, "\",\"name\":\"常住人口基本信息(去标识化)\",\"body\":{\"id\":\"" BODY "\",\"name\":\"西安市示例局\"},"
                 "\"format\":\"parquet\",\"data_type\":\"structured\",\"access_ways\":[\"");
  put_text(&out, way);
  put_text(&out, "\"],\"update_frequency\":\"yearly\",\"level\":\"municipal\",\"grade\":\"general\","
                 "\"channel\":\"platform\",\"responsible\":{"
                 "\"first\":{\"role\":\"局长\",\"contact\":\"029-86780000\"},"
                 "\"leader\":{\"role\":\"分管副局长\",\"contact\":\"029-86780000\"},"
                 "\"contact\":{\"role\":\"数据科\",\"contact\":\"029-86780000\"}}}");
  return out;
}

/* An act: who, as what, and the event from the word "event" on. */
static buffer act_of(const char *role, const char *id, const char *event) {
  buffer out = {NULL, 0, 0};
  put_text(&out, "{\"by\":{\"role\":\"");
  put_text(&out, role);
  put_text(&out, "\",\"id\":\"");
  put_text(&out, id);
  put_text(&out, "\"},");
  put_text(&out, event);
  put_text(&out, "}");
  return out;
}

static void act(kf_platform *platform, const char *role, const char *id, const char *event) {
  buffer json = act_of(role, id, event);
  kf_text *recorded = NULL;
  EXPECT(KF_OK, kf_platform_event(platform, IN(json), TEXT(AT), &recorded, &err));
  drop(&recorded);
  free(json.at);
}

/* An act that the platform refuses with this code, and does not record. */
#define REFUSED(code, platform, role, id, event)                                    \
  do {                                                                              \
    buffer refused = act_of(role, id, event);                                       \
    kf_text *none = NULL;                                                           \
    FAILS(code, kf_platform_event(platform, IN(refused), TEXT(AT), &none, &err));   \
    CHECK(none == NULL);                                                            \
    free(refused.at);                                                               \
  } while (0)

static void list(kf_platform *platform, const char *dataset, const char *way) {
  buffer event = {NULL, 0, 0}, whole = entry(dataset, way);
  put_text(&event, "\"event\":\"entry_listed\",\"entry\":");
  put(&event, whole.at, whole.len);
  act(platform, "opening_body", BODY, event.at);
  free(event.at);
  free(whole.at);
}

/* Assessed, listed and opened: people conditionally, figures unconditionally. */
static void open_dataset(kf_platform *platform, const char *dataset) {
  int people = strcmp(dataset, DATASET) == 0;
  buffer event = assessment(dataset, slice_of(EVIDENCE), slice_of(EVIDENCE), people ? "conditional" : "unconditional",
                            facts(people, people ? "deidentified" : "none"));
  act(platform, "opening_body", BODY, event.at);
  list(platform, dataset, people ? "api" : "download");
  event.len = 0;
  put_text(&event, "\"event\":\"dataset_opened\",\"content\":\"" EVIDENCE "\",\"dataset\":\"");
  put_text(&event, dataset);
  put_text(&event, "\"");
  act(platform, "opening_body", BODY, event.at);
  free(event.at);
}

#define APPLICATION                                                                                         \
  "\"event\":\"application_filed\",\"application\":{\"v\":1,\"id\":\"app-1\",\"user\":\"" USER "\","         \
  "\"dataset\":\"" DATASET "\",\"ways\":[\"api\"],\"purpose\":\"人口分布研究\",\"safeguards\":[\"专人专机\"]," \
  "\"from\":\"2026-11-01\",\"until\":\"2027-10-31\",\"rows\":1000}"
#define HUNDRED "{\"served\":true,\"rows\":100,\"bytes\":5120,\"fields\":[\"qx\",\"xb\"]}"
#define APPROVED                                                                                           \
  "\"event\":\"application_reviewed\",\"application\":\"app-1\",\"approve\":true,\"opinion\":\"" EVIDENCE "\""

/* A request; NULL for somebody who is not identified. */
static buffer request_of(const char *dataset, const char *action, const char *user, int rows) {
  char given[512];
  buffer out = {NULL, 0, 0};
  snprintf(given, sizeof given,
           "{\"v\":1,\"dataset\":\"%s\",\"action\":\"%s\",\"via\":\"platform\",\"purpose\":\"人口分布研究\",\"rows\":%d",
           dataset, action, rows);
  put_text(&out, given);
  if (user) {
    put_text(&out, ",\"user\":\"");
    put_text(&out, user);
    put_text(&out, "\"");
  }
  put_text(&out, "}");
  return out;
}

static kf_text *admit(kf_platform *platform, const char *dataset, const char *action, const char *user, int rows) {
  buffer request = request_of(dataset, action, user, rows);
  kf_text *admitted = NULL;
  EXPECT(KF_OK, kf_platform_admit(platform, IN(request), TEXT(AT), &admitted, &err));
  free(request.at);
  return admitted;
}

static int permits(const kf_text *admitted) {
  slice decision = json_get(bytes_of(admitted), "decision");
  return slice_is(json_get(decision, "permit"), "true");
}

/* The code of the first denial. */
static int denied(slice decision, const char *code) {
  slice denials = json_get(decision, "denials"), key, first;
  const char *position = NULL;
  return denials.at && json_next(denials, &position, &key, &first) &&
         slice_is(json_text(json_get(first, "code")), code);
}

static kf_platform *begin(const char *directory, const kf_signer *signer) {
  kf_policy *policy = NULL;
  kf_platform *platform = NULL;
  EXPECT(KF_OK, kf_policy_builtin(TEXT("xian-2022-013"), &policy, &err));
  EXPECT(KF_OK, kf_platform_init(TEXT(directory), policy, TEXT(ORIGIN), signer, TEXT(AT), &platform, &err));
  CHECK(kf_policy_free(policy) == KF_OK);
  return platform;
}

#endif
