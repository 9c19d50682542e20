/* What the test programs share: checks that count, and the ways to look at an error. */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include "kaifang.h"

#include <stdio.h>
#include <string.h>

static int checks = 0, failures = 0;

#define CHECK(condition)                                              \
  do {                                                                \
    checks++;                                                         \
    if (!(condition)) {                                               \
      failures++;                                                     \
      printf("%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
    }                                                                 \
  } while (0)

/* Checks a call's status; the error is shown when it is not the expected one, and freed. */
#define EXPECT(expected, call)                                                              \
  do {                                                                                      \
    kf_error *err = NULL;                                                                   \
    kf_status found = (call);                                                               \
    checks++;                                                                               \
    if (found != (expected)) {                                                              \
      failures++;                                                                           \
      printf("%s:%d: status %d, expected %d: %s\n", __FILE__, __LINE__, (int)found, (int)(expected), \
             err ? kf_error_en(err, NULL) : "no error");                                    \
    }                                                                                       \
    if ((found == KF_OK) != (err == NULL)) {                                                \
      failures++;                                                                           \
      printf("%s:%d: an error goes with a failure, and only with one\n", __FILE__, __LINE__); \
    }                                                                                       \
    if (err) {                                                                              \
      CHECK(kf_error_status(err) == found);                                                 \
      CHECK(kf_error_code(err, NULL) && strncmp(kf_error_code(err, NULL), "KF-", 3) == 0);  \
      CHECK(kf_error_zh(err, NULL) && *kf_error_zh(err, NULL));                             \
      CHECK(kf_error_en(err, NULL) && *kf_error_en(err, NULL));                             \
    }                                                                                       \
    CHECK(kf_error_free(err) == KF_OK);                                                     \
  } while (0)

#define TEXT(literal) literal, strlen(literal)

static int finish(const char *name) {
  CHECK(kf_live_handles() == 0);
  printf("%s: %d checks, %d failures\n", name, checks, failures);
  return failures ? 1 : 0;
}

#endif
