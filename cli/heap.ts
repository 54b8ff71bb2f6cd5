/** How V8 weighs memory against processor, for a process that shares its machine with guests. */
import { setFlagsFromString } from 'node:v8'

const flags = {
  /** The young generation stays at its first megabyte instead of growing to 32, and the old one is collected before it grows. */
  small: ['--semi-space-growth-factor=1', '--optimize-for-size'],
  /** V8's own defaults. */
  usual: ['--semi-space-growth-factor=2', '--no-optimize-for-size'],
}

/** To be called as early as possible: what has grown shrinks slowly. Holds for all threads of the process. */
export function weighHeap(size: keyof typeof flags): void {
  for (const flag of flags[size]) setFlagsFromString(flag)
}
