/** Values of a series as rule tests write them, the way promtool does: `1 2 3`, `0+10x5`, `100-5x3`, `7x4`, `_ _x3`. */

export type SeriesValues = { ok: true; values: (number | null)[] } | { ok: false; message: string; position: number }

const most = 100_000
const number = '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?'
const plain = new RegExp(`^${number}$`)
const repeated = new RegExp(`^(${number})x(\\d+)$`)
const stepped = new RegExp(`^(${number})([+-])((?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?)x(\\d+)$`)

/** `axn` and `a+bxn` are n + 1 values; `_` is none, `_xn` n times none. `position`: the character where it goes wrong. */
export function seriesValues(text: string): SeriesValues {
  const values: (number | null)[] = []
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    const read = readWord(word)
    if (read === null)
      return { ok: false, position: index, message: `"${word}" is no value (write 5, _, 5x3, 0+10x5, 100-5x3 or _x3)` }
    if (values.length + read.times > most) return { ok: false, position: index, message: `more than ${most} values` }
    for (let i = 0; i < read.times; i++) values.push(read.at(i))
  }
  return { ok: true, values }
}

function readWord(word: string): { times: number; at(i: number): number | null } | null {
  const missing = /^_(?:x(\d+))?$/.exec(word)
  if (missing) return { times: Number(missing[1] ?? 1), at: () => null }
  if (plain.test(word)) return { times: 1, at: () => Number(word) }
  const same = repeated.exec(word)
  if (same) return { times: Number(same[2]) + 1, at: () => Number(same[1]) }
  const moved = stepped.exec(word)
  if (!moved) return null
  const [, from, sign, by, times] = moved
  const step = sign === '-' ? -Number(by) : Number(by)
  return { times: Number(times) + 1, at: (i) => Number(from) + i * step }
}
