/** What a monitoring plugin printed, taken apart: text, long text, performance data. */

/** null = nothing there. */
export interface PluginOutput {
  text: string | null
  longText: string | null
  /** Not yet taken apart: see parsePerfdata. */
  perfdata: string | null
}

/** More than this is cut: a plugin that prints a disk image must not fill the journal. */
export const outputLimit = 8 * 1024

/**
 * The first line up to `|` is the text, the rest of that line perfdata. The lines that follow are long text until one holds a
 * `|`; what follows that is perfdata again, all later lines included.
 */
export function splitOutput(raw: string): PluginOutput {
  const [first = '', ...rest] = raw.slice(0, outputLimit).split('\n')
  if (rest.at(-1) === '') rest.pop()
  const pipe = first.indexOf('|')
  const perfdata = pipe === -1 ? [] : [first.slice(pipe + 1)]
  const turn = rest.findIndex((line) => line.includes('|'))
  const long = turn === -1 ? rest : rest.slice(0, turn)
  if (turn !== -1) {
    const line = rest[turn] as string
    const at = line.indexOf('|')
    long.push(line.slice(0, at))
    perfdata.push(line.slice(at + 1), ...rest.slice(turn + 1))
  }
  const longText = long.join('\n')
  return {
    text: first === '' ? null : (pipe === -1 ? first : first.slice(0, pipe)).trim(),
    longText: longText === '' ? null : longText,
    perfdata: perfdata.every((part) => part === '') ? null : perfdata.join(' ').trim(),
  }
}
