// What Glibc's module leaves out: epoll, eventfd, signalfd, accept4, and constants that are macros in C.
#pragma once
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/un.h>
#include <sys/uio.h>
#include <sys/resource.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <signal.h>
#include <fcntl.h>
#include <errno.h>
#include <unistd.h>
#include <netdb.h>
#include <sched.h>
#include <malloc.h>

// accept4(2) is declared only under _GNU_SOURCE, which the importer does not define.
extern int accept4(int, struct sockaddr *, socklen_t *, int);
// So are these two; a CPU set is 1,024 bits.
extern int pthread_setname_np(pthread_t, const char *);
extern int sched_getaffinity(pid_t, size_t, void *);

// Swift refuses C's global variables as shared and mutable. Nothing here changes the environment.
static inline char **apus_environment(void) {
    extern char **environ;
    return environ;
}

// Where this program's code begins and how long it is, without a page that it shares with what follows. The
// linker defines both symbols.
static inline void *apus_code(void) {
    extern char __executable_start[];
    return __executable_start;
}

static inline size_t apus_code_size(void) {
    extern char __executable_start[], etext[];
    return (size_t)(etext - __executable_start) & ~(size_t)4095;
}
