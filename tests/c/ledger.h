/*
 * What the ledger's test programs share: keys, made by openssl for these tests and used nowhere else, and the calls that
 * each of them makes. It comes before any other header: it says which system this is.
 */
#ifndef TEST_LEDGER_H
#define TEST_LEDGER_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include "text.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define AT "2026-11-23T02:00:00Z"
#define ORIGIN "data.example/xa"
#define NOT_UTF8 TEXT("abc\xff\xfe")
#define CONSENT_BYTES (const uint8_t *)"a letter of consent"
#define CONSENT CONSENT_BYTES, 19

static const char ED25519_PEM[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIFOw6DLhxqOE7qFvv6iBYEclLUAUr4kiY25EOPGSFdB+\n"
    "-----END PRIVATE KEY-----\n";
#define ED25519_PUBLIC "1PSkBlbK1FeHn64NB/8joLXRGEruEHXw9DvWfxPhRXs="

/* The signer's id is the default one. */
static const char SM2_PEM[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgo/7ESWrIAHgW5mid\n"
    "WH9xUTWsS9pks0DCg/SHA096X/mhRANCAAQT4PDwDX4um/y7nQg3Z/5y6GoTU42T\n"
    "ilcQZ5AnXtMWPnmjHR/NohanDeGdvCLq1+9B8rW0mOwKf+94xjiVycJk\n"
    "-----END PRIVATE KEY-----\n";
#define SM2_PUBLIC \
  "sm2:BBPg8PANfi6b/LudCDdn/nLoahNTjZOKVxBnkCde0xY+eaMdH82iFqcN4Z28IurX70HytbSY7Ap/73jGOJXJwmQ=:1234567812345678"

/* Writes a key file as only its owner may read it. */
static int write_key(const char *path, const char *text, mode_t mode) {
  size_t len = strlen(text);
  int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
  int whole = file >= 0 && write(file, text, len) == (ssize_t)len && fchmod(file, mode) == 0;
  return file >= 0 && close(file) == 0 && whole;
}

static void wait_ms(long milliseconds) {
  struct timespec time;
  time.tv_sec = milliseconds / 1000;
  time.tv_nsec = milliseconds % 1000 * 1000000;
  nanosleep(&time, NULL);
}

/* Whether a call fails with this code. */
#define FAILS(code, call)                                                              \
  do {                                                                                 \
    kf_error *err = NULL;                                                              \
    kf_status found = (call);                                                          \
    const char *given = kf_error_code(err, NULL);                                      \
    checks++;                                                                          \
    if (found == KF_OK || !given || strcmp(given, code) != 0) {                        \
      failures++;                                                                      \
      printf("%s:%d: %s, expected %s\n", __FILE__, __LINE__, given ? given : "no error", code); \
    }                                                                                  \
    CHECK(kf_error_free(err) == KF_OK);                                                \
  } while (0)

static kf_signer *load(const char *path) {
  kf_signer *signer = NULL;
  EXPECT(KF_OK, kf_signer_load(TEXT(path), &signer, &err));
  return signer;
}

static kf_ledger *open_in(const char *directory, const kf_signer *signer) {
  kf_ledger *ledger = NULL;
  EXPECT(KF_OK, kf_ledger_open(TEXT(directory), signer, &ledger, &err));
  return ledger;
}

static uint64_t append(kf_ledger *ledger, const char *record) {
  uint64_t index = UINT64_MAX;
  EXPECT(KF_OK, kf_ledger_append(ledger, TEXT(record), &index, &err));
  return index;
}

static uint64_t member(const kf_text *document, const char *name) {
  slice value = json_get(bytes_of(document), name);
  return value.at ? strtoull(value.at, NULL, 10) : UINT64_MAX;
}

static uint64_t size_of(const kf_ledger *ledger) {
  kf_text *state = NULL;
  uint64_t size;
  EXPECT(KF_OK, kf_ledger_state(ledger, &state, &err));
  size = member(state, "size");
  drop(&state);
  return size;
}

#endif
