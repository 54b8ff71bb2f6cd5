/** Figures as the check's text has them. */

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** With its unit; bytes in a size that can be read. */
export function figure(value: number, unit: string): string {
  if (unit === 'B' || unit === 'B/s') {
    const size = Math.min(binary.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10)))
    return `${plain(value / 1024 ** size)} ${binary[size]}${unit.slice(1)}`
  }
  return unit === '' ? plain(value) : `${plain(value)} ${unit}`
}

const plain = (value: number) => String(Number(value.toPrecision(Math.abs(value) >= 1000 ? 6 : 4)))

/** 90 s, 5 min, 6 h, 2 d: whole where it can be. */
export function lengthOf(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${tenth(seconds / 60)} min`
  return seconds < 172_800 ? `${tenth(seconds / 3600)} h` : `${tenth(seconds / 86_400)} d`
}

/** Of a time to come; without end where nothing says that it ends. */
export const hours = (ms: number) => (Number.isFinite(ms) ? lengthOf(ms) : 'never')

const tenth = (value: number) => String(Math.round(value * 10) / 10)
