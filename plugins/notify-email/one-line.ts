/** Without control characters and line breaks, and no longer than a header should be. */
export function oneLine(text: string, longest: number): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim()
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean
}
