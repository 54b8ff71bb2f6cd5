/** Nagios' letters for states in Specola's words. */
import { namesIn } from './inherit.ts'

const words: Record<string, string> = {
  ...{ o: 'ok', w: 'warning', c: 'critical', u: 'unknown', d: 'critical' },
  ...{ r: 'recovery', f: 'flapping', s: 'downtime', p: 'pending' },
}

/** Notification and failure options; without any, those that Nagios takes. */
export function wishes(options: string | undefined, host: boolean): string[] {
  const letters = namesIn(options ?? (host ? 'd,u,r,f,s' : 'w,u,c,r,f,s')).map((word) => word[0] ?? '')
  if (letters.includes('n')) return []
  const all = letters.includes('a') ? ['w', 'u', 'c', 'r', 'f', 's'] : letters
  return [...new Set(all.flatMap((letter) => words[letter] ?? []))]
}
