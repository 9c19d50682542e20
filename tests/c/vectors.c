/*
 * Every file of tests/vectors through C. A file without a runner fails the run, so no face can skip one.
 *
 * usage: vectors DIRECTORY FOLDER
 */
#define _POSIX_C_SOURCE 200809L

#include "harness.h"
#include "json.h"

#include <dirent.h>
#include <stdlib.h>

/* What a case answered: a text, or an error. */
typedef struct {
  kf_text *text;
  kf_error *err;
  kf_status status;
} answer;

/* Where a case may write. */
static const char *folder;

static char *read_file(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  buffer out = {NULL, 0, 0};
  char block[4096];
  size_t got;
  *len = 0;
  if (!file) return NULL;
  while ((got = fread(block, 1, sizeof block, file)) > 0) put(&out, block, got);
  fclose(file);
  *len = out.len;
  return out.at;
}

static int write_file(const char *path, buffer bytes) {
  FILE *file = fopen(path, "wb");
  size_t written = file && bytes.len ? fwrite(bytes.at, 1, bytes.len, file) : 0;
  return file && fclose(file) == 0 && written == bytes.len;
}

/* The policy of a case, with its interpretations set. */
static kf_status open_policy(slice input, kf_policy **policy, kf_error **err) {
  slice id = json_text(json_get(input, "policy")), set = json_get(input, "set"), name, option;
  const char *position = NULL;
  kf_status status = kf_policy_builtin(id.at, id.len, policy, err);
  while (status == KF_OK && set.at && set.at[0] == '{' && json_next(set, &position, &name, &option)) {
    kf_policy *changed = NULL;
    option = json_text(option);
    status = kf_policy_with_interpretation(*policy, name.at, name.len, option.at, option.len, &changed, err);
    kf_policy_free(*policy);
    *policy = changed;
  }
  return status;
}

static answer run_policy(slice input, int decide) {
  answer result = {NULL, NULL, KF_OK};
  kf_policy *policy = NULL;
  slice facts = json_get(input, "facts"), at = json_text(json_get(input, "at"));
  result.status = open_policy(input, &policy, &result.err);
  if (result.status == KF_OK) {
    result.status = (decide ? kf_policy_decide : kf_policy_classify)(policy, facts.at, facts.len, at.at, at.len,
                                                                     &result.text, &result.err);
  }
  kf_policy_free(policy);
  return result;
}

static answer run_classify(slice input) { return run_policy(input, 0); }

static answer run_decide(slice input) { return run_policy(input, 1); }

static answer run_explain(slice input) {
  answer result = {NULL, NULL, KF_OK};
  kf_policy *policy = NULL;
  slice section = json_text(json_get(input, "section")), facts = json_get(input, "facts");
  slice at = json_text(json_get(input, "at"));
  result.status = open_policy(input, &policy, &result.err);
  if (result.status == KF_OK) {
    result.status = kf_policy_explain(policy, section.at, section.len, facts.at, facts.len, at.at, at.len, &result.text,
                                      &result.err);
  }
  kf_policy_free(policy);
  return result;
}

/* Columns, from file to file: the answers are what stands in the second one. */
static answer run_eval(slice input) {
  answer result = {NULL, NULL, KF_OK};
  kf_policy *policy = NULL;
  kf_table *table = NULL;
  slice section = json_text(json_get(input, "section")), at = json_text(json_get(input, "at"));
  buffer facts = {NULL, 0, 0}, answered = {NULL, 0, 0};
  char from[4096], to[4096];
  uint64_t rows = 0;
  snprintf(from, sizeof from, "%s/facts.csv", folder);
  snprintf(to, sizeof to, "%s/answers.csv", folder);
  json_unescape(json_text(json_get(input, "csv")), &facts);
  CHECK(write_file(from, facts));
  result.status = open_policy(input, &policy, &result.err);
  if (result.status == KF_OK) result.status = kf_table_open(from, strlen(from), &table, &result.err);
  if (result.status == KF_OK) {
    result.status = kf_policy_eval_file(policy, section.at, section.len, at.at, at.len, NULL, 0, table, to, strlen(to),
                                        NULL, NULL, &rows, &result.err);
  }
  if (result.status == KF_OK) {
    slice csv;
    char *text = read_file(to, &csv.len);
    csv.at = text ? text : "";
    put_text(&answered, "{\"csv\":");
    json_escape(csv, &answered);
    put_text(&answered, "}");
    result.status = kf_document_canonical(answered.at, answered.len, &result.text, &result.err);
    free(text);
  }
  kf_policy_free(policy);
  free(facts.at);
  free(answered.at);
  return result;
}

/* The secrets become a keyring, the rest is the question. */
static answer run_treat(slice input) {
  answer result = {NULL, NULL, KF_OK};
  kf_keyring *keyring = NULL;
  buffer keys = {NULL, 0, 0}, question = {NULL, 0, 0};
  slice secrets = json_get(input, "keys"), name, value;
  const char *position = NULL;
  put_text(&keys, "{\"v\":1,\"keys\":[");
  while (secrets.at && json_next(secrets, &position, &name, &value)) {
    if (keys.at[keys.len - 1] == '}') put_text(&keys, ",");
    put_text(&keys, "{\"kind\":\"token\",\"id\":");
    put(&keys, name.at - 1, name.len + 2);
    put_text(&keys, ",\"secret\":");
    put(&keys, value.at, value.len);
    put_text(&keys, "}");
  }
  put_text(&keys, "]}");
  put_text(&question, "{");
  position = NULL;
  while (json_next(input, &position, &name, &value)) {
    if (slice_is(name, "keys")) continue;
    if (question.len > 1) put_text(&question, ",");
    put(&question, name.at - 1, name.len + 2);
    put_text(&question, ":");
    put(&question, value.at, value.len);
  }
  put_text(&question, "}");
  if (secrets.at) result.status = kf_keyring_parse(keys.at, keys.len, &keyring, &result.err);
  if (result.status == KF_OK) {
    result.status = kf_values_treat(keyring, question.at, question.len, &result.text, &result.err);
  }
  kf_keyring_free(keyring);
  free(keys.at);
  free(question.at);
  return result;
}

static answer run_ledger_verify(slice input) {
  answer result = {NULL, NULL, KF_OK};
  result.status = kf_ledger_verify_proof(input.at, input.len, &result.text, &result.err);
  return result;
}

static answer run_calendar(slice input) {
  answer result = {NULL, NULL, KF_OK};
  slice date = json_text(json_get(input, "date")), years = json_get(input, "years"), add = json_get(input, "add");
  if (add.at) {
    result.status = kf_calendar_add_working_days(date.at, date.len, (uint16_t)strtoul(add.at, NULL, 10), years.at,
                                                 years.len, &result.text, &result.err);
  } else {
    result.status = kf_calendar_is_working_day(date.at, date.len, years.at, years.len, &result.text, &result.err);
  }
  return result;
}

static answer run_catalog(slice input) {
  answer result = {NULL, NULL, KF_OK};
  slice verb = json_text(json_get(input, "do")), catalog = json_get(input, "catalog");
  slice at = json_text(json_get(input, "at")), terms = json_get(input, "terms");
  slice entry = json_get(input, "entry"), catalogs = json_get(input, "catalogs");
  slice publication = json_get(input, "publication");
  kf_text **text = &result.text;
  kf_error **err = &result.err;
  if (slice_is(verb, "entry")) {
    result.status = kf_entry_check(entry.at, entry.len, text, err);
  } else if (slice_is(verb, "check")) {
    result.status = kf_catalog_check(catalog.at, catalog.len, at.at, at.len, terms.at, terms.len, text, err);
  } else if (slice_is(verb, "merge")) {
    result.status = kf_catalog_merge(catalogs.at, catalogs.len, text, err);
  } else if (slice_is(verb, "list")) {
    result.status = kf_catalog_list(catalog.at, catalog.len, at.at, at.len, terms.at, terms.len, text, err);
  } else {
    result.status = kf_catalog_export(catalog.at, catalog.len, verb.at, verb.len, publication.at, publication.len,
                                      text, err);
  }
  return result;
}

static const struct {
  const char *file;
  answer (*run)(slice input);
} runners[] = {
    {"calendar.json", run_calendar},
    {"catalog.json", run_catalog},
    {"classify.json", run_classify},
    {"decide.json", run_decide},
    {"eval.json", run_eval},
    {"explain.json", run_explain},
    {"ledger-verify.json", run_ledger_verify},
    {"mask.json", run_treat},
    {"token.json", run_treat},
    {"fpe.json", run_treat},
    {"text.json", run_treat},
    {"transform.json", run_treat},
};

static void check_case(const char *file, slice one, answer (*run)(slice)) {
  slice name = json_text(json_get(one, "name")), input = json_get(one, "input");
  slice output = json_get(one, "output"), error = json_text(json_get(json_get(one, "error"), "code"));
  answer found = run(input);
  size_t len = 0;
  const char *text;
  buffer expected = {NULL, 0, 0};
  if (output.at) {
    json_canonical(output, &expected);
  } else {
    put(&expected, error.at, error.len);
  }
  text = found.status == KF_OK ? (const char *)kf_text_data(found.text, &len) : kf_error_code(found.err, &len);
  checks++;
  if ((found.status == KF_OK) != (output.at != NULL) || !text || len != expected.len ||
      memcmp(text, expected.at, len) != 0) {
    failures++;
    printf("%s, %.*s:\n  expected %s\n  found    %s\n", file, (int)name.len, name.at, expected.at, text ? text : "-");
  }
  free(expected.at);
  kf_text_free(found.text);
  kf_error_free(found.err);
}

static void check_file(const char *directory, const char *name) {
  size_t i, count = sizeof runners / sizeof *runners;
  char path[4096];
  const char *position = NULL;
  slice file, cases, key, one;
  char *text;
  for (i = 0; i < count && strcmp(runners[i].file, name) != 0; i++) continue;
  if (i == count) {
    printf("%s has no runner in C\n", name);
    failures++;
    return;
  }
  snprintf(path, sizeof path, "%s/%s", directory, name);
  text = read_file(path, &file.len);
  file.at = text;
  CHECK(text && json_valid(file));
  if (text && json_valid(file)) {
    cases = json_get(file, "cases");
    CHECK(cases.at && cases.at[0] == '[');
    while (cases.at && json_next(cases, &position, &key, &one)) check_case(name, one, runners[i].run);
    CHECK(position != NULL); /* a file without cases checks nothing */
  }
  free(text);
}

int main(int argc, char **argv) {
  DIR *directory;
  struct dirent *entry;
  int files = 0;
  if (argc != 3 || !(directory = opendir(argv[1]))) {
    printf("usage: vectors DIRECTORY FOLDER\n");
    return 2;
  }
  folder = argv[2];
  while ((entry = readdir(directory))) {
    size_t len = strlen(entry->d_name);
    if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0) {
      files++;
      check_file(argv[1], entry->d_name);
    }
  }
  closedir(directory);
  CHECK(files > 0);
  printf("%d files, ", files);
  return finish("vectors");
}
