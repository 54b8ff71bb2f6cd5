/** The only place that says who may do what. Project scope is not here: it is part of every query. */
import type { Role, Viewer } from '../model/access.ts'

export type Verb = 'see' | 'acknowledge' | 'test'
export type Resource =
  | 'problems'
  | 'wall'
  | 'events'
  /** Who did what. Addresses and machines in it go with `hosts`. */
  | 'timeline'
  /** What was heard of whom, and what is missing: tells hosts. */
  | 'completeness'
  /** The text of a bus notification: tells hosts and internals. */
  | 'payload'
  | 'instances'
  | 'resources'
  /** Names of physical machines, and anything by host. */
  | 'hosts'
  | 'projects'
  | 'users'
  | 'health'
  /** Rules of the alerter, and what they would do. */
  | 'rules'
  /** Business services: those of the scope. */
  | 'services'
  /** Contacts' addresses, and messages to try them. */
  | 'notifiers'
  /** Prices, amounts, budgets. */
  | 'money'

const cloud: readonly Role[] = ['admin', 'noc', 'oncall']
const everyone: readonly Role[] = [...cloud, 'manager', 'member', 'reader']

const may: Record<Resource, Partial<Record<Verb, readonly Role[]>>> = {
  problems: { see: everyone, acknowledge: cloud },
  wall: { see: cloud },
  events: { see: everyone },
  timeline: { see: everyone },
  completeness: { see: cloud },
  payload: { see: cloud },
  instances: { see: everyone },
  resources: { see: everyone },
  hosts: { see: cloud },
  projects: { see: everyone },
  users: { see: [...cloud, 'manager'] },
  health: { see: cloud },
  rules: { see: cloud },
  services: { see: everyone },
  notifiers: { see: cloud, test: cloud },
  money: { see: ['admin', 'manager'] },
}

/** Whether this person may do this to that kind of thing. */
export function can(viewer: Pick<Viewer, 'role'>, verb: Verb, resource: Resource): boolean {
  return may[resource][verb]?.includes(viewer.role) ?? false
}

/** `public` needs no account; `signed-in` is for anybody's own affairs. */
export type Access = 'public' | 'signed-in' | readonly [Verb, Resource]

/** Every route of the site. A route that is not here cannot be registered. */
export const routeAccess: Readonly<Record<string, Access>> = {
  'GET /assets/:name': 'public',
  'GET /favicon.ico': 'public',
  'GET /healthz': 'public',
  'GET /metrics': 'public',
  'GET /api/v1/openapi.json': 'public',
  /** Programs with a token of their own. */
  'POST /api/v1/results': 'public',
  'GET /accessibility': 'public',
  'GET /login': 'public',
  'POST /login': 'public',
  'GET /welcome/:token': 'public',
  'POST /welcome/:token': 'public',
  'POST /logout': 'signed-in',
  'GET /session': 'signed-in',
  'GET /password': 'signed-in',
  'POST /password': 'signed-in',
  'POST /preferences': 'signed-in',
  'GET /': 'signed-in',
  'GET /live': 'signed-in',
  'GET /problems{.:format}': ['see', 'problems'],
  'GET /checks/:id': ['see', 'problems'],
  'POST /problems/acknowledge': ['acknowledge', 'problems'],
  'POST /problems/unacknowledge': ['acknowledge', 'problems'],
  'POST /downtimes': ['acknowledge', 'problems'],
  'POST /downtimes/cancel': ['acknowledge', 'problems'],
  'GET /wall': ['see', 'wall'],
  'GET /events{.:format}': ['see', 'events'],
  'GET /events/:seq': ['see', 'payload'],
  'GET /timeline{.:format}': ['see', 'timeline'],
  'GET /timeline/:seq': ['see', 'timeline'],
  'GET /completeness{.:format}': ['see', 'completeness'],
  'GET /instances{.:format}': ['see', 'instances'],
  'GET /instances/:id': ['see', 'instances'],
  'GET /hosts{.:format}': ['see', 'hosts'],
  'GET /hosts/:id': ['see', 'hosts'],
  'GET /devices{.:format}': ['see', 'hosts'],
  'GET /networks{.:format}': ['see', 'instances'],
  'GET /guest-agents': ['see', 'instances'],
  'GET /resources{.:format}': ['see', 'resources'],
  'GET /resources/:kind/:id': ['see', 'resources'],
  'GET /projects{.:format}': ['see', 'projects'],
  'GET /projects/:id{.:format}': ['see', 'projects'],
  'GET /users{.:format}': ['see', 'users'],
  'GET /users/:id{.:format}': ['see', 'users'],
  'GET /health': ['see', 'health'],
  'GET /engine{.:format}': ['see', 'health'],
  'GET /fatigue{.:format}': ['see', 'health'],
  'GET /rules{.:format}': ['see', 'rules'],
  'GET /rules/preview': ['see', 'rules'],
  'POST /rules/preview': ['see', 'rules'],
  'GET /services{.:format}': ['see', 'services'],
  'GET /notifiers': ['see', 'notifiers'],
  'GET /notifiers/preview': ['see', 'notifiers'],
  'GET /notifiers/preview/html': ['see', 'notifiers'],
  'POST /notifiers/test': ['test', 'notifiers'],
  'GET /budgets{.:format}': ['see', 'money'],
  'GET /efficiency{.:format}': ['see', 'money'],
  'GET /reports': ['see', 'money'],
  'GET /reports/download': ['see', 'money'],
  'GET /api/v1/series': ['see', 'instances'],
}

/** The first page after signing in: what this person came for. */
export function homeOf(viewer: Viewer): string {
  if (viewer.role === 'manager') return '/projects'
  if (viewer.role !== 'member' && viewer.role !== 'reader') return '/problems'
  const { projects } = viewer.scope
  return projects !== 'all' && projects.length === 1 ? `/projects/${encodeURIComponent(projects[0] as string)}` : '/instances'
}
