/*
 * Times decisions of a platform through the C library, for gate.py.
 *
 * usage: gate FOLDER ANSWERS
 *
 * The decisions, a line each, into the file ANSWERS; then, for each line of the input, a round of every request, and a line
 * with its nanoseconds for one: the call, its text read, the text freed.
 */
#include <kaifang.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* As in the Rust program. */
#define TIMES 10
#define MOST 1000
#define AT "2026-11-23T02:00:00Z"

static void must(int good, const char *what) {
  if (good) return;
  fprintf(stderr, "gate: %s\n", what);
  exit(1);
}

static FILE *of_folder(const char *folder, const char *name, const char *mode) {
  char path[4096];
  FILE *file;
  snprintf(path, sizeof path, "%s%s%s", folder, *name ? "/" : "", name);
  file = fopen(path, mode);
  must(file != NULL, path);
  return file;
}

static double now(void) {
  struct timespec clock;
  clock_gettime(CLOCK_MONOTONIC, &clock);
  return (double)clock.tv_sec * 1e9 + (double)clock.tv_nsec;
}

static kf_text *decide(const kf_platform *platform, const char *request, size_t len) {
  kf_text *decision = NULL;
  kf_error *err = NULL;
  kf_status status = kf_platform_decide(platform, request, len, AT, sizeof AT - 1, &decision, &err);
  must(status == KF_OK, "a request was not decided");
  return decision;
}

int main(int argc, char **argv) {
  /* One after another, as in the Rust program: texts a power of two apart would push each other out of the cache. */
  static char texts[MOST * 256];
  static const char *requests[MOST];
  char *end;
  char path[4096], line[16];
  size_t lens[MOST], count = 0, len = 0, total = 0, i, time;
  kf_signer *signer = NULL;
  kf_platform *platform = NULL;
  kf_error *err = NULL;
  FILE *file;
  must(argc == 3, "usage: gate FOLDER ANSWERS");
  snprintf(path, sizeof path, "%s/key.pem", argv[1]);
  must(kf_signer_load(path, strlen(path), &signer, &err) == KF_OK, "no key");
  snprintf(path, sizeof path, "%s/platform", argv[1]);
  must(kf_platform_open(path, strlen(path), signer, NULL, 0, &platform, &err) == KF_OK, "no platform");
  file = of_folder(argv[1], "requests", "r");
  texts[fread(texts, 1, sizeof texts - 1, file)] = 0;
  for (end = texts; count < MOST && *end; count++, end++) {
    requests[count] = end;
    lens[count] = strcspn(end, "\n");
    end += lens[count];
    must(*end == '\n', "the requests are too long");
  }
  fclose(file);
  file = of_folder(argv[2], "", "w");
  for (i = 0; i < count; i++) {
    kf_text *decision = decide(platform, requests[i], lens[i]);
    const unsigned char *text = kf_text_data(decision, &len);
    fwrite(text, 1, len, file);
    fputc('\n', file);
    kf_text_free(decision);
  }
  fclose(file);
  while (fgets(line, sizeof line, stdin)) {
    double start = now();
    for (time = 0; time < TIMES; time++) {
      for (i = 0; i < count; i++) {
        kf_text *decision = decide(platform, requests[i], lens[i]);
        must(kf_text_data(decision, &len) != NULL, "no text");
        total += len;
        kf_text_free(decision);
      }
    }
    printf("%f\n", (now() - start) / (double)(TIMES * count));
    fflush(stdout);
  }
  must(total > 0, "nothing was decided");
  kf_platform_close(platform);
  kf_signer_free(signer);
  return kf_live_handles() == 0 ? 0 : 1;
}
