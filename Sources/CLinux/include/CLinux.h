// What Swift's Glibc overlay cannot express: macros, variadic calls and thread-local storage.
#ifndef SALA_CLINUX_H
#define SALA_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sala_iovec { const void *base; size_t length; };

// The event loop that runs on this thread (an unretained pointer), or NULL.
void *sala_current_loop(void);
void sala_set_current_loop(void *loop);

// epoll with the event's 64 bits of user data exposed as one integer.
struct sala_event { uint32_t events; uint64_t data; };
int sala_epoll_create(void);
int sala_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t data);
int sala_epoll_wait(int epoll, struct sala_event *events, int count, int timeout_milliseconds);
int sala_eventfd(void);
int sala_eventfd_signal(int fd);
void sala_eventfd_drain(int fd);

enum { SALA_EPOLL_ADD = 1, SALA_EPOLL_DELETE = 2, SALA_EPOLL_MODIFY = 3 };
enum { SALA_IN = 0x001, SALA_OUT = 0x004, SALA_ERR = 0x008, SALA_HUP = 0x010, SALA_RDHUP = 0x2000 };

// Sockets. All return -errno on failure.
int sala_listen_tcp(const char *host, uint16_t port, int backlog, int reuse_port, uint16_t *bound_port);
int sala_accept(int listener, char *address, size_t address_size);   // address: numeric; 46 bytes or more
int sala_connect_tcp(const char *address, uint16_t port, const char *source);   // numeric; source: ours, or NULL
int sala_socket_error(int fd);
int sala_set_no_delay(int fd);
ssize_t sala_receive(int fd, void *buffer, size_t count);
ssize_t sala_send(int fd, const void *buffer, size_t count);
ssize_t sala_send_vector(int fd, const struct sala_iovec *parts, int count);
int sala_shutdown_write(int fd);
int sala_reset_on_close(int fd);

// Clocks and chance.
uint64_t sala_monotonic_nanoseconds(void);
int64_t sala_wall_clock_microseconds(void);
int sala_random_bytes(void *buffer, size_t count);

// Process.
void sala_name_thread(const char *name);       // at most 15 characters
int sala_raise_descriptor_limit(void);
int sala_block_signals(void);                 // SIGINT, SIGTERM, SIGHUP blocked; SIGPIPE ignored
int sala_signal_descriptor(void);             // a signalfd for those
int sala_read_signal(int fd);                 // the signal number, 0 when none is waiting
int sala_write_all(int fd, const void *buffer, size_t count);

// Starts a program in a session of its own (no terminal's Ctrl-C reaches it), with nothing of ours but `output` for its
// standard output and error, as another user if asked. Returns its process id, or -errno of the step that failed.
struct sala_program {
    const char *path;
    const char *const *arguments;    // ends with NULL, as does the next
    const char *const *environment;
    int output;
    int changes_user;
    uint32_t user;
    uint32_t group;
};
int sala_spawn(const struct sala_program *program);
// POSIX_SPAWN_SETSID (glibc 2.26), which the overlay leaves out.
enum { SALA_SPAWN_SETSID = 0x80 };
int sala_exit_status(int child, int *status); // 1 and the status when it ended, 0 while it runs, -errno (not a child)

#endif
