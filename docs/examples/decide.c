#include "kaifang.h"
#include <stdio.h>
#include <string.h>

int main(void) {
  const char *id = "xian-2022-013", *at = "2026-11-23";
  const char *facts = "{\"out_of_scope\": false, \"openness\": \"conditional\", \"action\": \"download\"}";
  kf_policy *policy = NULL;
  kf_text *answer = NULL;
  kf_status status = kf_policy_builtin(id, strlen(id), &policy, NULL);
  if (status == KF_OK) status = kf_policy_decide(policy, facts, strlen(facts), at, strlen(at), &answer, NULL);
  if (status == KF_OK) puts((const char *)kf_text_data(answer, NULL)); /* JSON: "permit":false, A22.2 */
  kf_text_free(answer);
  kf_policy_free(policy);
  return (int)status;
}
