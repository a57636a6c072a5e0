/* Loaded before the C library: makes one system call fail. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN, WRITE, FSYNC, RENAME, FCHMOD, REALPATH, STAT, FDATASYNC, READ, LSEEK, MMAP };

static int failing = -1, number, fault, count;

/* Call `number` of this kind fails with this errno; if that is 0, half of it is done. -1 for none. */
void faulty_calls_arm(int kind, int at, int error)
{
    failing = kind;
    number = at;
    fault = error;
    count = 0;
}

int faulty_calls_count(void)
{
    return count;
}

static int fails(int kind)
{
    if (kind != failing || count++ != number) return 0;
    errno = fault;
    return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return fails(OPEN) ? -1 : NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return fails(OPEN) ? -1 : NEXT(open64)(path, flags, mode);
}

ssize_t write(int file, const void *bytes, size_t len)
{
    if (!fails(WRITE)) return NEXT(write)(file, bytes, len);
    return fault ? -1 : NEXT(write)(file, bytes, (len + 1) / 2);
}

int fsync(int file)
{
    return fails(FSYNC) ? -1 : NEXT(fsync)(file);
}

int rename(const char *from, const char *to)
{
    return fails(RENAME) ? -1 : NEXT(rename)(from, to);
}

int fchmod(int file, mode_t mode)
{
    return fails(FCHMOD) ? -1 : NEXT(fchmod)(file, mode);
}

char *realpath(const char *path, char *room)
{
    return fails(REALPATH) ? NULL : NEXT(realpath)(path, room);
}

int stat64(const char *path, struct stat64 *status)
{
    return fails(STAT) ? -1 : NEXT(stat64)(path, status);
}

int fdatasync(int file)
{
    return fails(FDATASYNC) ? -1 : NEXT(fdatasync)(file);
}

ssize_t read(int file, void *bytes, size_t len)
{
    if (!fails(READ)) return NEXT(read)(file, bytes, len);
    return fault ? -1 : NEXT(read)(file, bytes, (len + 1) / 2);
}

off64_t lseek64(int file, off64_t by, int from)
{
    return fails(LSEEK) ? -1 : NEXT(lseek64)(file, by, from);
}

void *mmap64(void *at, size_t len, int may, int how, int file, off64_t from)
{
    return fails(MMAP) ? MAP_FAILED : NEXT(mmap64)(at, len, may, how, file, from);
}
