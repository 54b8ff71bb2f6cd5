/** Shows how far a long command is: a bar for a person at a terminal, plain lines for a file. On stderr; stdout is the answer's. */
export interface ProgressOutput {
  /** Is it a terminal that a person looks at? */
  isTTY: boolean
  columns: number
  write(text: string): void
}

/** Between two plain lines of one step, ms. */
const lineEveryMs = 10_000
const barWidth = 24

export interface ProgressBar {
  show(label: string, step: string, done: number, total: number | null): void
  /** Leaves the line to what comes next. */
  end(): void
}

/** `monotonic`: ms of a clock that never steps. */
export function progressBar(output: ProgressOutput, monotonic: () => number): ProgressBar {
  let lastStep = ''
  let lastLine = Number.NEGATIVE_INFINITY
  let begun = { step: '', at: 0, done: 0 }
  let drawn = false
  return {
    show(label, step, done, total) {
      const now = monotonic()
      const key = `${label} ${step}`
      if (begun.step !== key) begun = { step: key, at: now, done }
      const counted = total === null ? `${done}` : `${done} of ${total}`
      if (output.isTTY) {
        const text = `${bar(done, total)} ${key} ${counted}${left(now, done, total)}`
        output.write(`\r${text.slice(0, output.columns - 1)}\x1b[K`)
        drawn = true
      } else if (key !== lastStep || now - lastLine >= lineEveryMs) {
        output.write(`${key}: ${counted}\n`)
        lastStep = key
        lastLine = now
      }
    },
    end() {
      if (drawn) output.write('\r\x1b[K')
      drawn = false
    },
  }

  /** Time left, by the speed of this step so far. */
  function left(now: number, done: number, total: number | null): string {
    const [gone, passed] = [done - begun.done, now - begun.at]
    if (total === null || gone <= 0 || passed < 2000 || done >= total) return ''
    const seconds = Math.ceil(((total - done) / gone) * (passed / 1000))
    return seconds < 90 ? `, ${seconds} s left` : `, ${Math.ceil(seconds / 60)} min left`
  }
}

function bar(done: number, total: number | null): string {
  if (total === null || total === 0) return `[${' '.repeat(barWidth)}]`
  const filled = Math.round((Math.min(done, total) / total) * barWidth)
  return `[${'#'.repeat(filled)}${' '.repeat(barWidth - filled)}] ${String(Math.floor((Math.min(done, total) / total) * 100)).padStart(3)} %`
}
