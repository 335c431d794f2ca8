// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm_flags_clear() came with commit bc292ab00f6c ("mm: introduce vma->vm_flags
 * wrapper functions", 6.3), which also made vm_flags read-only.
 */
#include <linux/mm.h>

#ifdef PFRU_PROBE_ABSENT
enum { vm_flags_clear };
#else
void probe(typeof(vm_flags_clear) *function);
#endif
