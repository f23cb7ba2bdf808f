/* The floor of the comparison: a relay that parses nothing.
 *
 *     relay ORIGIN_PORT PROXY_PORT
 *
 * Every client gets an upstream connection of its own, made when it is accepted, and bytes are copied
 * both ways with the fewest system calls that sockets allow: epoll, edge-triggered, registered once,
 * and a short read or write taken for the last. Both sockets are closed when either ends. What is left
 * is the kernel's price of a request, which no proxy on sockets can go below.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Long strides: 64 KiB at a time would cost a body of 1 MiB half as much again. */
enum { BUFFER_BYTES = 256 << 10, EVENTS_MAX = 256, DESCRIPTORS_MAX = 1 << 16 };

/* One socket of a pair. A stale event of a number used anew costs a read that finds nothing. */
typedef struct {
    int peer; /* 0: not ours */
    int is_readable, is_writable, has_ended;
    char *waiting; /* what it did not take; nothing is read for it meanwhile */
    size_t start, end;
} Side;

static Side sides[DESCRIPTORS_MAX];
static char buffer[BUFFER_BYTES];
static int poller;

static int tcp(int flags)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | flags, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Accepted sockets inherit it. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void watch(int fd, int peer, unsigned events)
{
    struct epoll_event event = { events, { .fd = fd } };
    sides[fd] = (Side){ .peer = peer };
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event))
        perror("epoll_ctl");
}

static void close_pair(int fd)
{
    int both[] = { fd, sides[fd].peer };
    for (int i = 0; i < 2; i++) {
        free(sides[both[i]].waiting);
        sides[both[i]] = (Side){ 0 };
        close(both[i]);
    }
}

static void accept_one(int listener, const struct sockaddr_in *origin)
{
    const unsigned both = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (client < 0)
        return;
    int upstream = tcp(SOCK_NONBLOCK);
    connect(upstream, (const struct sockaddr *)origin, sizeof *origin);
    watch(client, upstream, both);
    watch(upstream, client, both);
}

/* Sends what it can and keeps the rest. 0: the connection is lost. */
static int put(Side *sink, int fd, const char *bytes, size_t count)
{
    ssize_t sent = sink->is_writable ? send(fd, bytes, count, MSG_NOSIGNAL) : 0;
    if (sent < 0 && errno != EAGAIN)
        return 0;
    size_t done = sent > 0 ? sent : 0;
    if (done == count)
        return 1;
    sink->is_writable = 0;
    if (!sink->waiting) {
        sink->waiting = memcpy(malloc(count - done), bytes + done, count - done);
        sink->start = 0;
        sink->end = count - done;
    } else {
        sink->start += done;
    }
    return 1;
}

/* Copies from `from` to its peer until one of them would block. 0: the pair is at its end. */
static int relay(int from)
{
    Side *source = &sides[from], *sink = &sides[source->peer];
    if (sink->waiting && sink->is_writable) {
        if (!put(sink, source->peer, sink->waiting + sink->start, sink->end - sink->start))
            return 0;
        if (sink->is_writable) {
            free(sink->waiting);
            sink->waiting = NULL;
        }
    }
    while (source->is_readable && !sink->waiting) {
        ssize_t count = recv(from, buffer, sizeof buffer, 0);
        if (count == 0 || (count < 0 && errno != EAGAIN))
            return 0;
        /* An end behind those bytes was reported with them and will not be again. */
        source->is_readable = count == sizeof buffer || (count > 0 && source->has_ended);
        if (count > 0 && !put(sink, source->peer, buffer, count))
            return 0;
    }
    return 1;
}

static void serve(int fd, unsigned events)
{
    Side *side = &sides[fd];
    if (!side->peer)
        return;
    side->has_ended |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    side->is_readable |= (events & EPOLLIN) != 0 || side->has_ended;
    side->is_writable |= (events & EPOLLOUT) != 0;
    if (!relay(fd) || !relay(side->peer))
        close_pair(fd);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return fprintf(stderr, "usage: relay ORIGIN_PORT PROXY_PORT\n"), 64;
    struct sockaddr_in origin = { AF_INET, htons(atoi(argv[1])), { htonl(INADDR_LOOPBACK) }, { 0 } };
    struct sockaddr_in own = { AF_INET, htons(atoi(argv[2])), { htonl(INADDR_LOOPBACK) }, { 0 } };
    int listener = tcp(SOCK_NONBLOCK);
    poller = epoll_create1(0);
    if (bind(listener, (struct sockaddr *)&own, sizeof own) || listen(listener, 8192))
        return perror("relay"), 69;
    watch(listener, 0, EPOLLIN);
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(poller, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++)
            if (events[i].data.fd == listener)
                accept_one(listener, &origin);
            else
                serve(events[i].data.fd, events[i].events);
    }
}
