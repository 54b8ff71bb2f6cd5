/** A command line as a list of arguments, as a shell would see it; nothing here is ever given to a shell. */

export type Arguments = { ok: true; arguments: string[] } | { ok: false; reason: string }

/** Quotes and backslashes are understood. What only a shell could do (pipes, substitution, redirection) is refused, and named. */
export function argumentsOf(line: string): Arguments {
  const found: string[] = []
  let word: string | null = null
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string
    if (quote === "'") {
      if (char === "'") quote = ''
      else word = (word ?? '') + char
    } else if (char === '\\') {
      at++
      word = (word ?? '') + (line[at] ?? '')
    } else if (quote === '"') {
      if (char === '"') quote = ''
      else if (char === '$' || char === '`') return refused(char, at)
      else word = (word ?? '') + char
    } else if (char === "'" || char === '"') {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== null) found.push(word)
      word = null
    } else if (needsShell(char, word, line.slice(at + 1))) return refused(char, at)
    else word = (word ?? '') + char
  }
  if (quote !== '') return { ok: false, reason: 'a quote is never closed' }
  if (word !== null) found.push(word)
  return found.length === 0 ? { ok: false, reason: 'it is empty' } : { ok: true, arguments: found }
}

/** What only a shell gives a meaning. Patterns are files' names only where a path stands: `/status?full` is an address. */
function needsShell(char: string, word: string | null, rest: string): boolean {
  if (char === '$') return !/^(\s|$)/.test(rest)
  if (char === '#' || char === '~') return word === null
  if (char === '*' || char === '[') return word?.startsWith('/') === true
  return /[|&;<>()`]/.test(char)
}

const refused = (char: string, at: number): Arguments => ({
  ok: false,
  reason: `"${char}" at character ${at + 1} needs a shell: put the command into a script of its own`,
})
