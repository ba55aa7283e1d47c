// Preloaded into a program with the thread sanitizer, it shows the sanitizer what Swift's `Mutex` does where two threads
// meet: that part of it lives in libswiftSynchronization, which was built without the sanitizer. Without this, whatever a
// mutex guards is reported as a race as soon as it is contended.
//
// The two functions are those of Swift 6 on Linux (stdlib/public/Synchronization/Mutex/LinuxImpl.swift). A Swift that has
// others does not call these, and the reports are back. Needs clang, for Swift's calling convention.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void lock_function(uint32_t thread, __attribute__((swift_context)) void *mutex);
typedef __attribute__((swiftcall)) void unlock_function(__attribute__((swift_context)) void *mutex);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *mutex) __asm__(LOCK);
__attribute__((swiftcall)) void unlock_slow(__attribute__((swift_context)) void *mutex) __asm__(UNLOCK);

static lock_function *next_lock;
static unlock_function *next_unlock;

__attribute__((constructor)) static void begin(void) {
    next_lock = (lock_function *)dlsym(RTLD_NEXT, LOCK);
    next_unlock = (unlock_function *)dlsym(RTLD_NEXT, UNLOCK);
}

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *mutex) {
    next_lock(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

__attribute__((swiftcall)) void unlock_slow(__attribute__((swift_context)) void *mutex) {
    if (__tsan_release) __tsan_release(mutex);
    next_unlock(mutex);
}
