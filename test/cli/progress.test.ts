import assert from 'node:assert/strict'
import { progressBar } from '../../cli/progress.ts'

describe('how far a long command is', () => {
  const shown = (isTTY: boolean, steps: [ms: number, step: string, done: number, total: number | null][], columns = 80) => {
    let now = 0
    let text = ''
    const bar = progressBar({ isTTY, columns, write: (part) => (text += part) }, () => now)
    for (const [ms, step, done, total] of steps) {
      now = ms
      bar.show('one', step, done, total)
    }
    return text
  }

  it('is a bar with the time left at a terminal', () =>
    assert.equal(
      shown(true, [
        [0, 'instances', 0, 400],
        [10_000, 'instances', 100, 400],
      ])
        .split('\r')
        .at(-1),
      '[######                  ]  25 % one instances 100 of 400, 30 s left\x1b[K',
    ))
  it('is never wider than the terminal', () =>
    assert.ok(shown(true, [[0, 'instances', 7, 9]], 30).length <= 30 + '\r\x1b[K'.length))
  it('is a line a step elsewhere, and one every ten seconds', () =>
    assert.equal(
      shown(false, [
        [0, 'instances', 0, 400],
        [500, 'instances', 50, 400],
        [10_000, 'instances', 100, 400],
        [10_001, 'volumes', 0, null],
      ]),
      'one instances: 0 of 400\none instances: 100 of 400\none volumes: 0\n',
    ))
})
