/** `*` stands for any text; no backtracking, whatever the name. */
export function globFits(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return name === pattern
  const tail = rest.pop() as string
  if (!name.startsWith(head) || name.length < head.length + tail.length || !name.endsWith(tail)) return false
  let at = head.length
  const end = name.length - tail.length
  return rest.every((part) => {
    const found = name.indexOf(part, at)
    at = found + part.length
    return found !== -1 && at <= end
  })
}
