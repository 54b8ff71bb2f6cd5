import { createHash } from 'node:crypto'

/** Tells whether settings changed, without keeping them: they hold secrets. Of values that JSON does not know their text counts. */
export const settingsHash = (settings: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(settings, (_, value) => plain(value)))
    .digest('hex')

function plain(value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...value]
  return typeof value === 'bigint' || value instanceof RegExp ? String(value) : value
}
