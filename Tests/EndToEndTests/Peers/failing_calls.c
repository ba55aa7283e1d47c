// Preloaded into a program, it counts the calls that reach files below a folder, and makes one of them fail.
//
//   FAIL_BELOW   the folder; files elsewhere are left alone
//   FAIL_KIND    sync, write, rename or open: the kind of the call that fails
//   FAIL_AT      which call of that kind, from 1; 0 only counts
//   FAIL_ERRNO   what it fails with: 5 (EIO) or 28 (ENOSPC)
//   FAIL_COUNTS  a file of five 64-bit numbers, kept in shared memory: the calls of each kind, then the failures
//   FAIL_LOG     a file of what was written, truncated, synced, in order: what the disk holds can be worked out from it,
//                for a failed sync loses what was written since the last one (see disk_after_failure.py)
//
// A call into the C library from inside the C library does not pass here; programs and other libraries do.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { KIND_SYNC, KIND_WRITE, KIND_RENAME, KIND_OPEN, KINDS };

static const char *below;
static size_t below_length;
static int failing_kind = -1, failing_errno = EIO, log_descriptor = -1;
static uint64_t failing_place;
static uint64_t own_counts[KINDS + 1];
static uint64_t *counts = own_counts;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    static const char *const names[] = {"sync", "write", "rename", "open"};
    const char *text = getenv("FAIL_KIND");
    for (int kind = 0; text && kind < KINDS; kind++)
        if (!strcmp(text, names[kind])) failing_kind = kind;
    if ((text = getenv("FAIL_AT"))) failing_place = strtoull(text, NULL, 10);
    if ((text = getenv("FAIL_ERRNO"))) failing_errno = atoi(text);
    // The raw call, so that none of this counts.
    if ((text = getenv("FAIL_COUNTS"))) {
        int file = syscall(SYS_openat, AT_FDCWD, text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file >= 0 && ftruncate(file, sizeof own_counts) == 0) {
            void *shared = mmap(NULL, sizeof own_counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (shared != MAP_FAILED) counts = shared;
        }
        if (file >= 0) close(file);
    }
    if ((text = getenv("FAIL_LOG")))
        log_descriptor = syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if ((text = getenv("FAIL_BELOW"))) {
        below_length = strlen(text);
        below = text;
    }
}

static int is_below(const char *path) {
    return below && !strncmp(path, below, below_length) && (path[below_length] == '/' || !path[below_length]);
}

// The path behind a descriptor, empty where it is not of ours.
static int path_of(int descriptor, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = below ? readlink(link, path, PATH_MAX - 1) : -1;
    path[length < 0 ? 0 : length] = 0;
    return length > 0 && is_below(path);
}

// Whether this call is the one that fails; under the lock.
static int fails(int kind) {
    uint64_t number = ++counts[kind];
    if (kind != failing_kind || number != failing_place) return 0;
    counts[KINDS]++;
    errno = failing_errno;
    return 1;
}

// One entry: a letter, the path's length, two numbers, the path, and for a write its bytes.
static void note(char what, const char *path, uint64_t a, uint64_t b, const struct iovec *parts, int count) {
    if (log_descriptor < 0) return;
    struct { uint64_t what, path, a, b; } head = {(uint64_t)what, strlen(path), a, b};
    struct iovec all[64] = {{&head, sizeof head}, {(void *)path, head.path}};
    uint64_t left = what == 'W' ? b : 0;
    int used = 2;
    for (int i = 0; i < count && used < 64 && left > 0; i++, used++) {
        uint64_t length = parts[i].iov_len < left ? parts[i].iov_len : left;
        all[used] = (struct iovec){parts[i].iov_base, length};
        left -= length;
    }
    int kept = errno;
    if (syscall(SYS_writev, log_descriptor, all, used) < 0) _exit(99);
    errno = kept;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int sync_call(int descriptor, long number) {
    char path[PATH_MAX];
    if (!path_of(descriptor, path)) return syscall(number, descriptor);
    pthread_mutex_lock(&lock);
    int result = fails(KIND_SYNC) ? -1 : syscall(number, descriptor);
    note(result ? 'F' : 'S', path, 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int fdatasync(int descriptor) { return sync_call(descriptor, SYS_fdatasync); }
int fsync(int descriptor) { return sync_call(descriptor, SYS_fsync); }

// All writes: at a place, or (place < 0) where the descriptor stands.
static ssize_t write_call(int descriptor, const struct iovec *parts, int count, off_t place) {
    char path[PATH_MAX];
    int is_ours = path_of(descriptor, path);
    if (is_ours) pthread_mutex_lock(&lock);
    ssize_t result = is_ours && fails(KIND_WRITE) ? -1
        : place < 0 ? syscall(SYS_writev, descriptor, parts, count)
                    : syscall(SYS_pwritev, descriptor, parts, count, (unsigned long)place, 0UL);
    if (is_ours && result > 0) {
        off_t start = place < 0 ? lseek(descriptor, 0, SEEK_CUR) - result : place;
        note('W', path, start, result, parts, count);
    }
    if (is_ours) pthread_mutex_unlock(&lock);
    return result;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    return write_call(descriptor, &(struct iovec){(void *)bytes, count}, 1, -1);
}
ssize_t writev(int descriptor, const struct iovec *parts, int count) { return write_call(descriptor, parts, count, -1); }
ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t place) {
    return write_call(descriptor, &(struct iovec){(void *)bytes, count}, 1, place);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t place) {
    return write_call(descriptor, &(struct iovec){(void *)bytes, count}, 1, place);
}
ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t place) {
    return write_call(descriptor, parts, count, place);
}
ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t place) {
    return write_call(descriptor, parts, count, place);
}

static int truncate_call(int descriptor, off_t length) {
    char path[PATH_MAX];
    int is_ours = path_of(descriptor, path);
    if (is_ours) pthread_mutex_lock(&lock);
    int result = is_ours && fails(KIND_WRITE) ? -1 : syscall(SYS_ftruncate, descriptor, length);
    if (is_ours && !result) note('T', path, length, 0, NULL, 0);
    if (is_ours) pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int descriptor, off_t length) { return truncate_call(descriptor, length); }
int ftruncate64(int descriptor, off64_t length) { return truncate_call(descriptor, length); }

static int rename_call(const char *old, const char *new) {
    if (!is_below(old) && !is_below(new)) return syscall(SYS_rename, old, new);
    pthread_mutex_lock(&lock);
    int result = fails(KIND_RENAME) ? -1 : syscall(SYS_rename, old, new);
    if (!result) note('N', old, strlen(new), 0, NULL, 0), note('n', new, 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *old, const char *new) { return rename_call(old, new); }

static int open_call(int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX] = "";
    if (name[0] == '/') snprintf(path, sizeof path, "%s", name);
    else if (folder == AT_FDCWD && below && getcwd(path, sizeof path)) {
        size_t length = strlen(path);
        snprintf(path + length, sizeof path - length, "/%s", name);
    }
    if (!is_below(path)) return syscall(SYS_openat, folder, name, flags, mode);
    pthread_mutex_lock(&lock);
    int result = fails(KIND_OPEN) ? -1 : syscall(SYS_openat, folder, name, flags, mode);
    // New or cut to nothing: whatever stood under that name is another file.
    struct stat facts;
    if (result >= 0 && flags & (O_CREAT | O_TRUNC) && !fstat(result, &facts) && S_ISREG(facts.st_mode) && !facts.st_size)
        note('T', path, 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

#define MODE(flags)                                   \
    mode_t mode = 0;                                  \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {          \
        va_list rest;                                 \
        va_start(rest, flags);                        \
        mode = va_arg(rest, mode_t);                  \
        va_end(rest);                                 \
    }

int open(const char *name, int flags, ...) { MODE(flags) return open_call(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags) return open_call(AT_FDCWD, name, flags, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE(flags) return open_call(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE(flags) return open_call(folder, name, flags, mode); }
int __open_2(const char *name, int flags) { return open_call(AT_FDCWD, name, flags, 0); }
int __open64_2(const char *name, int flags) { return open_call(AT_FDCWD, name, flags, 0); }
