/** Narrow, and never broken at a line's end: between a number and its unit. */
export const thin = '\u202f'

/** The two largest units of a time span. Shared with the browser, which keeps the numbers moving. */
export function durationText(ms: number, day: string): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), day],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first === -1) return `0${thin}s`
  const shown = parts.slice(first, first + 2).filter(([amount]) => amount > 0)
  return shown.map(([amount, unit]) => `${amount}${thin}${unit}`).join(' ')
}
