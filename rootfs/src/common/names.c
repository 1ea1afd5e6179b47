// SPDX-License-Identifier: GPL-2.0
/* Names of error numbers and signals, so that no reader needs our headers. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

#define NAME(number) [number] = #number

static const char *const errors[] = {
	NAME(EPERM), NAME(ENOENT), NAME(ESRCH), NAME(EINTR), NAME(EIO),
	NAME(ENXIO), NAME(E2BIG), NAME(ENOEXEC), NAME(EBADF), NAME(ECHILD),
	NAME(EAGAIN), NAME(ENOMEM), NAME(EACCES), NAME(EFAULT), NAME(ENOTBLK),
	NAME(EBUSY), NAME(EEXIST), NAME(EXDEV), NAME(ENODEV), NAME(ENOTDIR),
	NAME(EISDIR), NAME(EINVAL), NAME(ENFILE), NAME(EMFILE), NAME(ENOTTY),
	NAME(ETXTBSY), NAME(EFBIG), NAME(ENOSPC), NAME(ESPIPE), NAME(EROFS),
	NAME(EMLINK), NAME(EPIPE), NAME(EDOM), NAME(ERANGE), NAME(EDEADLK),
	NAME(ENAMETOOLONG), NAME(ENOLCK), NAME(ENOSYS), NAME(ENOTEMPTY),
	NAME(ELOOP), NAME(ENOMSG), NAME(EIDRM), NAME(ENODATA), NAME(ETIME),
	NAME(EPROTO), NAME(EBADMSG), NAME(EOVERFLOW), NAME(EILSEQ),
	NAME(EUSERS), NAME(ENOTSOCK), NAME(EMSGSIZE), NAME(EOPNOTSUPP),
	NAME(EADDRINUSE), NAME(ENOBUFS), NAME(ENOTCONN), NAME(ETIMEDOUT),
	NAME(ECONNREFUSED), NAME(EALREADY), NAME(EINPROGRESS), NAME(ESTALE),
	NAME(EDQUOT), NAME(ECANCELED), NAME(ENOKEY), NAME(EOWNERDEAD),
	NAME(ENOTRECOVERABLE),
	/* The kernel's own, which must never reach a program. */
	[512] = "ERESTARTSYS", [513] = "ERESTARTNOINTR",
	[514] = "ERESTARTNOHAND", [515] = "ENOIOCTLCMD",
	[516] = "ERESTART_RESTARTBLOCK", [524] = "ENOTSUPP",
};

static const char *const signals[] = {
	NAME(SIGHUP), NAME(SIGINT), NAME(SIGQUIT), NAME(SIGILL), NAME(SIGTRAP),
	NAME(SIGABRT), NAME(SIGBUS), NAME(SIGFPE), NAME(SIGKILL),
	NAME(SIGUSR1), NAME(SIGSEGV), NAME(SIGUSR2), NAME(SIGPIPE),
	NAME(SIGALRM), NAME(SIGTERM), NAME(SIGSTKFLT), NAME(SIGCHLD),
	NAME(SIGCONT), NAME(SIGSTOP), NAME(SIGTSTP), NAME(SIGTTIN),
	NAME(SIGTTOU), NAME(SIGURG), NAME(SIGXCPU), NAME(SIGXFSZ),
	NAME(SIGVTALRM), NAME(SIGPROF), NAME(SIGWINCH), NAME(SIGIO),
	NAME(SIGPWR), NAME(SIGSYS),
};

static const char *name_of(const char *const *names, size_t count, int number,
			   const char *prefix)
{
	static char unnamed[24];

	if (number == 0)
		return NULL;
	if (number > 0 && (size_t)number < count && names[number])
		return names[number];
	snprintf(unnamed, sizeof(unnamed), "%s%d", prefix, number);
	return unnamed;
}

const char *errno_name(int error)
{
	return name_of(errors, sizeof(errors) / sizeof(errors[0]), error, "E");
}

const char *signal_name(int number)
{
	return name_of(signals, sizeof(signals) / sizeof(signals[0]), number,
		       "SIG");
}

int signal_number(const char *name)
{
	char *end;
	long number = strtol(name, &end, 10);
	size_t i;

	if (*name && !*end)
		return number >= 0 && number < _NSIG ? (int)number : -1;
	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (i = 1; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signals[i] && !strcmp(signals[i] + 3, name))
			return (int)i;
	return -1;
}
