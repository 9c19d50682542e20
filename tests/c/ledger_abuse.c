/*
 * What a careless caller does to a ledger: NULL for every pointer, text that is not UTF-8, lengths that lie, handles that
 * are stale, freed twice, of another kind or made up, a signer that is freed before the ledger that it opened.
 *
 * usage: ledger_abuse FOLDER
 */
#include "ledger.h"

static void nulls(const kf_signer *signer, kf_ledger *ledger) {
  const uint8_t *bytes = CONSENT_BYTES;
  kf_ledger *out = NULL;
  kf_text *text = NULL;
  uint64_t index = 7;
  EXPECT(KF_ERR_NULL, kf_ledger_create(NULL, 1, TEXT("intl"), TEXT("o"), signer, &out, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_create(TEXT("no"), NULL, 1, TEXT("o"), signer, &out, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_create(TEXT("no"), TEXT("intl"), NULL, 1, signer, &out, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_create(TEXT("no"), TEXT("intl"), TEXT("o"), NULL, &out, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_create(TEXT("no"), TEXT("intl"), TEXT("o"), signer, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_open(NULL, 1, signer, &out, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_open(TEXT("intl"), NULL, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_append(NULL, TEXT("1"), &index, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_append(ledger, NULL, 1, &index, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_append(ledger, TEXT("1"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_append_lines(NULL, TEXT("1"), &index, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_append_lines(ledger, NULL, 1, &index, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_append_lines(ledger, TEXT("1"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_append_last(NULL, TEXT("1"), &index, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_append_last(ledger, NULL, 1, &index, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_append_last(ledger, TEXT("1"), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_checkpoint(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_checkpoint(ledger, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_seal(NULL, TEXT(AT), &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_seal(ledger, NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_seal(ledger, TEXT(AT), NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_state(NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_state(ledger, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_read(NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_read(ledger, 0, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_receipt(NULL, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_receipt(ledger, 0, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_consistency(NULL, 0, 0, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_consistency(ledger, 0, 0, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_change_key(NULL, signer, &index, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_change_key(ledger, NULL, &index, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_change_key(ledger, signer, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_put_blob(NULL, bytes, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_put_blob(ledger, NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_put_blob(ledger, bytes, 1, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_read_blob(NULL, TEXT("sha256:"), 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_read_blob(ledger, NULL, 1, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_read_blob(ledger, TEXT("sha256:"), 1, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_erase_blob(NULL, TEXT("sha256:"), &err));
  EXPECT(KF_ERR_NULL, kf_ledger_erase_blob(ledger, NULL, 1, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_export(NULL, TEXT("no"), NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_export(ledger, NULL, 1, NULL, NULL, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_export(ledger, TEXT("no"), NULL, NULL, NULL, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_prove_equivocation(NULL, 1, TEXT("b"), TEXT("k"), &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_prove_equivocation(TEXT("a"), NULL, 1, TEXT("k"), &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_prove_equivocation(TEXT("a"), TEXT("b"), NULL, 1, &text, &err));
  EXPECT(KF_ERR_NULL, kf_ledger_prove_equivocation(TEXT("a"), TEXT("b"), TEXT("k"), NULL, &err));
  CHECK(kf_ledger_free(NULL) == KF_OK && out == NULL && text == NULL && index == 7 && access("no", F_OK) != 0);
}

static void abuse(void) {
  kf_signer *signer = load("ed25519.pem");
  kf_ledger *ledger = NULL, *out = NULL, *stale;
  kf_text *text = NULL;
  uint64_t index = 7;
  EXPECT(KF_OK, kf_ledger_create(TEXT("abuse"), TEXT("intl"), TEXT(ORIGIN), signer, &ledger, &err));
  nulls(signer, ledger);

  EXPECT(KF_ERR_UTF8, kf_ledger_create(NOT_UTF8, TEXT("intl"), TEXT(ORIGIN), signer, &out, &err));
  EXPECT(KF_ERR_UTF8, kf_ledger_create(TEXT("no"), NOT_UTF8, TEXT(ORIGIN), signer, &out, &err));
  EXPECT(KF_ERR_UTF8, kf_ledger_create(TEXT("no"), TEXT("intl"), NOT_UTF8, signer, &out, &err));
  EXPECT(KF_ERR_UTF8, kf_ledger_open(NOT_UTF8, signer, &out, &err));
  EXPECT(KF_ERR_UTF8, kf_ledger_seal(ledger, NOT_UTF8, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_ledger_read_blob(ledger, NOT_UTF8, 1, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_ledger_erase_blob(ledger, NOT_UTF8, &err));
  EXPECT(KF_ERR_UTF8, kf_ledger_export(ledger, NOT_UTF8, NULL, NULL, &text, &err));
  EXPECT(KF_ERR_UTF8, kf_ledger_prove_equivocation(NOT_UTF8, TEXT(""), TEXT(""), &text, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_ledger_append(ledger, "1", SIZE_MAX, &index, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_ledger_append_lines(ledger, "1", SIZE_MAX, &index, &err));
  EXPECT(KF_ERR_ARGUMENT, kf_ledger_put_blob(ledger, CONSENT_BYTES, SIZE_MAX, &text, &err));

  /* Another kind, freed, freed twice, made up. A ledger outlives the handle of what signs it. */
  EXPECT(KF_ERR_HANDLE, kf_ledger_open(TEXT("abuse"), (const kf_signer *)ledger, &out, &err));
  EXPECT(KF_ERR_HANDLE, kf_ledger_append((const kf_ledger *)signer, TEXT("1"), &index, &err));
  EXPECT(KF_ERR_HANDLE, kf_ledger_change_key(ledger, (const kf_signer *)ledger, &index, &err));
  EXPECT(KF_ERR_HANDLE, kf_ledger_state((const kf_ledger *)(uintptr_t)3, &text, &err));
  CHECK(kf_ledger_free((kf_ledger *)signer) == KF_ERR_HANDLE && kf_signer_free((kf_signer *)ledger) == KF_ERR_HANDLE);
  CHECK(kf_signer_free(signer) == KF_OK && kf_signer_free(signer) == KF_ERR_HANDLE);
  EXPECT(KF_ERR_HANDLE, kf_ledger_change_key(ledger, signer, &index, &err));
  CHECK(append(ledger, "1") == 0);
  EXPECT(KF_OK, kf_ledger_checkpoint(ledger, &text, &err));
  CHECK(member(text, "size") == 1);
  drop(&text);
  EXPECT(KF_ERR_HANDLE, kf_ledger_open(TEXT("abuse"), signer, &out, &err));
  stale = ledger;
  CHECK(kf_ledger_free(ledger) == KF_OK && kf_ledger_free(stale) == KF_ERR_HANDLE);
  ledger = open_in("abuse", NULL); /* likely in the same slot */
  EXPECT(KF_ERR_HANDLE, kf_ledger_append(stale, TEXT("1"), &index, &err));
  EXPECT(KF_ERR_HANDLE, kf_ledger_checkpoint(stale, &text, &err));
  EXPECT(KF_ERR_HANDLE, kf_ledger_export(stale, TEXT("no"), NULL, NULL, &text, &err));
  CHECK(kf_ledger_free(stale) == KF_ERR_HANDLE && kf_ledger_free(ledger) == KF_OK);
  CHECK(out == NULL && text == NULL && index == 7);
}

int main(int argc, char **argv) {
  if (argc != 2 || chdir(argv[1]) != 0) {
    printf("usage: ledger_abuse FOLDER\n");
    return 2;
  }
  CHECK(write_key("ed25519.pem", ED25519_PEM, 0600));
  abuse();
  return finish("ledger_abuse");
}
