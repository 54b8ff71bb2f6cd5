import type { Stage } from '../alert.ts'

/** Somebody switched notifications off. */
export const off: Stage = (_, { off }) => (off ? { stage: 'off', reason: off } : null)
