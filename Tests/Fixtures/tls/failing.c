// Has the nth call of OpenSSL fail, in a program before which this is put by LD_PRELOAD.
//
// FAILING_FILE is mapped, and shared with whoever says which call is to fail: see `struct order`. With
// FAILING_KIND=memory it is the nth allocation inside OpenSSL; otherwise a call that comes from the program itself, of
// a function that its manual says may fail.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct order {
    int64_t calls;      // Since somebody set it to 0.
    int64_t first;      // The number of the call that fails; 0 for none.
    int64_t count;      // How many fail from there on.
    int64_t failed;     // How many have.
    int64_t sessions;   // Made and not freed.
    char name[64];      // What failed last.
} *order;

static uintptr_t program_start, program_end;

static int is_due(const char *name) {
    int64_t number = __atomic_add_fetch(&order->calls, 1, __ATOMIC_SEQ_CST);
    int64_t first = __atomic_load_n(&order->first, __ATOMIC_SEQ_CST);
    if (!first || number < first || number - first >= order->count) return 0;
    strncpy(order->name, name, sizeof order->name - 1);
    __atomic_add_fetch(&order->failed, 1, __ATOMIC_SEQ_CST);
    return 1;
}

static int counts_calls;

static int is_program(void *caller) {
    return (uintptr_t)caller >= program_start && (uintptr_t)caller < program_end;
}

static int fails(const char *name, void *caller) {
    if (!counts_calls || !is_program(caller) || !is_due(name)) return 0;
    ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
    return 1;
}

// All arguments are integers and pointers, six at most: they pass through as they came.
#define ARGUMENTS long a, long b, long c, long d, long e, long f
#define REAL(name) \
    static long (*real)(ARGUMENTS); \
    if (!real) real = (long (*)(ARGUMENTS))dlsym(RTLD_NEXT, #name)
#define MAY_FAIL_IF(name, failure, condition, before) \
    long may_fail_##name(ARGUMENTS) __asm__(#name); \
    long may_fail_##name(ARGUMENTS) { \
        REAL(name); \
        if ((condition) && fails(#name, __builtin_return_address(0))) { \
            before; \
            return failure; \
        } \
        return real(a, b, c, d, e, f); \
    }
#define MAY_FAIL(name, failure) MAY_FAIL_IF(name, failure, 1, )

MAY_FAIL(ASN1_TIME_diff, 0)
MAY_FAIL(ASN1_TIME_set, 0)
MAY_FAIL(BIO_get_new_index, -1)
MAY_FAIL(BIO_meth_new, 0)
MAY_FAIL(BIO_meth_set_ctrl, 0)
MAY_FAIL(BIO_meth_set_read_ex, 0)
MAY_FAIL(BIO_meth_set_write_ex, 0)
MAY_FAIL(BIO_new, 0)
MAY_FAIL(BIO_new_mem_buf, 0)
MAY_FAIL(CRYPTO_get_ex_new_index, -1)
MAY_FAIL(CRYPTO_memdup, 0)
MAY_FAIL(EVP_CIPHER_fetch, 0)
MAY_FAIL(EVP_CipherInit_ex2, 0)
MAY_FAIL(EVP_DigestFinal_ex, 0)
MAY_FAIL(EVP_DigestInit_ex2, 0)
MAY_FAIL(EVP_DigestUpdate, 0)
MAY_FAIL(EVP_DigestVerify, -1)
MAY_FAIL(EVP_DigestVerifyInit, 0)
MAY_FAIL(EVP_MAC_CTX_set_params, 0)
MAY_FAIL(EVP_MD_CTX_new, 0)
MAY_FAIL(EVP_MD_CTX_reset, 0)
MAY_FAIL(EVP_MD_fetch, 0)
MAY_FAIL(EVP_PKEY_CTX_new_from_pkey, 0)
MAY_FAIL(EVP_PKEY_CTX_set_rsa_padding, 0)
MAY_FAIL(EVP_PKEY_CTX_set_rsa_pss_saltlen, 0)
MAY_FAIL(EVP_PKEY_get_bits, 0)
MAY_FAIL(EVP_PKEY_get_group_name, 0)
MAY_FAIL(EVP_PKEY_is_a, 0)
MAY_FAIL(EVP_PKEY_public_check, -1)
MAY_FAIL(OPENSSL_sk_new_null, 0)
MAY_FAIL(OPENSSL_sk_push, 0)
MAY_FAIL(PEM_read_bio_PrivateKey, 0)
MAY_FAIL(PEM_read_bio_X509_AUX, 0)
MAY_FAIL(PEM_read_bio_X509_CRL, 0)
MAY_FAIL(RAND_bytes, 0)
MAY_FAIL(SHA256, 0)
MAY_FAIL(SSL_CTX_add_client_CA, 0)
MAY_FAIL(SSL_CTX_callback_ctrl, 0)
// The other two say what was set before, and take everything.
MAY_FAIL_IF(SSL_CTX_ctrl, 0, (int)b != SSL_CTRL_SET_READ_AHEAD && (int)b != SSL_CTRL_SET_SESS_CACHE_MODE, )
MAY_FAIL(SSL_CTX_new, 0)
// 0 is success.
MAY_FAIL(SSL_CTX_set_alpn_protos, 1)
MAY_FAIL(SSL_CTX_set_cipher_list, 0)
MAY_FAIL(SSL_CTX_set_ciphersuites, 0)
MAY_FAIL(SSL_CTX_set_ex_data, 0)
MAY_FAIL(SSL_CTX_set_num_tickets, 0)
MAY_FAIL(SSL_CTX_set_tlsext_ticket_key_evp_cb, 0)
MAY_FAIL(SSL_CTX_use_cert_and_key, 0)
MAY_FAIL(SSL_ctrl, 0)
MAY_FAIL(SSL_do_handshake, -1)
MAY_FAIL(SSL_get1_peer_certificate, 0)
MAY_FAIL(SSL_read_ex, 0)
MAY_FAIL(SSL_set1_host, 0)
MAY_FAIL(SSL_set_SSL_CTX, 0)
MAY_FAIL(SSL_set_session, 0)
MAY_FAIL(SSL_set_session_id_context, 0)
MAY_FAIL(SSL_shutdown, -1)
MAY_FAIL(SSL_write_ex, 0)
MAY_FAIL(X509_NAME_print_ex, -1)
MAY_FAIL(X509_STORE_CTX_init, 0)
MAY_FAIL(X509_STORE_CTX_new, 0)
MAY_FAIL(X509_STORE_add_cert, 0)
MAY_FAIL(X509_STORE_add_crl, 0)
MAY_FAIL(X509_STORE_load_file, 0)
MAY_FAIL(X509_STORE_new, 0)
MAY_FAIL(X509_STORE_set_default_paths, 0)
MAY_FAIL(X509_STORE_set_flags, 0)
MAY_FAIL(X509_STORE_up_ref, 0)
MAY_FAIL(X509_VERIFY_PARAM_set1_host, 0)
MAY_FAIL(X509_VERIFY_PARAM_set1_ip_asc, 0)
MAY_FAIL(X509_check_private_key, 0)
MAY_FAIL(X509_digest, 0)
// That it is there, and cannot be read.
MAY_FAIL_IF(X509_get_ext_d2i, 0, 1, if (c) *(int *)c = 0)
MAY_FAIL(X509_verify_cert, -1)
MAY_FAIL(d2i_OCSP_RESPONSE, 0)
MAY_FAIL(d2i_PUBKEY, 0)
MAY_FAIL(d2i_X509, 0)
MAY_FAIL(i2d_X509, -1)
MAY_FAIL(i2d_X509_PUBKEY, -1)

// Sessions are counted as well; those that OpenSSL gives up while it makes them are not.
SSL *SSL_new(SSL_CTX *context) {
    static SSL *(*real)(SSL_CTX *);
    if (!real) real = (SSL *(*)(SSL_CTX *))dlsym(RTLD_NEXT, "SSL_new");
    SSL *made = fails("SSL_new", __builtin_return_address(0)) ? NULL : real(context);
    if (made) __atomic_add_fetch(&order->sessions, 1, __ATOMIC_SEQ_CST);
    return made;
}

void SSL_free(SSL *ssl) {
    static void (*real)(SSL *);
    if (!real) real = (void (*)(SSL *))dlsym(RTLD_NEXT, "SSL_free");
    if (ssl && is_program(__builtin_return_address(0))) __atomic_add_fetch(&order->sessions, -1, __ATOMIC_SEQ_CST);
    real(ssl);
}

static void *allocate(size_t count, const char *file, int line) { return is_due(file) ? NULL : malloc(count); }
static void *extend(void *old, size_t count, const char *file, int line) {
    if (!count) return free(old), NULL;
    return is_due(file) ? NULL : realloc(old, count);
}
static void release(void *old, const char *file, int line) { free(old); }

static int find_program(struct dl_phdr_info *information, size_t size, void *unused) {
    for (int index = 0; index < information->dlpi_phnum; index++) {
        const ElfW(Phdr) *part = &information->dlpi_phdr[index];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        program_start = information->dlpi_addr + part->p_vaddr;
        program_end = program_start + part->p_memsz;
    }
    return 1;  // The program is the first.
}

__attribute__((constructor)) static void begin(void) {
    static struct order nobody;
    order = &nobody;
    const char *path = getenv("FAILING_FILE"), *kind = getenv("FAILING_KIND");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *shared = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared == MAP_FAILED) abort();
    order = shared;
    dl_iterate_phdr(find_program, NULL);
    if (!kind || strcmp(kind, "memory")) counts_calls = 1;
    else if (!CRYPTO_set_mem_functions(allocate, extend, release)) abort();
}
