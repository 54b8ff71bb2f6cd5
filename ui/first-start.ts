import type { AccountJournal } from '../model/contract.ts'

const validMs = 24 * 3_600_000

/**
 * The address that signs the first person in, for the terminal: made while the account `admin` has no password yet, so
 * that a link that was lost with the terminal is replaced at the next start. Null once somebody has taken the house over.
 */
export async function firstStartLink(accounts: AccountJournal, url: string, now: number): Promise<string | null> {
  const all = await accounts.accounts()
  if (all.length === 0) await accounts.add({ name: 'admin', role: 'admin', projects: [] }, now)
  else if (all.some(({ hasPassword }) => hasPassword) || !all.some(({ name }) => name === 'admin')) return null
  const token = await accounts.issueLink('admin', now, now + validMs)
  return `${url}/welcome/${token}`
}
