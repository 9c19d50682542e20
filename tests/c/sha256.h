/* SHA-256 (FIPS 180-4) for the test programs: none of the library's own. */
#ifndef TEST_SHA256_H
#define TEST_SHA256_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t SHA256_K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t sha256_right(uint32_t word, int bits) { return word >> bits | word << (32 - bits); }

static void sha256_block(uint32_t state[8], const unsigned char *block) {
  uint32_t w[64], v[8];
  int i;
  for (i = 0; i < 16; i++) {
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
           (uint32_t)block[4 * i + 3];
  }
  for (i = 16; i < 64; i++) {
    uint32_t low = sha256_right(w[i - 15], 7) ^ sha256_right(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t high = sha256_right(w[i - 2], 17) ^ sha256_right(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + low + w[i - 7] + high;
  }
  memcpy(v, state, sizeof v);
  for (i = 0; i < 64; i++) {
    uint32_t high = sha256_right(v[4], 6) ^ sha256_right(v[4], 11) ^ sha256_right(v[4], 25);
    uint32_t low = sha256_right(v[0], 2) ^ sha256_right(v[0], 13) ^ sha256_right(v[0], 22);
    uint32_t one = v[7] + high + ((v[4] & v[5]) ^ (~v[4] & v[6])) + SHA256_K[i] + w[i];
    uint32_t two = low + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += one;
    v[0] = one + two;
  }
  for (i = 0; i < 8; i++) state[i] += v[i];
}

/* The digest as documents have it, `sha256:` and 64 digits, into 72 bytes. */
static void sha256_text(const char *bytes, size_t len, char out[72]) {
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  size_t padded = (len + 8) / 64 * 64 + 64, i;
  unsigned char *message = (unsigned char *)calloc(padded, 1);
  if (!message) abort();
  memcpy(message, bytes, len);
  message[len] = 0x80;
  for (i = 0; i < 8; i++) message[padded - 1 - i] = (unsigned char)((uint64_t)len * 8 >> 8 * i);
  for (i = 0; i < padded; i += 64) sha256_block(state, message + i);
  free(message);
  strcpy(out, "sha256:");
  for (i = 0; i < 8; i++) snprintf(out + 7 + 8 * i, 9, "%08x", (unsigned)state[i]);
}

#endif
