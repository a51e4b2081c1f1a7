#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Thread_local void *current_loop;
void *sala_current_loop(void) { return current_loop; }
void sala_set_current_loop(void *loop) { current_loop = loop; }

int sala_epoll_create(void) { int fd = epoll_create1(EPOLL_CLOEXEC); return fd < 0 ? -errno : fd; }

int sala_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, fd, &event) < 0 ? -errno : 0;
}

int sala_epoll_wait(int epoll, struct sala_event *events, int count, int timeout_milliseconds) {
    struct epoll_event raw[256];
    if (count > 256) count = 256;
    int ready = epoll_wait(epoll, raw, count, timeout_milliseconds);
    if (ready < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < ready; i++) {
        events[i].events = raw[i].events;
        events[i].data = raw[i].data.u64;
    }
    return ready;
}

int sala_eventfd(void) { int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); return fd < 0 ? -errno : fd; }
int sala_eventfd_signal(int fd) { uint64_t one = 1; return write(fd, &one, sizeof one) < 0 ? -errno : 0; }
void sala_eventfd_drain(int fd) { uint64_t value; while (read(fd, &value, sizeof value) > 0) {} }

int sala_listen_tcp(const char *host, uint16_t port, int backlog, int reuse_port, uint16_t *bound_port) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST};
    struct addrinfo *found = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(host, service, &hints, &found) != 0 || found == NULL) return -EADDRNOTAVAIL;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) { int error = errno; freeaddrinfo(found); return -error; }
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (reuse_port) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    // What is accepted inherits it (Linux, tcp_create_openreq_child), so no connection has to ask for it.
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, backlog) < 0) {
        int error = errno;
        freeaddrinfo(found);
        close(fd);
        return -error;
    }
    freeaddrinfo(found);
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) == 0) {
        *bound_port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                          : ((struct sockaddr_in *)&address)->sin_port);
    }
    return fd;
}

// Four decimal numbers; inet_ntop goes through printf for them.
static void write_ipv4(char *text, const unsigned char *bytes) {
    for (int i = 0; i < 4; i++) {
        unsigned number = bytes[i];
        if (i > 0) *text++ = '.';
        if (number >= 100) *text++ = (char)('0' + number / 100);
        if (number >= 10) *text++ = (char)('0' + number / 10 % 10);
        *text++ = (char)('0' + number % 10);
    }
    *text = 0;
}

int sala_accept(int listener, char *text, size_t text_size) {
    if (text_size < INET6_ADDRSTRLEN) return -EINVAL;
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int fd;
    do {
        fd = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd < 0) return -errno;
    if (address.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, text, (socklen_t)text_size);
    } else {
        write_ipv4(text, (const unsigned char *)&((struct sockaddr_in *)&address)->sin_addr);
    }
    return fd;
}

// The kernel chooses the port in connect(), where it knows the whole quadruple: bind() would give each port to one socket only.
static int bind_source(int fd, const char *source) {
    int on = 1;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found = NULL;
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) < 0) return errno;
    if (getaddrinfo(source, NULL, &hints, &found) != 0) return EINVAL;
    int error = bind(fd, found->ai_addr, found->ai_addrlen) < 0 ? errno : 0;
    freeaddrinfo(found);
    return error;
}

int sala_connect_tcp(const char *address, uint16_t port, const char *source) {
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(address, service, &hints, &found) != 0) return -EINVAL;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = fd < 0 ? errno : 0;
    if (error == 0 && source != NULL) error = bind_source(fd, source);
    if (error == 0 && connect(fd, found->ai_addr, found->ai_addrlen) < 0 && errno != EINPROGRESS) error = errno;
    freeaddrinfo(found);
    if (error != 0 && fd >= 0) close(fd);
    return error != 0 ? -error : fd;
}

int sala_socket_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -errno;
    return -error;
}

int sala_set_no_delay(int fd) {
    int on = 1;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ? -errno : 0;
}

ssize_t sala_receive(int fd, void *buffer, size_t count) {
    ssize_t n;
    do { n = recv(fd, buffer, count, 0); } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

ssize_t sala_send(int fd, const void *buffer, size_t count) {
    ssize_t n;
    do { n = send(fd, buffer, count, MSG_NOSIGNAL); } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

_Static_assert(sizeof(struct sala_iovec) == sizeof(struct iovec), "sala_iovec mirrors iovec");

ssize_t sala_send_vector(int fd, const struct sala_iovec *parts, int count) {
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};
    ssize_t n;
    do { n = sendmsg(fd, &message, MSG_NOSIGNAL); } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

int sala_shutdown_write(int fd) { return shutdown(fd, SHUT_WR) < 0 ? -errno : 0; }

int sala_reset_on_close(int fd) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) < 0 ? -errno : 0;
}

uint64_t sala_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int64_t sala_wall_clock_microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int sala_random_bytes(void *buffer, size_t count) {
    unsigned char *at = buffer;
    while (count > 0) {
        ssize_t n = getrandom(at, count, 0);
        if (n < 0) { if (errno == EINTR) continue; return -errno; }
        at += n;
        count -= (size_t)n;
    }
    return 0;
}

void sala_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int sala_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

static void watched_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

int sala_block_signals(void) {
    sigset_t set;
    watched_signals(&set);
    signal(SIGPIPE, SIG_IGN);
    return sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? -errno : 0;
}

int sala_signal_descriptor(void) {
    sigset_t set;
    watched_signals(&set);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int sala_read_signal(int fd) {
    struct signalfd_siginfo info;
    ssize_t n = read(fd, &info, sizeof info);
    return n == sizeof info ? (int)info.ssi_signo : 0;
}

int sala_write_all(int fd, const void *buffer, size_t count) {
    const char *at = buffer;
    while (count > 0) {
        ssize_t n = write(fd, at, count);
        if (n < 0) { if (errno == EINTR) continue; return -errno; }
        at += n;
        count -= (size_t)n;
    }
    return 0;
}

// Between fork and exec only async-signal-safe calls: the process may have other threads.
static void become_program(const struct sala_program *program, int report) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0 || dup2(program->output, 1) < 0 || dup2(program->output, 2) < 0) goto failed;
    if (dup2(report, 3) < 0 || fcntl(3, F_SETFD, FD_CLOEXEC) < 0) goto failed;
    report = 3;
    close_range(4, ~0U, 0);
    if (program->changes_user) {
        gid_t group = program->group;
        if (setgroups(1, &group) < 0 || setgid(group) < 0 || setuid(program->user) < 0) goto failed;
    }
    umask(077);
    if (chdir("/") < 0) goto failed;
    execve(program->path, (char *const *)program->arguments, (char *const *)program->environment);
failed:;
    int error = errno;
    ssize_t written = write(report, &error, sizeof error);
    (void)written;
    _exit(127);
}

int sala_spawn(const struct sala_program *program) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) return -errno;
    pid_t child = fork();
    if (child == 0) become_program(program, report[1]);
    int error = errno;
    close(report[1]);
    if (child < 0) { close(report[0]); return -error; }
    int reported = 0;
    ssize_t count;
    do count = read(report[0], &reported, sizeof reported); while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count == sizeof reported) { waitpid(child, NULL, 0); return -reported; }
    return child;
}

int sala_exit_status(int child, int *status) {
    int raw = 0;
    pid_t found = waitpid(child, &raw, WNOHANG);
    if (found < 0) return -errno;
    if (found == 0) return 0;
    *status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    return 1;
}
