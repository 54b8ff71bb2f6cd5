/**
 * Names and tag values as InfluxDB can hold them. Its line protocol has no way to write a backslash or a line break in a tag
 * that every version reads back the same, so those travel percent-encoded, like the percent sign itself. Ids never have them.
 */

/** Control characters, and what the protocol or its escaping trips over. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const awkward = /[\u0000-\u001f\u007f%\\]/g

const hex = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

/** Reversible and injective; text without awkward characters stays as it is. */
export function encodeTagValue(value: string): string {
  return value.replace(awkward, hex)
}

/** What `encodeTagValue` was given. */
export function decodeTagValue(value: string): string {
  return value.replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** Measurements, tag keys and fields: `time` is taken by InfluxDB, a leading `#` begins a comment, `_` is its own. */
export function encodeName(name: string): string {
  const encoded = encodeTagValue(name)
  return /^(?:time$|#|_)/i.test(encoded) ? hex(encoded.charAt(0)) + encoded.slice(1) : encoded
}

/** What `encodeName` was given. */
export const decodeName = decodeTagValue
