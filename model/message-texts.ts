/** The exact texts of a batch's messages, compressed together: services repeat themselves, so a message costs about 130 bytes. */
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress, zstdDecompressSync } from 'node:zlib'

/** zstd; the texts of a batch in their order. */
export type MessageTexts = Uint8Array

/** Between the texts: JSON has no bare NUL. */
export const textSeparator = '\0'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** On another thread. Each text is JSON; in UTF-8 they may be joined already. */
export const compressTexts = (texts: readonly string[] | Uint8Array): Promise<MessageTexts> =>
  compress(texts instanceof Uint8Array ? texts : texts.join(textSeparator))

/** Null when there are fewer texts. */
export const textAt = (texts: MessageTexts, index: number): string | null =>
  zstdDecompressSync(texts).toString('utf8').split(textSeparator)[index] ?? null

/** The same texts at the same places, but for those whose place is not in `kept`: they are empty now. */
export async function emptiedTexts(texts: MessageTexts, kept: ReadonlySet<number>): Promise<MessageTexts> {
  const all = (await decompress(texts)).toString('utf8').split(textSeparator)
  return compress(all.map((text, place) => (kept.has(place) ? text : '')).join(textSeparator))
}
