/*
 * What signs a ledger through C: key files, old and new, and devices behind a callback, good ones and all that a bad one
 * can do. The good devices know the two heads that they are asked for, and give signatures that openssl made of them.
 *
 * usage: signer FOLDER
 */
#include "ledger.h"

#define DEVICE_ORIGIN "data.example/device"
#define RECORD "1"
#define PATIENCE_MS 60000 /* of a device that is expected to answer */
#define SHORT_MS 100      /* of one that is not */

/* A head that a device is asked to sign, and its signature. */
typedef struct {
  const char *message, *signature; /* in hexadecimal: the digest, the signature */
} known;

typedef struct {
  const char *profile, *public_key;
  int32_t signs;
  known heads[2]; /* of no record, and of RECORD */
} kind;

#define HEAD(size, root) DEVICE_ORIGIN "\n" size "\n" root "\n"
#define GM_0 HEAD("0", "GrIdg1XPoX+OYRlIMegajyK+yMco/vt0ftA161CCqis=")
#define GM_1 HEAD("1", "DuIRX2MwvakJ08Ch79Ilqju45BSgVF2Uub+lZ9hH3Ac=")
#define R0 "fa981cda4ce285b055690bac00ce9af340eed55aa990d82cc28aae23ba5f11d1"
#define S0 "fe7435800e8c82fffe354959762e6c720dc08f9187ca72bdfa4545e8a261d2b1"
#define R1 "acab9a928d1f964123b7dd254e3ab7e26be8252836bd86cb945cffa7b2422101"
#define S1 "8d39078e3972ec94219a0c71329d81bd3328ff9342f1d9752062bb0b4129bc5c"
#define DER(r, s) "3046022100" r "022100" s

static const kind KINDS[] = {
    {"intl", ED25519_PUBLIC, KF_SIGN_MESSAGE,
     {{HEAD("0", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
       "eeeb89a3c9d4736c4eb05463b688d092d5c3202553f2544cb084e701d8b2cf0f"
       "1de56c41e6723f599eb26d389f49ae588c4449842c434f1053b495b3d5f32b0e"},
      {HEAD("1", "IhXorE4rhxwqSBieeXOMlWwIHiOsLyQVv3faGZ39kgw="),
       "76f019310be4a585e5597151f2367c5d20b9e7d7818ba65b60eba5b28c2f37f2"
       "63230bfe4bb6577b2418f7506af9e181da2efd4c1d54f60bc97dd53effc8730d"}}},
    {"gm", SM2_PUBLIC, KF_SIGN_MESSAGE, {{GM_0, DER(R0, S0)}, {GM_1, DER(R1, S1)}}},
    {"gm", SM2_PUBLIC, KF_SIGN_DIGEST,
     {{"add096c7a88bd0db66fdb3be3579bebac05a888c931a96c9e8c9c02b83321cda", R0 S0},
      {"921001aa5fe8ad27d18dfebe212db09da6f1eac4f201224b91b28ee82af3b43a", R1 S1}}},
};

typedef enum {
  GOOD,
  DAWDLES,    /* comes back, late but in time */
  OTHER_HEAD, /* signs, but another head than it was asked for */
  GARBAGE,    /* five bytes */
  ZEROS,      /* as many as a signature has */
  NOTHING,    /* says that it signed, and writes neither signature nor length */
  ONE_TOO_LONG,
  ENDLESS,      /* a length beyond any memory */
  REFUSES,      /* 0 */
  REFUSES_ELSE, /* another number, with a good signature */
  SLEEPS,       /* until it is woken */
  ASKS_BACK     /* asks the ledger that waits for its signature */
} manner;

typedef struct {
  const kind *of;
  kf_ledger *ledger; /* for ASKS_BACK */
  pthread_mutex_t lock;
  manner how;
  int calls, releases, inside, together, unknown;
} device;

/* A worker may hold on to a device for a moment after its release was seen, so none goes away. */
static device devices[100];
static size_t devices_made = 0;

static device *made(const kind *k) {
  device *d = &devices[devices_made++];
  if (devices_made > sizeof devices / sizeof *devices) abort();
  d->of = k;
  pthread_mutex_init(&d->lock, NULL);
  return d;
}

static int get(device *d, const int *what) {
  int found;
  pthread_mutex_lock(&d->lock);
  found = *what;
  pthread_mutex_unlock(&d->lock);
  return found;
}

static void behave(device *d, manner how) {
  pthread_mutex_lock(&d->lock);
  d->how = how;
  pthread_mutex_unlock(&d->lock);
}

static manner manner_of(device *d) {
  manner found;
  pthread_mutex_lock(&d->lock);
  found = d->how;
  pthread_mutex_unlock(&d->lock);
  return found;
}

/* Waits until a counter has reached a number; the worker of a signer may take a moment. */
static int reaches(device *d, const int *what, int number) {
  int tries;
  for (tries = 0; tries < 3000 && get(d, what) < number; tries++) wait_ms(10);
  return get(d, what) == number;
}

/* Whether the bytes are these, in hexadecimal. */
static int are(const uint8_t *bytes, size_t len, const char *hex) {
  char digits[3];
  size_t i;
  for (i = 0; i < len; i++) {
    snprintf(digits, sizeof digits, "%02x", bytes[i]);
    if (strncmp(hex + 2 * i, digits, 2) != 0) return 0;
  }
  return hex[2 * len] == 0;
}

static size_t unhex(const char *hex, uint8_t *out) {
  char digits[3] = {0};
  size_t len = strlen(hex) / 2, i;
  for (i = 0; i < len; i++) {
    memcpy(digits, hex + 2 * i, 2);
    out[i] = (uint8_t)strtol(digits, NULL, 16);
  }
  return len;
}

/* Which of the heads is asked for, and -1 for none of them. */
static int asked(const kind *k, const uint8_t *message, size_t len) {
  int n;
  for (n = 0; n < 2; n++) {
    const char *text = k->heads[n].message;
    if (k->signs == KF_SIGN_DIGEST ? len == 32 && are(message, len, text)
                                   : len == strlen(text) && memcmp(message, text, len) == 0) {
      return n;
    }
  }
  return -1;
}

static int32_t answer(device *d, int head, uint8_t *signature, size_t *len) {
  manner how = manner_of(d);
  kf_text *text = NULL;
  *len = unhex(d->of->heads[how == OTHER_HEAD ? !head : head].signature, signature);
  switch (how) {
    case GOOD: case OTHER_HEAD: break;
    case DAWDLES: wait_ms(30); break;
    case GARBAGE: memcpy(signature, "\xff\0\xff\0\xff", *len = 5); break;
    case ZEROS: memset(signature, 0, *len); break;
    case NOTHING: memset(signature, 0, *len); *len = 0; break;
    case ONE_TOO_LONG: *len = KF_SIGNATURE_CAPACITY + 1; break;
    case ENDLESS: *len = SIZE_MAX; break;
    case REFUSES: return 0;
    case REFUSES_ELSE: return 2;
    case SLEEPS: while (manner_of(d) == SLEEPS) wait_ms(1); break;
    case ASKS_BACK: kf_ledger_state(d->ledger, &text, NULL); kf_text_free(text); break;
  }
  return KF_SIGNED;
}

static int32_t sign(void *user, const uint8_t *message, size_t message_len, uint8_t *signature, size_t *len) {
  device *d = (device *)user;
  int head = asked(d->of, message, message_len), status = 0;
  pthread_mutex_lock(&d->lock);
  d->calls++;
  if (d->inside++) d->together++;
  if (head < 0) d->unknown++;
  pthread_mutex_unlock(&d->lock);
  if (head >= 0) status = answer(d, head, signature, len);
  pthread_mutex_lock(&d->lock);
  d->inside--;
  pthread_mutex_unlock(&d->lock);
  return status;
}

static void release(void *user) {
  device *d = (device *)user;
  pthread_mutex_lock(&d->lock);
  d->releases++;
  pthread_mutex_unlock(&d->lock);
}

static kf_signer *behind(device *d, uint64_t timeout_ms) {
  kf_signer *signer = NULL;
  kf_text *key = NULL;
  const kind *k = d->of;
  EXPECT(KF_OK, kf_signer_from_callback(TEXT(k->public_key), k->signs, timeout_ms, sign, release, d, &signer, &err));
  EXPECT(KF_OK, kf_signer_public_key(signer, &key, &err));
  CHECK(is(key, k->public_key));
  drop(&key);
  return signer;
}

static kf_ledger *create(const char *directory, const kind *k, const kf_signer *signer) {
  kf_ledger *ledger = NULL;
  EXPECT(KF_OK, kf_ledger_create(TEXT(directory), TEXT(k->profile), TEXT(DEVICE_ORIGIN), signer, &ledger, &err));
  return ledger;
}

/* Every byte of the ledger verifies, with so many records signed of so many. */
static void verifies(const char *directory, const kind *k, uint64_t size, uint64_t signed_size) {
  kf_text *verified = NULL;
  EXPECT(KF_OK, kf_ledger_verify(TEXT(directory), TEXT(k->public_key), NULL, 0, &verified, &err));
  CHECK(member(verified, "size") == size && member(verified, "signed_size") == signed_size);
  drop(&verified);
}

/* When the device fails, the record stays, unsigned; when it signs again, so does the ledger. */
static void fails_then_signs(const kind *k, manner how, const char *code, uint64_t timeout_ms) {
  static int number = 0;
  device *first = made(k), *d = made(k);
  kf_signer *signer = behind(first, PATIENCE_MS);
  kf_ledger *ledger;
  kf_text *checkpoint = NULL;
  char directory[64];
  kf_status status;
  int tries;
  snprintf(directory, sizeof directory, "device-%d", number++);
  ledger = create(directory, k, signer);
  CHECK(append(ledger, RECORD) == 0 && kf_signer_free(signer) == KF_OK);
  CHECK(get(first, &first->releases) == 0 && kf_ledger_free(ledger) == KF_OK && reaches(first, &first->releases, 1));
  CHECK(first->calls == 1 && first->unknown == 0);

  signer = behind(d, timeout_ms);
  d->ledger = ledger = open_in(directory, signer);
  behave(d, how);
  FAILS(code, kf_ledger_checkpoint(ledger, &checkpoint, &err));
  verifies(directory, k, 1, 0);
  if (how == SLEEPS) {
    /* While the call has not come back, nothing is signed, and nobody waits. */
    FAILS(code, kf_ledger_checkpoint(ledger, &checkpoint, &err));
    CHECK(reaches(d, &d->calls, 1));
  }
  behave(d, GOOD);
  status = kf_ledger_checkpoint(ledger, &checkpoint, NULL);
  for (tries = 0; tries < 3000 && status != KF_OK && timeout_ms == SHORT_MS; tries++) {
    wait_ms(10);
    status = kf_ledger_checkpoint(ledger, &checkpoint, NULL);
  }
  CHECK(status == KF_OK && member(checkpoint, "size") == 1);
  drop(&checkpoint);
  verifies(directory, k, 1, 1);
  CHECK(kf_signer_free(signer) == KF_OK && get(d, &d->releases) == 0);
  CHECK(kf_ledger_free(ledger) == KF_OK && reaches(d, &d->releases, 1));
  CHECK(d->unknown == 0 && d->together == 0);
}

/* A device that fails when the first head is to be signed leaves no directory. */
static void fails_at_creation(const kind *k) {
  device *d = made(k);
  kf_signer *signer = behind(d, PATIENCE_MS);
  kf_ledger *ledger = NULL;
  behave(d, REFUSES);
  FAILS("KF-KEY-14",
        kf_ledger_create(TEXT("never"), TEXT(k->profile), TEXT(DEVICE_ORIGIN), signer, &ledger, &err));
  CHECK(ledger == NULL && access("never", F_OK) != 0 && get(d, &d->releases) == 0);
  CHECK(kf_signer_free(signer) == KF_OK && reaches(d, &d->releases, 1));
}

/* A device that is new to a ledger and fails does not become its key. */
static void fails_at_a_change(void) {
  device *d = made(&KINDS[0]);
  kf_signer *signer = NULL, *next = behind(d, PATIENCE_MS);
  kf_ledger *ledger = NULL;
  uint64_t index = 7;
  EXPECT(KF_OK, kf_signer_load(TEXT("other.pem"), &signer, &err));
  EXPECT(KF_OK, kf_ledger_create(TEXT("change"), TEXT("intl"), TEXT(ORIGIN), signer, &ledger, &err));
  behave(d, REFUSES);
  FAILS("KF-KEY-14", kf_ledger_change_key(ledger, next, &index, &err));
  CHECK(index == 7 && size_of(ledger) == 0 && append(ledger, RECORD) == 0);
  CHECK(kf_ledger_free(ledger) == KF_OK);
  ledger = open_in("change", signer);
  CHECK(kf_ledger_free(ledger) == KF_OK && kf_signer_free(signer) == KF_OK && get(d, &d->releases) == 0);
  CHECK(kf_signer_free(next) == KF_OK && reaches(d, &d->releases, 1));
}

typedef struct {
  const kf_signer *signer;
  kf_ledger *ledger;
  char directory[32];
} creation;

static void *create_one(void *user) {
  creation *mine = (creation *)user;
  kf_ledger_create(TEXT(mine->directory), TEXT("intl"), TEXT(DEVICE_ORIGIN), mine->signer, &mine->ledger, NULL);
  return NULL;
}

/* Several ledgers of one device, at once: one call at a time. */
static void shared(void) {
  enum { LEDGERS = 4 };
  device *d = made(&KINDS[0]);
  kf_signer *signer = behind(d, PATIENCE_MS);
  pthread_t running[LEDGERS];
  creation each[LEDGERS];
  int n;
  behave(d, DAWDLES);
  for (n = 0; n < LEDGERS; n++) {
    each[n].signer = signer;
    each[n].ledger = NULL;
    snprintf(each[n].directory, sizeof each[n].directory, "shared-%d", n);
    CHECK(pthread_create(&running[n], NULL, create_one, &each[n]) == 0);
  }
  for (n = 0; n < LEDGERS; n++) CHECK(pthread_join(running[n], NULL) == 0 && each[n].ledger != NULL);
  CHECK(get(d, &d->calls) == LEDGERS && d->together == 0 && d->unknown == 0);
  CHECK(kf_signer_free(signer) == KF_OK);
  for (n = 0; n < LEDGERS; n++) {
    CHECK(get(d, &d->releases) == 0 && kf_ledger_free(each[n].ledger) == KF_OK);
    verifies(each[n].directory, &KINDS[0], 0, 0);
  }
  CHECK(reaches(d, &d->releases, 1));
}

/* Freed while its call has not come back: it is released when it has, and not before. */
static void freed_while_it_signs(void) {
  device *d = made(&KINDS[0]);
  kf_signer *signer = behind(d, SHORT_MS);
  kf_ledger *ledger = NULL;
  behave(d, SLEEPS);
  FAILS("KF-KEY-16",
        kf_ledger_create(TEXT("asleep"), TEXT("intl"), TEXT(DEVICE_ORIGIN), signer, &ledger, &err));
  CHECK(kf_signer_free(signer) == KF_OK);
  CHECK(reaches(d, &d->inside, 1));
  wait_ms(50);
  CHECK(get(d, &d->releases) == 0);
  behave(d, GOOD);
  CHECK(reaches(d, &d->releases, 1) && get(d, &d->inside) == 0);
}

/* Whatever is wrong with what was handed over, it is released once, at once. */
static void not_made(void) {
  device *d = made(&KINDS[0]);
  kf_signer *signer = NULL;
  int expected = 0;
#define NOT_MADE(status, key, key_len, signs, timeout, call, out)                                             \
  do {                                                                                                        \
    EXPECT(status, kf_signer_from_callback(key, key_len, signs, timeout, call, release, d, out, &err));      \
    CHECK(reaches(d, &d->releases, ++expected) && signer == NULL);                                            \
    CHECK(kf_signer_from_callback(key, key_len, signs, timeout, call, NULL, d, out, NULL) == (status));      \
  } while (0)
  NOT_MADE(KF_ERR_NULL, NULL, 1, KF_SIGN_MESSAGE, 1, sign, &signer);
  NOT_MADE(KF_ERR_NULL, ED25519_PUBLIC, 44, KF_SIGN_MESSAGE, 1, NULL, &signer);
  NOT_MADE(KF_ERR_NULL, ED25519_PUBLIC, 44, KF_SIGN_MESSAGE, 1, sign, NULL);
  NOT_MADE(KF_ERR_UTF8, "abc\xff", 4, KF_SIGN_MESSAGE, 1, sign, &signer);
  NOT_MADE(KF_ERR_KEYRING, "", 0, KF_SIGN_MESSAGE, 1, sign, &signer);
  NOT_MADE(KF_ERR_KEYRING, ED25519_PUBLIC, 43, KF_SIGN_MESSAGE, 1, sign, &signer);
  NOT_MADE(KF_ERR_ARGUMENT, ED25519_PUBLIC, SIZE_MAX, KF_SIGN_MESSAGE, 1, sign, &signer);
  NOT_MADE(KF_ERR_ARGUMENT, ED25519_PUBLIC, 44, KF_SIGN_MESSAGE, 0, sign, &signer);
  NOT_MADE(KF_ERR_ARGUMENT, ED25519_PUBLIC, 44, 0, 1, sign, &signer);
  NOT_MADE(KF_ERR_ARGUMENT, ED25519_PUBLIC, 44, 3, 1, sign, &signer);
  NOT_MADE(KF_ERR_KEYRING, ED25519_PUBLIC, 44, KF_SIGN_DIGEST, 1, sign, &signer); /* only SM2 signs a digest */
#undef NOT_MADE
  CHECK(get(d, &d->calls) == 0);
}

static void new_sm2_keys(void) {
  kf_signer *signer = NULL;
  kf_text *made_key = NULL, *key = NULL;
  struct stat about;
  EXPECT(KF_OK, kf_sm2_key_create(TEXT("new.pem"), NULL, 0, &made_key, &err));
  CHECK(stat("new.pem", &about) == 0 && (about.st_mode & 0777) == 0600);
  CHECK(strncmp(bytes_of(made_key).at, "sm2:", 4) == 0 && has(made_key, ":1234567812345678"));
  EXPECT(KF_OK, kf_signer_load(TEXT("new.pem"), &signer, &err));
  EXPECT(KF_OK, kf_signer_public_key(signer, &key, &err));
  CHECK(bytes_of(key).len == bytes_of(made_key).len && is(key, bytes_of(made_key).at));
  drop(&made_key);
  drop(&key);
  CHECK(kf_signer_free(signer) == KF_OK);
  FAILS("KF-KEY-12", kf_sm2_key_create(TEXT("new.pem"), NULL, 0, &key, &err));
  FAILS("KF-KEY-13", kf_sm2_key_create(TEXT("/nowhere/at/all.pem"), NULL, 0, &key, &err));
  FAILS("KF-KEY-18", kf_sm2_key_create(TEXT("no.pem"), TEXT(""), &key, &err));
  FAILS("KF-KEY-18", kf_sm2_key_create(TEXT("no.pem"), TEXT("two\nlines"), &key, &err));
  EXPECT(KF_ERR_UTF8, kf_sm2_key_create(TEXT("no.pem"), NOT_UTF8, &key, &err));
  EXPECT(KF_ERR_UTF8, kf_sm2_key_create(NOT_UTF8, NULL, 0, &key, &err));
  EXPECT(KF_ERR_NULL, kf_sm2_key_create(NULL, 1, NULL, 0, &key, &err));
  EXPECT(KF_ERR_NULL, kf_sm2_key_create(TEXT("no.pem"), NULL, 0, NULL, &err));
  CHECK(key == NULL && access("no.pem", F_OK) != 0);
}

static void key_files(void) {
  kf_signer *signer = NULL, *stale;
  kf_text *key = NULL;
  CHECK(write_key("exposed.pem", ED25519_PEM, 0640) && write_key("ours.pem", ED25519_PEM, 0600));
  CHECK(write_key("broken.pem", ED25519_PUBLIC, 0600) && write_key("bytes.pem", "\xff\xfe", 0600));
  FAILS("KF-KEY-01", kf_signer_load(TEXT("absent.pem"), &signer, &err));
  FAILS("KF-KEY-02", kf_signer_load(TEXT("exposed.pem"), &signer, &err));
  FAILS("KF-KEY-04", kf_signer_load(TEXT("broken.pem"), &signer, &err));
  FAILS("KF-KEY-04", kf_signer_load(TEXT("bytes.pem"), &signer, &err));
  EXPECT(KF_ERR_NULL, kf_signer_load(NULL, 1, &signer, &err));
  EXPECT(KF_ERR_NULL, kf_signer_load(TEXT("ours.pem"), NULL, &err));
  EXPECT(KF_ERR_UTF8, kf_signer_load(NOT_UTF8, &signer, &err));
  CHECK(signer == NULL);
  EXPECT(KF_OK, kf_signer_load(TEXT("ours.pem"), &signer, &err));
  EXPECT(KF_OK, kf_signer_public_key(signer, &key, &err));
  CHECK(is(key, ED25519_PUBLIC));
  EXPECT(KF_ERR_HANDLE, kf_signer_public_key((const kf_signer *)key, &key, &err));
  EXPECT(KF_ERR_NULL, kf_signer_public_key(NULL, &key, &err));
  EXPECT(KF_ERR_NULL, kf_signer_public_key(signer, NULL, &err));
  drop(&key);
  stale = signer;
  CHECK(kf_signer_free(signer) == KF_OK && kf_signer_free(stale) == KF_ERR_HANDLE && kf_signer_free(NULL) == KF_OK);
  EXPECT(KF_ERR_HANDLE, kf_signer_public_key(stale, &key, &err));
}

int main(int argc, char **argv) {
  static const struct {
    manner how;
    const char *code;
    uint64_t timeout_ms;
  } failing[] = {
      {OTHER_HEAD, "KF-KEY-15", PATIENCE_MS}, {GARBAGE, "KF-KEY-15", PATIENCE_MS},
      {ZEROS, "KF-KEY-15", PATIENCE_MS},      {NOTHING, "KF-KEY-15", PATIENCE_MS},
      {ONE_TOO_LONG, "KF-KEY-14", PATIENCE_MS}, {ENDLESS, "KF-KEY-14", PATIENCE_MS},
      {REFUSES, "KF-KEY-14", PATIENCE_MS},    {REFUSES_ELSE, "KF-KEY-14", PATIENCE_MS},
      {SLEEPS, "KF-KEY-16", SHORT_MS},        {ASKS_BACK, "KF-KEY-16", SHORT_MS},
  };
  kf_text *text = NULL;
  size_t k, n;
  if (argc != 2 || chdir(argv[1]) != 0) {
    printf("usage: signer FOLDER\n");
    return 2;
  }
  EXPECT(KF_OK, kf_signing_key_create(TEXT("other.pem"), &text, &err));
  drop(&text);
  key_files();
  new_sm2_keys();
  not_made();
  for (k = 0; k < sizeof KINDS / sizeof *KINDS; k++) {
    for (n = 0; n < sizeof failing / sizeof *failing; n++) {
      fails_then_signs(&KINDS[k], failing[n].how, failing[n].code, failing[n].timeout_ms);
    }
    fails_at_creation(&KINDS[k]);
  }
  fails_at_a_change();
  shared();
  freed_while_it_signs();
  return finish("signer");
}
