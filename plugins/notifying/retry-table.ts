/** What follows from an answer over HTTP: one table for every notifier. Pure. */
export type Verdict = 'delivered' | 'again' | 'never'

/**
 * `never` is only for what is wrong with the message itself: sending it again would give the same answer. What the operator has to
 * mend (credentials, addresses, redirects) is worth keeping until then, as a refused sign-in at a mail server is.
 */
export const retryTable: readonly { statuses: readonly [from: number, to: number]; verdict: Verdict; meaning: string }[] = [
  { statuses: [200, 299], verdict: 'delivered', meaning: 'taken' },
  {
    statuses: [300, 399],
    verdict: 'again',
    meaning: 'a redirect is not followed: a secret could go elsewhere; mend the address',
  },
  { statuses: [401, 401], verdict: 'again', meaning: 'the credentials are refused' },
  { statuses: [402, 402], verdict: 'again', meaning: 'the account has to be paid' },
  { statuses: [403, 403], verdict: 'again', meaning: 'not allowed with these credentials' },
  { statuses: [404, 404], verdict: 'again', meaning: 'nothing is there: mend the address' },
  { statuses: [407, 407], verdict: 'again', meaning: 'the proxy wants credentials' },
  { statuses: [408, 408], verdict: 'again', meaning: 'the server waited too long for us' },
  { statuses: [421, 421], verdict: 'again', meaning: 'another server should have been asked' },
  { statuses: [423, 425], verdict: 'again', meaning: 'not now' },
  { statuses: [429, 429], verdict: 'again', meaning: 'too many messages; Retry-After is honoured' },
  { statuses: [400, 499], verdict: 'never', meaning: 'the message is refused' },
  { statuses: [501, 501], verdict: 'never', meaning: 'the server cannot do this' },
  { statuses: [505, 505], verdict: 'never', meaning: 'the server does not speak this version' },
  { statuses: [500, 599], verdict: 'again', meaning: 'the server is in trouble' },
]

/** The first line that fits; what no server should say is tried again. */
export const verdictOn = (status: number): Verdict =>
  retryTable.find(({ statuses: [from, to] }) => status >= from && status <= to)?.verdict ?? 'again'

/** A server that wants more than this is not obeyed: a problem has to be told while it is one. */
export const longestWaitMs = 3_600_000

/** `Retry-After` in seconds or as a date (compared with the server's own clock where it tells it); null = none that can be read. */
export function retryAfterMs({ headers }: { headers: Readonly<Record<string, string>> }, now: number): number | null {
  const text = headers['retry-after']?.trim()
  if (text === undefined || text === '') return null
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null
  const date = seconds === null ? Date.parse(text) : Number.NaN
  const serverNow = Date.parse(headers.date ?? '')
  const ms = seconds !== null ? seconds * 1000 : date - (Number.isNaN(serverNow) ? now : serverNow)
  return Number.isNaN(ms) ? null : Math.min(longestWaitMs, Math.max(0, Math.round(ms)))
}
