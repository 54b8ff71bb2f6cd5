import type { Account, Preferences, Scope, Viewer } from '../model/access.ts'
import { scopeOf } from '../model/access.ts'
import { can, type Resource, type Verb } from './access.ts'
import type { UiDeps } from './deps.ts'
import { type Formatter, formatter } from './format.ts'
import { type Language, type Translate, translator } from './i18n.ts'
import type { UiConfig } from './section.ts'

export type Shape = 'html' | 'csv' | 'json'

/** One request of a person who is signed in: who asks for what, in which words. Handlers see this and nothing of HTTP. */
export interface Visit {
  deps: UiDeps
  config: UiConfig
  viewer: Viewer
  /** The viewer's own scope: passed into every query. */
  scope: Scope
  path: string
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  shape: Shape
  preferences: Preferences
  language: Language
  t: Translate
  show: Formatter
  zone: string
  now: number
  /** Where people reach these pages: scheme and host. */
  origin: string
  /** Address of the client, for the audit trail. */
  from: string | null
  can(verb: Verb, resource: Resource): boolean
}

/** A visit of somebody who is nobody yet. */
export type Guest = Omit<Visit, 'viewer' | 'scope' | 'can'>

export function viewerOf(account: Account): Viewer {
  return { account: account.name, name: account.name, role: account.role, scope: scopeOf(account.role, account.projects) }
}

/** What language and zone decide, made once per request. */
export function speak(language: Language, zone: string) {
  return { language, zone, t: translator(language), show: formatter(language, zone) }
}

/** A guest who turned out to be somebody. */
export function signedIn(guest: Guest, account: Account): Visit {
  const viewer = viewerOf(account)
  return { ...guest, viewer, scope: viewer.scope, can: (verb, resource) => can(viewer, verb, resource) }
}

/** A text parameter, trimmed and bounded; undefined when absent or empty. */
export function text(visit: Pick<Visit, 'query'>, name: string): string | undefined {
  const value = visit.query.get(name)?.trim().slice(0, 200)
  return value === '' ? undefined : value
}

/** This page's address with some parameters changed; null removes one. */
export function linkTo(
  visit: Pick<Visit, 'path' | 'query'>,
  changes: Readonly<Record<string, string | null>>,
  path = visit.path,
): string {
  const query = new URLSearchParams(visit.query)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name)
    else query.set(name, value)
  }
  const search = query.toString()
  return search === '' ? path : `${path}?${search}`
}
