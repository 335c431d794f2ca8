// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dispatches commands: numbers, arguments, locks, permission. Knows nothing of
 * what they do.
 */
#include <linux/capability.h>
#include <linux/uaccess.h>

#include "ioctl.h"

static const struct pfru_command *find_command(const struct pfru_ioctl *ioctl,
					       unsigned int cmd, bool compat)
{
	const struct pfru_command *command = ioctl->commands;
	const struct pfru_command *end = command + ioctl->count;

	for (; command < end; command++)
		if (command->cmd == cmd &&
		    (compat || !(command->flags & PFRU_COMMAND_COMPAT)))
			return command;
	return NULL;
}

static long run_command(const struct pfru_ioctl *ioctl, struct file *filp,
			const struct pfru_command *command,
			union pfru_argument *arg)
{
	struct pfru_node *node = ioctl->node(filp);
	struct mutex *lock = ioctl->lock(filp);
	long ret;

	ret = pfru_lock(lock, filp->f_flags & O_NONBLOCK);
	if (ret)
		return ret;
	ret = pfru_node_enter(node);
	if (ret)
		goto unlock;
	if (command->flags & PFRU_COMMAND_RAWIO && !capable(CAP_SYS_RAWIO))
		ret = -EPERM;
	else
		ret = command->handler(filp, arg);
	pfru_node_leave(node);
unlock:
	mutex_unlock(lock);
	return ret;
}

long pfru_ioctl(const struct pfru_ioctl *ioctl, struct file *filp,
		unsigned int cmd, void __user *user, bool compat)
{
	const struct pfru_command *command = find_command(ioctl, cmd, compat);
	union pfru_argument arg = {};
	long ret;

	if (!command)
		return -ENOTTY;
	if (command->flags & PFRU_COMMAND_TAKES &&
	    copy_from_user(&arg, user, _IOC_SIZE(cmd)))
		return -EFAULT;
	ret = run_command(ioctl, filp, command, &arg);
	if (!ret && _IOC_DIR(cmd) == _IOC_READ &&
	    copy_to_user(user, &arg, _IOC_SIZE(cmd)))
		return -EFAULT;
	return ret;
}
