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
