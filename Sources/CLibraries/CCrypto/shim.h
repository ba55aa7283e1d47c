#ifndef REPRISE_CCRYPTO_SHIM_H
#define REPRISE_CCRYPTO_SHIM_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

/* SHA-256 of a run of bytes into 32 bytes; 1 on success. */
static inline int reprise_sha256(const void *bytes, size_t length, unsigned char *hash) {
    return SHA256((const unsigned char *)bytes, length, hash) != NULL;
}

/* HMAC-SHA-256 of a run of bytes into 32 bytes; 1 on success. */
static inline int reprise_hmac_sha256(const void *key, int key_length, const void *bytes, size_t length,
                                      unsigned char *code) {
    unsigned int written = 0;
    return HMAC(EVP_sha256(), key, key_length, (const unsigned char *)bytes, length, code, &written) != NULL
        && written == 32;
}

#endif
