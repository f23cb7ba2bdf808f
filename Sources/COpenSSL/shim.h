#pragma once
// SHA256_Init and those that go with it: deprecated in favour of what allocates for each digest.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
