/**
 * Patterns that are run over names which tenants choose: no pattern may take for ever on some text. What could makes a pattern
 * refused: look-around, back references, a repeated group that holds a choice or a repetition, more than three repetitions.
 */

const mostRepeats = 3

/** The pattern, anchored at both ends; or what is wrong with it. */
export function safePattern(source: string): { ok: true; pattern: RegExp } | { ok: false; message: string } {
  const wrong = whatIsWrong(source)
  if (wrong !== null) return { ok: false, message: wrong }
  try {
    return { ok: true, pattern: new RegExp(`^(?:${source})$`, 'u') }
  } catch (error) {
    return { ok: false, message: (error as Error).message.replace(/^Invalid regular expression: /, '') }
  }
}

function whatIsWrong(source: string): string | null {
  if (source.length > 200) return 'longer than 200 characters'
  const open: { varies: boolean }[] = [{ varies: false }]
  let closed: { varies: boolean } | null = null
  let repeats = 0
  for (let i = 0; i < source.length; i++) {
    const rest = source.slice(i)
    const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest)?.[0]
    if (quantifier !== undefined) {
      const fixed = /^\{(\d+)\}/.test(quantifier)
      if (!quantifier.startsWith('?')) {
        if (closed?.varies) return `a repeated group may hold no choice and no repetition (at character ${i + 1})`
        if (!fixed) repeats++
      }
      if (!fixed) (open.at(-1) as { varies: boolean }).varies = true
      i += quantifier.length - 1
      closed = null
      continue
    }
    closed = null
    if (source[i] === '\\') {
      if (/^\\(?:[1-9]|k)/.test(rest)) return `no back references (at character ${i + 1})`
      i++
    } else if (source[i] === '[') {
      const end = classEnd(source, i)
      if (end === -1) return `the class that begins at character ${i + 1} does not end`
      i = end
    } else if (source[i] === '(') {
      if (/^\(\?(?:=|!|<=|<!)/.test(rest)) return `no look-around (at character ${i + 1})`
      open.push({ varies: false })
      if (rest.startsWith('(?')) i += 1
    } else if (source[i] === '|') (open.at(-1) as { varies: boolean }).varies = true
    else if (source[i] === ')') {
      if (open.length === 1) return `unmatched ) at character ${i + 1}`
      closed = open.pop() as { varies: boolean }
      if (closed.varies) (open.at(-1) as { varies: boolean }).varies = true
    }
  }
  return repeats > mostRepeats ? `more than ${mostRepeats} repetitions (*, +, {n,m})` : null
}

function classEnd(source: string, from: number): number {
  for (let i = from + 1; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source[i] === ']') return i
  }
  return -1
}
