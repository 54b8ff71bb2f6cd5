/** `$NAME$` in the arguments of a command. What a macro stands for never becomes more than a part of its own argument. */

export type Lookup = (name: string) => string | undefined

/** `$$` is a dollar; a name that means nothing stays as it is written. */
export function expand(text: string, lookup: Lookup): string {
  return text
    .split('$')
    .map((part, index, parts) => {
      if (index % 2 === 0) return part
      if (part === '') return '$'
      return lookup(part) ?? (index === parts.length - 1 ? `$${part}` : `$${part}$`)
    })
    .join('')
}

/**
 * A line for `/bin/sh -c`, with what macros stand for handed over as the shell's own arguments: `$HOSTNAME$` becomes `"${1}"`, so
 * that a host called `$(reboot)` is nothing but a strange name. `$$` is the shell's `$`.
 */
export function shellCommand(line: string, lookup: Lookup): string[] {
  const values: string[] = []
  let quote = ''
  const script = line
    .split('$')
    .map((part, index, parts) => {
      if (index % 2 === 0) {
        quote = quoteAfter(part, quote)
        return part
      }
      if (part === '') return '$'
      const value = lookup(part)
      if (value === undefined) {
        quote = quoteAfter(part, quote)
        return index === parts.length - 1 ? `$${part}` : `$${part}$`
      }
      values.push(value)
      const reference = `\${${values.length}}`
      return quote === '"' ? reference : quote === "'" ? `'"${reference}"'` : `"${reference}"`
    })
    .join('')
  return ['/bin/sh', '-c', script, 'sh', ...values]
}

/** Which quote is open behind the text; empty = none. */
function quoteAfter(text: string, before: string): string {
  let quote = before
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (char === '\\' && quote !== "'") at++
    else if (quote === '' && (char === "'" || char === '"')) quote = char
    else if (char === quote) quote = ''
  }
  return quote
}
