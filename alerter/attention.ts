/** What is remembered between two looks at the people, and that the loops live. */
import type { Pulse } from './working.ts'

export interface Attention {
  /** Epoch ms; null before the first look. */
  lookedAt: number | null
  /** Contacts inside their own periods at the last look; null before the first. */
  open: ReadonlySet<string> | null
  /** Per check, what a step of its chain was last held by: one reason is kept once. */
  noted: Map<string, string>
  pulse: Pulse
}

export const newAttention = (): Attention => ({
  ...{ lookedAt: null, open: null, noted: new Map() },
  pulse: { loop: null, dispatch: null },
})
