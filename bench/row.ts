/** One figure of a bench, beside its peer's where there is one. */
export interface BenchRow {
  name: string
  value: number
  unit: string
  /** What the figure is compared with, measured in the same run. */
  peer?: { name: string; value: number }
  /** value / peer.value */
  ratio?: number
  note?: string
}

export function printRows(rows: readonly BenchRow[]): void {
  for (const { name, value, unit, peer, ratio, note } of rows) {
    const beside = peer ? ` | ${peer.name}: ${shown(peer.value)} ${unit} | ratio ${shown(ratio ?? value / peer.value)}` : ''
    console.log(`${name}: ${shown(value)} ${unit}${beside}${note ? ` (${note})` : ''}`)
  }
}

const shown = (value: number) =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
