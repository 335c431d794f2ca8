// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The server's side of vfio-user 0.0 (QEMU's docs/interop/vfio-user.rst): one
 * client at a time, one thread, fixed structures. Nothing a client sends is
 * believed: a broken stream ends the connection, a broken request gets an
 * error. Memory of the guest is never touched: this device does no DMA.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim.h"

#define MESSAGE_MAX	8192
#define TRANSFER_MAX	4096
#define FDS_MAX		8
#define MAPS_MAX	1024
#define BURST		64	/* messages before others get their turn */

enum {
	CMD_VERSION = 1,
	CMD_DMA_MAP,
	CMD_DMA_UNMAP,
	CMD_GET_INFO,
	CMD_GET_REGION_INFO,
	CMD_GET_REGION_IO_FDS,
	CMD_GET_IRQ_INFO,
	CMD_SET_IRQS,
	CMD_REGION_READ,
	CMD_REGION_WRITE,
	CMD_DEVICE_RESET = 13,
	CMD_MAX,
};

struct header {
	uint16_t id;
	uint16_t command;
	uint32_t size;		/* with the header */
	uint32_t flags;
	uint32_t error;
};

#define FLAG_TYPE	0x0f
#define FLAG_COMMAND	0x00
#define FLAG_REPLY	0x01
#define FLAG_NO_REPLY	0x10
#define FLAG_ERROR	0x20

struct version {
	uint16_t major;
	uint16_t minor;
};

struct dma_map {
	uint32_t argsz;
	uint32_t flags;
	uint64_t offset;
	uint64_t address;
	uint64_t size;
};

struct dma_unmap {
	uint32_t argsz;
	uint32_t flags;
#define UNMAP_ALL	0x2
	uint64_t address;
	uint64_t size;
};

struct device_info {
	uint32_t argsz;
	uint32_t flags;
#define DEVICE_RESETS	0x1
#define DEVICE_PCI	0x2
	uint32_t regions;
	uint32_t irqs;
};

struct region_info {
	uint32_t argsz;
	uint32_t flags;
#define REGION_READABLE	0x1
#define REGION_WRITABLE	0x2
	uint32_t index;
	uint32_t cap_offset;
	uint64_t size;
	uint64_t offset;
};

enum {
	REGION_BAR0 = 0,
	REGION_CONFIG = 7,
	REGIONS = 9,
};

struct irq_info {
	uint32_t argsz;
	uint32_t flags;
#define IRQ_EVENTFD	0x1
#define IRQ_MASKABLE	0x2
#define IRQ_AUTOMASKED	0x4
#define IRQ_NORESIZE	0x8
	uint32_t index;
	uint32_t count;
};

enum {
	IRQ_INTX = 0,
	IRQ_MSI = 1,
	IRQS = 5,
};

struct irq_set {
	uint32_t argsz;
	uint32_t flags;
#define SET_NONE	0x01
#define SET_BOOL	0x02
#define SET_FD		0x04
#define SET_DATA	0x07
#define SET_MASK	0x08
#define SET_UNMASK	0x10
#define SET_TRIGGER	0x20
#define SET_ACTION	0x38
	uint32_t index;
	uint32_t start;
	uint32_t count;
};

struct region_io {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};

struct map {
	uint64_t address, size;
};

static struct {
	int sock;
	bool versioned;
	size_t have;			/* bytes of the message in buf */
	union {
		struct header h;
		uint8_t buf[MESSAGE_MAX];
	};
	int fds[FDS_MAX];
	unsigned int nfds;
	struct map maps[MAPS_MAX];
	unsigned int nmaps;
} s = { .sock = -1 };

/* the answer of the request being handled */
static struct {
	uint8_t data[TRANSFER_MAX + sizeof(struct region_io)];
	size_t len;
} reply;

static void close_fds(void)
{
	while (s.nfds)
		close(s.fds[--s.nfds]);
}

int vfio_listen(const char *path)
{
	return listen_unix(path);
}

bool vfio_connected(void)
{
	return s.sock >= 0;
}

int vfio_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return -1;
	if (s.sock >= 0) {
		note("vfio-user: a second client was turned away");
		close(fd);
		return -1;
	}
	s.sock = fd;
	s.versioned = false;
	s.have = 0;
	note("vfio-user: client connected");
	return fd;
}

void vfio_close(void)
{
	if (s.sock < 0)
		return;
	close_fds();
	close(s.sock);
	s.sock = -1;
	s.nmaps = 0;
	irq_set_eventfd(true, -1);
	irq_set_eventfd(false, -1);
	note("vfio-user: client gone, device back to power-on state");
	pci_reset();
	heci_power_on();
}

/* dma_mapped - is this whole range memory that the client has mapped? */
bool dma_mapped(uint64_t addr, uint64_t size)
{
	unsigned int i;

	for (i = 0; i < s.nmaps; i++)
		if (addr >= s.maps[i].address && size <= s.maps[i].size &&
		    addr - s.maps[i].address <= s.maps[i].size - size)
			return true;
	return false;
}

/*
 * The handlers: p and len are what follows the header; they return 0, with
 * the answer in reply, or an errno for the client.
 */

static int do_version(const uint8_t *p, size_t len)
{
	static const char caps[] =
		"{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":4096}}";
	struct version v;

	if (len < sizeof(v))
		return EINVAL;
	memcpy(&v, p, sizeof(v));
	if (v.major != 0) {
		note("vfio-user: client speaks version %u.%u, expected 0.x",
		     v.major, v.minor);
		return EINVAL;
	}
	v.minor = 0;
	memcpy(reply.data, &v, sizeof(v));
	memcpy(reply.data + sizeof(v), caps, sizeof(caps));
	reply.len = sizeof(v) + sizeof(caps);
	s.versioned = true;
	return 0;
}

static int do_dma_map(const uint8_t *p, size_t len)
{
	struct dma_map m;
	unsigned int i;

	if (len != sizeof(m) || s.nfds > 1)
		return EINVAL;
	memcpy(&m, p, sizeof(m));
	if (m.argsz < sizeof(m) || !m.size || m.address + m.size - 1 < m.address)
		return EINVAL;
	for (i = 0; i < s.nmaps; i++)
		if (m.address <= s.maps[i].address + s.maps[i].size - 1 &&
		    s.maps[i].address <= m.address + m.size - 1)
			return EEXIST;
	if (s.nmaps == MAPS_MAX)
		return ENOSPC;
	s.maps[s.nmaps++] = (struct map){ m.address, m.size };
	return 0;
}

static int do_dma_unmap(const uint8_t *p, size_t len)
{
	struct dma_unmap m;
	unsigned int i;

	if (len != sizeof(m))
		return EINVAL;
	memcpy(&m, p, sizeof(m));
	if (m.argsz < sizeof(m) || (m.flags & ~UNMAP_ALL))
		return EINVAL;
	memcpy(reply.data, &m, sizeof(m));
	reply.len = sizeof(m);
	if (m.flags & UNMAP_ALL) {
		if (m.address || m.size)
			return EINVAL;
		s.nmaps = 0;
		return 0;
	}
	for (i = 0; i < s.nmaps; i++) {
		if (s.maps[i].address != m.address || s.maps[i].size != m.size)
			continue;
		s.maps[i] = s.maps[--s.nmaps];
		return 0;
	}
	return ENOENT;
}

static int do_get_info(const uint8_t *p, size_t len)
{
	struct device_info info;

	if (len < sizeof(info))
		return EINVAL;
	memcpy(&info, p, sizeof(info));
	if (info.argsz < sizeof(info))
		return EINVAL;
	info = (struct device_info){ sizeof(info), DEVICE_RESETS | DEVICE_PCI,
				     REGIONS, IRQS };
	memcpy(reply.data, &info, sizeof(info));
	reply.len = sizeof(info);
	return 0;
}

static uint64_t region_size(uint32_t index)
{
	switch (index) {
	case REGION_BAR0:
		return PCI_BAR0_SIZE;
	case REGION_CONFIG:
		return PCI_CONFIG_SIZE;
	default:
		return 0;
	}
}

static int do_get_region_info(const uint8_t *p, size_t len)
{
	struct region_info r;

	if (len < sizeof(r))
		return EINVAL;
	memcpy(&r, p, sizeof(r));
	if (r.argsz < sizeof(r) || r.index >= REGIONS)
		return EINVAL;
	r.argsz = sizeof(r);
	r.size = region_size(r.index);
	r.flags = r.size ? REGION_READABLE | REGION_WRITABLE : 0;
	r.cap_offset = 0;
	r.offset = 0;
	memcpy(reply.data, &r, sizeof(r));
	reply.len = sizeof(r);
	return 0;
}

static int do_get_irq_info(const uint8_t *p, size_t len)
{
	struct irq_info q;

	if (len < sizeof(q))
		return EINVAL;
	memcpy(&q, p, sizeof(q));
	if (q.argsz < sizeof(q) || q.index >= IRQS)
		return EINVAL;
	q.argsz = sizeof(q);
	q.flags = 0;
	q.count = q.index <= IRQ_MSI;
	if (q.index == IRQ_INTX)
		q.flags = IRQ_EVENTFD | IRQ_MASKABLE | IRQ_AUTOMASKED;
	else if (q.index == IRQ_MSI)
		q.flags = IRQ_EVENTFD | IRQ_NORESIZE;
	memcpy(reply.data, &q, sizeof(q));
	reply.len = sizeof(q);
	return 0;
}

/* one interrupt of an index that has one; on: what a bool of data says */
static int set_irq(const struct irq_set *q, bool on)
{
	bool msi = q->index == IRQ_MSI;

	switch (q->flags & SET_ACTION) {
	case SET_TRIGGER:
		if (q->flags & SET_FD) {
			irq_set_eventfd(msi, s.nfds ? s.fds[--s.nfds] : -1);
			return 0;
		}
		if (!q->count)
			irq_set_eventfd(msi, -1);
		else if (on)
			irq_trigger(msi);
		return 0;
	case SET_MASK:
	case SET_UNMASK:
		if (msi || (q->flags & SET_FD))
			return ENOTSUP;
		if (on && q->count)
			irq_set_mask((q->flags & SET_ACTION) == SET_MASK);
		return 0;
	default:
		return EINVAL;
	}
}

static int do_set_irqs(const uint8_t *p, size_t len)
{
	struct irq_set q;
	size_t data = 0;
	bool on = true;

	if (len < sizeof(q))
		return EINVAL;
	memcpy(&q, p, sizeof(q));
	if (q.argsz < sizeof(q) || q.index >= IRQS ||
	    (q.flags & ~(SET_DATA | SET_ACTION)))
		return EINVAL;
	if (q.index > IRQ_MSI)
		return q.count ? EINVAL : 0;
	if (q.start > 1 || q.count > 1 || q.start + q.count > 1)
		return EINVAL;
	switch (q.flags & SET_DATA) {
	case SET_NONE:
	case SET_FD:
		break;
	case SET_BOOL:
		data = q.count;
		break;
	default:
		return EINVAL;
	}
	if (len != sizeof(q) + data || s.nfds > 1 ||
	    (s.nfds && (!(q.flags & SET_FD) || !q.count)))
		return EINVAL;
	if (data)
		on = p[sizeof(q)];
	return set_irq(&q, on);
}

static int check_io(const struct region_io *io)
{
	uint64_t size = region_size(io->region);

	if (io->region >= REGIONS || io->count > TRANSFER_MAX ||
	    io->count > size || io->offset > size - io->count)
		return EINVAL;
	return 0;
}

static int do_region_read(const uint8_t *p, size_t len)
{
	struct region_io io;

	if (len != sizeof(io))
		return EINVAL;
	memcpy(&io, p, sizeof(io));
	if (check_io(&io))
		return EINVAL;
	memcpy(reply.data, &io, sizeof(io));
	reply.len = sizeof(io) + io.count;
	if (io.region == REGION_CONFIG)
		pci_read(io.offset, reply.data + sizeof(io), io.count);
	else if (pci_gone())
		memset(reply.data + sizeof(io), 0xff, io.count);
	else
		heci_bar_read(io.offset, reply.data + sizeof(io), io.count);
	return 0;
}

static int do_region_write(const uint8_t *p, size_t len)
{
	struct region_io io;

	if (len < sizeof(io))
		return EINVAL;
	memcpy(&io, p, sizeof(io));
	if (check_io(&io) || len != sizeof(io) + io.count)
		return EINVAL;
	memcpy(reply.data, &io, sizeof(io));
	reply.len = sizeof(io);
	if (io.region == REGION_CONFIG)
		pci_write(io.offset, p + sizeof(io), io.count);
	else if (!pci_gone())
		heci_bar_write(io.offset, p + sizeof(io), io.count);
	return 0;
}

static int do_reset(const uint8_t *p, size_t len)
{
	(void)p;
	if (len)
		return EINVAL;
	note("device reset by the client");
	pci_reset();
	heci_power_on();
	return 0;
}

static int (*const handlers[CMD_MAX])(const uint8_t *p, size_t len) = {
	[CMD_VERSION] = do_version,
	[CMD_DMA_MAP] = do_dma_map,
	[CMD_DMA_UNMAP] = do_dma_unmap,
	[CMD_GET_INFO] = do_get_info,
	[CMD_GET_REGION_INFO] = do_get_region_info,
	[CMD_GET_IRQ_INFO] = do_get_irq_info,
	[CMD_SET_IRQS] = do_set_irqs,
	[CMD_REGION_READ] = do_region_read,
	[CMD_REGION_WRITE] = do_region_write,
	[CMD_DEVICE_RESET] = do_reset,
};

/* a client that doesn't read its answers loses its connection */
static int send_reply(int error)
{
	struct header h = s.h;
	struct iovec iov[2] = {
		{ &h, sizeof(h) },
		{ reply.data, error ? 0 : reply.len },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;

	h.flags = FLAG_REPLY | (error ? FLAG_ERROR : 0);
	h.error = error;
	h.size = sizeof(h) + iov[1].iov_len;
	n = sendmsg(s.sock, &msg, MSG_NOSIGNAL);
	return n == (ssize_t)h.size ? 0 : -1;
}

static int handle(void)
{
	int error;

	reply.len = 0;
	if (s.h.command >= CMD_MAX || !handlers[s.h.command])
		error = ENOTSUP;
	else if (!s.versioned && s.h.command != CMD_VERSION)
		error = EINVAL;
	else
		error = handlers[s.h.command](s.buf + sizeof(s.h),
					      s.h.size - sizeof(s.h));
	close_fds();
	if (error)
		note("vfio-user: request %u of %u bytes refused: %s",
		     s.h.command, s.h.size, strerror(error));
	if (s.h.flags & FLAG_NO_REPLY)
		return 0;
	return send_reply(error);
}

/* descriptors come with the first byte of their message */
static int take_fds(struct msghdr *msg)
{
	struct cmsghdr *c;
	size_t i, n;
	int fd;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (s.nfds < FDS_MAX)
				s.fds[s.nfds++] = fd;
			else
				close(fd);
		}
	}
	return msg->msg_flags & MSG_CTRUNC ? -1 : 0;
}

/* receive_some - 1: got bytes, 0: none there, -1: the connection is over */
static int receive_some(size_t want)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { s.buf + s.have, want - s.have };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t n = recvmsg(s.sock, &msg, MSG_CMSG_CLOEXEC);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (take_fds(&msg)) {
		note("vfio-user: too many descriptors in one message");
		return -1;
	}
	if (n == 0)
		return -1;
	s.have += n;
	return 1;
}

static int check_header(void)
{
	if (s.h.size < sizeof(s.h) || s.h.size > MESSAGE_MAX) {
		note("vfio-user: a message of %u bytes, expected %zu to %u",
		     s.h.size, sizeof(s.h), MESSAGE_MAX);
		return -1;
	}
	if ((s.h.flags & FLAG_TYPE) != FLAG_COMMAND) {
		note("vfio-user: flags 0x%x, expected a command", s.h.flags);
		return -1;
	}
	return 0;
}

int vfio_receive(void)
{
	unsigned int burst = BURST;
	size_t want;
	int ret;

	while (burst) {
		want = s.have < sizeof(s.h) ? sizeof(s.h) : s.h.size;
		if (s.have < want) {
			ret = receive_some(want);
			if (ret <= 0)
				return ret;
		}
		if (s.have < want)
			continue;
		if (want == sizeof(s.h) && check_header())
			return -1;
		if (s.have < s.h.size)
			continue;
		s.have = 0;
		burst--;
		if (handle())
			return -1;
	}
	return 0;
}
