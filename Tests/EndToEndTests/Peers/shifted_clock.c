// Preloaded into a program, it moves the program's wall clock by as many microseconds as the file CLOCK_SHIFT holds, a
// 64-bit number in shared memory, so that the clock can be set while the program runs. No other clock moves.
//
// A wait until a wall-clock time ends when the moved clock says so, as it would if somebody set the machine's clock.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t none;
static const volatile int64_t *shift = &none;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("CLOCK_SHIFT");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *shared = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
    if (shared != MAP_FAILED) shift = shared;
    close(file);
}

static void move(struct timespec *time, int64_t microseconds) {
    int64_t nanoseconds = time->tv_nsec + microseconds % 1000000 * 1000;
    time->tv_sec += microseconds / 1000000;
    if (nanoseconds >= 1000000000) time->tv_sec++, nanoseconds -= 1000000000;
    if (nanoseconds < 0) time->tv_sec--, nanoseconds += 1000000000;
    time->tv_nsec = nanoseconds;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static __typeof__(&clock_gettime) next;
    // dlsym may itself ask for the time; the call into the kernel never does.
    if (!next) {
        __typeof__(&clock_gettime) found = (__typeof__(&clock_gettime))dlsym(RTLD_NEXT, "clock_gettime");
        __atomic_store_n(&next, found, __ATOMIC_RELEASE);
    }
    int result = next ? next(clock, time) : (int)syscall(SYS_clock_gettime, clock, time);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) move(time, *shift);
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    if (zone) return syscall(SYS_gettimeofday, time, zone);
    clock_gettime(CLOCK_REALTIME, &now);
    *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *time, int base) {
    if (base != TIME_UTC) return 0;
    clock_gettime(CLOCK_REALTIME, time);
    return base;
}

static int is_before(struct timespec a, struct timespec b) {
    return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

// In steps of a tenth of a second, so that a clock that is set meanwhile counts. glibc keeps in the second bit of its word
// whether a condition goes by the monotonic clock.
int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *end) {
    static __typeof__(&pthread_cond_timedwait) next;
    if (!next) next = (__typeof__(&pthread_cond_timedwait))dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!next) next = (__typeof__(&pthread_cond_timedwait))dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    if (condition->__data.__wrefs & 2) return next(condition, mutex, end);
    for (;;) {
        struct timespec real_end = *end, step;
        move(&real_end, -*shift);
        syscall(SYS_clock_gettime, CLOCK_REALTIME, &step);
        move(&step, 100000);
        int is_last = is_before(real_end, step);
        int result = next(condition, mutex, is_last ? &real_end : &step);
        if (result != ETIMEDOUT || is_last) return result;
    }
}
