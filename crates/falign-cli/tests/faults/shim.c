/* Preloaded by a test: one call to the file system fails, is cut short, or is the last one.
 *
 * FAULT_UNDER   only paths with this part count, and files opened by them
 * FAULT_KIND    open, write, fsync, rename, unlink or mkdir
 * FAULT_AT      which call of that kind, from 1; 0: none
 * FAULT_HOW     an error number, or: short (half of the bytes are written), kill (before the
 *               call), after (after it), torn (after half of the bytes), cut (after it, and the
 *               power is off: files lose what was not synced)
 * FAULT_COUNTS  a file for the number of calls of each kind, written at exit
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { OPEN, WRITE, FSYNC, RENAME, UNLINK, MKDIR, KINDS };
static const char *const NAMES[KINDS] = {"open", "write", "fsync", "rename", "unlink", "mkdir"};
static atomic_int counts[KINDS];
/* Which descriptors belong to paths that count. */
static atomic_bool counted[1 << 16];
/* Which of them have bytes that no fsync has made safe. */
static atomic_bool unsafe[1 << 16];
/* Descriptors of files that were closed so, whatever their names are by now. */
static int closed[1 << 10];
static atomic_int closed_count;

enum verdict { PASS, FAIL, SHORT, TORN, AFTER, CUT };

static void die(void) { kill(getpid(), SIGKILL); }

/* As file systems that allot blocks late have it after a power cut. */
static void lose(void) {
    for (int fd = 0; fd < 1 << 16; fd++)
        if (unsafe[fd] && ftruncate(fd, 0)) abort();
    for (int i = 0; i < closed_count; i++)
        if (ftruncate(closed[i], 0)) abort();
}

static void end(enum verdict verdict) {
    if (verdict == CUT) lose();
    if (verdict == CUT || verdict == AFTER || verdict == TORN) die();
}

static int path_counts(int folder, const char *path) {
    const char *under = getenv("FAULT_UNDER");
    if (!under || !path) return 0;
    if (strstr(path, under)) return 1;
    return path[0] != '/' && folder >= 0 && folder < 1 << 16 && counted[folder];
}

static int descriptor_counts(int fd) { return fd > 2 && fd < 1 << 16 && counted[fd]; }

/* Counts a call; what is to become of it. Sets errno where it fails. */
static enum verdict judge(enum kind kind, int counts_here) {
    if (!counts_here) return PASS;
    int number = atomic_fetch_add(&counts[kind], 1) + 1;
    const char *wanted = getenv("FAULT_KIND"), *at = getenv("FAULT_AT"), *how = getenv("FAULT_HOW");
    if (!wanted || !at || !how || strcmp(wanted, NAMES[kind]) || number != atoi(at)) return PASS;
    if (!strcmp(how, "short")) return SHORT;
    if (!strcmp(how, "torn")) return TORN;
    if (!strcmp(how, "after")) return AFTER;
    if (!strcmp(how, "cut")) return CUT;
    if (!strcmp(how, "kill")) die();
    errno = atoi(how);
    return FAIL;
}

__attribute__((destructor)) static void tell(void) {
    const char *place = getenv("FAULT_COUNTS");
    FILE *file = place ? fopen(place, "w") : NULL;
    if (!file) return;
    for (int kind = 0; kind < KINDS; kind++)
        fprintf(file, "%s %d\n", NAMES[kind], counts[kind]);
    fclose(file);
}

#define REAL(result, name, ...)                                                                    \
    static result (*real)(__VA_ARGS__);                                                            \
    if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

#define JUDGED(kind, counts_here, call)                                                            \
    do {                                                                                           \
        enum verdict verdict = judge(kind, counts_here);                                           \
        if (verdict == FAIL) return -1;                                                            \
        int done = (call);                                                                         \
        end(verdict);                                                                              \
        return done;                                                                               \
    } while (0)

static int opened(int fd, int counts_here) {
    if (fd >= 0 && fd < 1 << 16) counted[fd] = counts_here;
    return fd;
}

#define OPENING(name)                                                                              \
    int name(const char *path, int flags, ...) {                                                   \
        REAL(int, name, const char *, int, ...);                                                   \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                    \
        va_end(rest);                                                                              \
        int here = path_counts(-1, path);                                                          \
        JUDGED(OPEN, here, opened(real(path, flags, mode), here));                                 \
    }
OPENING(open)
OPENING(open64)

#define OPENING_AT(name)                                                                           \
    int name(int folder, const char *path, int flags, ...) {                                       \
        REAL(int, name, int, const char *, int, ...);                                              \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                    \
        va_end(rest);                                                                              \
        int here = path_counts(folder, path);                                                      \
        JUDGED(OPEN, here, opened(real(folder, path, flags, mode), here));                         \
    }
OPENING_AT(openat)
OPENING_AT(openat64)

int close(int fd) {
    REAL(int, close, int);
    if (fd >= 0 && fd < 1 << 16) {
        counted[fd] = 0;
        if (atomic_exchange(&unsafe[fd], 0)) {
            int copy = dup(fd), at = atomic_fetch_add(&closed_count, 1);
            if (copy < 0 || at >= 1 << 10) abort();
            closed[at] = copy;
        }
    }
    return real(fd);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(ssize_t, write, int, const void *, size_t);
    enum verdict verdict = judge(WRITE, descriptor_counts(fd));
    if (verdict == FAIL) return -1;
    if (verdict == SHORT || verdict == TORN) count = count > 1 ? count / 2 : count;
    ssize_t done = real(fd, bytes, count);
    if (descriptor_counts(fd)) unsafe[fd] = 1;
    end(verdict);
    return done;
}

static int synced(int fd, int done) {
    if (!done && fd >= 0 && fd < 1 << 16) unsafe[fd] = 0;
    return done;
}

int fsync(int fd) {
    REAL(int, fsync, int);
    JUDGED(FSYNC, descriptor_counts(fd), synced(fd, real(fd)));
}

int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    JUDGED(FSYNC, descriptor_counts(fd), synced(fd, real(fd)));
}

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    JUDGED(RENAME, path_counts(-1, from), real(from, to));
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    REAL(int, renameat, int, const char *, int, const char *);
    JUDGED(RENAME, path_counts(from_folder, from), real(from_folder, from, to_folder, to));
}

int unlink(const char *path) {
    REAL(int, unlink, const char *);
    JUDGED(UNLINK, path_counts(-1, path), real(path));
}

int unlinkat(int folder, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    JUDGED(UNLINK, path_counts(folder, path), real(folder, path, flags));
}

int rmdir(const char *path) {
    REAL(int, rmdir, const char *);
    JUDGED(UNLINK, path_counts(-1, path), real(path));
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    JUDGED(MKDIR, path_counts(-1, path), real(path, mode));
}

int mkdirat(int folder, const char *path, mode_t mode) {
    REAL(int, mkdirat, int, const char *, mode_t);
    JUDGED(MKDIR, path_counts(folder, path), real(folder, path, mode));
}
