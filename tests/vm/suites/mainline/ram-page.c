// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ram-page ADDRESS STOP CONTENT: a page of System RAM that belongs to nobody but
 * this program. Writes its physical address to the file ADDRESS, waits for
 * the file STOP, then writes what the page holds to the file CONTENT: it was
 * zero, and only the kernel's misuse can have changed it.
 */
#include "guest.h"

#define PAGE		4096
#define PFN_BITS	0x7fffffffffffffULL
#define PAGE_PRESENT	(1ULL << 63)

static uint64_t physical(const void *page_)
{
	int fd = must_open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;

	if (pread(fd, &entry, sizeof(entry), (uintptr_t)page_ / PAGE * 8) !=
	    sizeof(entry) || !(entry & PAGE_PRESENT) || !(entry & PFN_BITS))
		die("pagemap");
	close(fd);
	return (entry & PFN_BITS) * PAGE;
}

static void put(const char *path, const void *bytes, size_t size)
{
	char name[256];
	int fd;

	/* whole or not at all */
	snprintf(name, sizeof(name), "%s.new", path);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		die(name);
	close(fd);
	if (rename(name, path))
		die(path);
}

int main(int argc, char **argv)
{
	char text[32];
	int i, n;
	void *p;

	if (argc != 4)
		return 2;
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED,
		 -1, 0);
	if (p == MAP_FAILED)
		die("mmap");
	memset(p, 0, PAGE);
	n = snprintf(text, sizeof(text), "%#llx\n",
		     (unsigned long long)physical(p));
	put(argv[1], text, n);
	for (i = 0; access(argv[2], F_OK) && i < 1200; i++)
		usleep(50000);
	if (physical(p) != strtoull(text, NULL, 0))
		die("the page moved");
	put(argv[3], p, PAGE);
	return 0;
}
