/** Who may see what. Pages, API and reports pass a Scope into every query; nothing is filtered afterwards. */

export type Role = 'admin' | 'noc' | 'oncall' | 'manager' | 'member' | 'reader'

export const roles: readonly Role[] = ['admin', 'noc', 'oncall', 'manager', 'member', 'reader']

/** `all`, or the ids of the projects whose resources may be seen (an empty list sees nothing). */
export type Scope = { readonly projects: 'all' | readonly string[] }

export const everything: Scope = { projects: 'all' }

export interface Viewer {
  account: string
  name: string
  role: Role
  scope: Scope
}

/** How a person likes the pages. null = as the page would choose by itself (browser's language and theme, configured zone). */
export interface Preferences {
  language: 'it' | 'en' | null
  theme: 'light' | 'dark' | null
  zone: string | null
  density: 'normal' | 'compact'
}

/** A local account. Whoever signs in through Keystone or OpenID Connect has none. */
export interface Account {
  name: string
  role: Role
  /** Projects whose resources a manager, member or reader may see; not used for admin, noc and oncall. */
  projects: readonly string[]
  hasPassword: boolean
  createdAt: number
  preferences: Preferences
}

/** The scope that a role gives. Anything that is not a known cloud-wide role sees only the listed projects. */
export function scopeOf(role: Role, projects: readonly string[]): Scope {
  return role === 'admin' || role === 'noc' || role === 'oncall' ? everything : { projects }
}

/** One line of the audit trail: who did what to which object, when and from where. */
export interface AuditEntry {
  time: number
  who: string
  /** `session.open`, `session.refused`, `account.link`, `problem.acknowledge` … */
  what: string
  object: string | null
  detail: string | null
  /** Address of the client; null for the command line. */
  from: string | null
}
