// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm_flags_clear() came with commit bc292ab00f6c ("mm: introduce vma->vm_flags
 * wrapper functions", 6.3), which also made vm_flags read-only.
 */
#include <linux/mm.h>

void probe(struct vm_area_struct *vma);
void probe(struct vm_area_struct *vma)
{
	vm_flags_clear(vma, VM_MAYWRITE);
}
