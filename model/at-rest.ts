/** Nova's own states in which an instance does nothing, and nobody expects readings of it. */
export const atRest: ReadonlySet<string> = new Set([
  ...['building', 'deleted', 'soft-delete', 'stopped', 'paused', 'suspended', 'shelved', 'shelved_offloaded'],
])
