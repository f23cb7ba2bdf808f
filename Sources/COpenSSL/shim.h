#pragma once
// SHA256_Init and those that go with it: deprecated in favour of what allocates for each digest.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/opensslv.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

// Whether the environment names what is trusted (SSL_CTX_set_default_verify_paths(3)).
static inline int apus_trust_is_named(void) {
    return getenv(X509_get_default_cert_file_env()) || getenv(X509_get_default_cert_dir_env());
}

// What OpenSSL has as macros, which Swift does not see. Each is the macro and nothing else.

static inline long apus_ssl_ctx_set_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_mode(context, mode); }
static inline int apus_ssl_ctx_set_versions(SSL_CTX *context, int least, int most) {
    return SSL_CTX_set_min_proto_version(context, least) && SSL_CTX_set_max_proto_version(context, most);
}
static inline int apus_ssl_ctx_set_groups(SSL_CTX *context, const char *list) {
    return SSL_CTX_set1_groups_list(context, list);
}
static inline int apus_ssl_ctx_set_signature_algorithms(SSL_CTX *context, const char *list) {
    return SSL_CTX_set1_sigalgs_list(context, list);
}
static inline long apus_ssl_ctx_set_session_cache_mode(SSL_CTX *context, long mode) {
    return SSL_CTX_set_session_cache_mode(context, mode);
}
static inline void apus_ssl_ctx_set_read_ahead(SSL_CTX *context) { SSL_CTX_set_read_ahead(context, 1); }
static inline long apus_ssl_ctx_set_status_callback(SSL_CTX *context, int (*callback)(SSL *, void *)) {
    return SSL_CTX_set_tlsext_status_cb(context, callback);
}
static inline int apus_ssl_ctx_extra_index(CRYPTO_EX_free *release) {
    return SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, release);
}
static inline long apus_ssl_set_status_response(SSL *connection, void *bytes, long count) {
    return SSL_set_tlsext_status_ocsp_resp(connection, bytes, count);
}
static inline long apus_ssl_set_server_name(SSL *connection, const char *name) {
    return SSL_set_tlsext_host_name(connection, name);
}
static inline int apus_evp_cipher_iv_length(const EVP_CIPHER *cipher) { return EVP_CIPHER_get_iv_length(cipher); }
static inline void apus_openssl_free(void *bytes) { OPENSSL_free(bytes); }
static inline void *apus_openssl_copy(const void *bytes, size_t count) { return OPENSSL_memdup(bytes, count); }
static inline long apus_bio_memory(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }
static inline uint64_t apus_ssl_options(void) {
    return SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
}
// RFC 4514 with everything beyond ASCII escaped.
static inline unsigned long apus_name_flags(void) { return XN_FLAG_RFC2253; }
static inline uint64_t apus_ssl_option_no_ticket(void) { return SSL_OP_NO_TICKET; }
// The parameters of a ticket's HMAC-SHA256 (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)).
static inline int apus_ticket_mac(EVP_MAC_CTX *mac, const unsigned char *key, size_t count) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, count),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters);
}
