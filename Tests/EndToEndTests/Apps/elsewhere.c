// Loaded before the gateway's libraries: hosts below .paypal.com are this machine, and their port 443 is APUS_ELSEWHERE.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    static const char domain[] = ".paypal.com";
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    size_t length = host ? strlen(host) : 0, tail = sizeof domain - 1;
    if (length > tail && strcmp(host + length - tail, domain) == 0) host = "127.0.0.1";
    return real(host, service, hints, found);
}

int connect(int number, const struct sockaddr *address, socklen_t length) {
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    const char *port = getenv("APUS_ELSEWHERE");
    if (!port || address->sa_family != AF_INET || length < sizeof(struct sockaddr_in)) return real(number, address, length);
    struct sockaddr_in other;
    memcpy(&other, address, sizeof other);
    if (other.sin_port == htons(443)) other.sin_port = htons((unsigned short)atoi(port));
    return real(number, (struct sockaddr *)&other, sizeof other);
}
