// What Glibc's module leaves out: epoll, eventfd, signalfd, accept4, and constants that are macros in C.
#pragma once
#include <sys/types.h>
#include <sys/syscall.h>
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

// The same calls without glibc's cancellation points, which cost each of them some fifty instructions in a
// process that has threads. Nobody cancels a thread here.
extern long syscall(long, ...);

static inline ssize_t apus_receive(int socket, void *bytes, size_t count) {
    return syscall(SYS_recvfrom, socket, bytes, count, 0, (void *)0, (void *)0);
}

static inline ssize_t apus_send(int socket, const void *bytes, size_t count, int flags) {
    return syscall(SYS_sendto, socket, bytes, count, flags, (void *)0, 0);
}

static inline int apus_epoll_wait(int epoll, struct epoll_event *events, int count, int milliseconds) {
    return (int)syscall(SYS_epoll_pwait, epoll, events, count, milliseconds, (void *)0, 0);
}

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
