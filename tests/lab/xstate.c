/*
 * Lets user-mode Linux before 7.0 start on processors with AMX.
 *
 * It keeps the registers of its processes in room for 2.7 KB. The kernel of such
 * a processor has 11 KB, and refuses to set a part of them (PTRACE_SETREGSET,
 * NT_X86_XSTATE): the guest dies as it starts. `run` preloads this for the
 * guest's kernel alone. It sets all of the registers: those that the guest's
 * kernel gives, and behind them what the processor has when nobody has used AMX,
 * which no program in the guest can.
 */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* As the C library's ptrace, whose peeking requests return what they read. */
static long call(enum __ptrace_request request, pid_t pid, void *address, void *data)
{
    long word;
    int peeks = request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER;
    long result = syscall(SYS_ptrace, request, pid, address, peeks ? &word : data);
    if (result < 0 || !peeks)
        return result;
    errno = 0;
    return word;
}

static int is_xstate(enum __ptrace_request request, enum __ptrace_request wanted, void *address)
{
    return request == wanted && (long)address == NT_X86_XSTATE;
}

long ptrace(enum __ptrace_request request, ...)
{
    static char all[1 << 16] __attribute__((aligned(64)));
    static size_t size;
    struct iovec whole = { all, sizeof all };

    va_list arguments;
    va_start(arguments, request);
    pid_t pid = va_arg(arguments, pid_t);
    void *address = va_arg(arguments, void *);
    void *data = va_arg(arguments, void *);
    va_end(arguments);

    if (!is_xstate(request, PTRACE_SETREGSET, address))
        return call(request, pid, address, data);
    struct iovec *part = data;
    if (size == 0) {
        if (call(PTRACE_GETREGSET, pid, address, &whole) < 0)
            return -1;
        size = whole.iov_len;
    }
    if (part->iov_len >= size)
        return call(request, pid, address, data);
    memcpy(all, part->iov_base, part->iov_len);
    whole.iov_len = size;
    return call(request, pid, address, &whole);
}
