import { type Resource, routeAccess } from './access.ts'
import type { Assets } from './assets.ts'
import type { Root } from './render.ts'
import type { Reply } from './route.ts'
import type { Guest, Visit } from './visit.ts'

type Page = Extract<Reply, { kind: 'page' }>

interface NavigationItem {
  key: string
  href: string
  resource: Resource
}

/** The left rail. A group nobody may see is absent, not grey. */
const navigation: readonly { key: string; items: readonly NavigationItem[] }[] = [
  {
    key: 'now',
    items: [
      { key: 'problems', href: '/problems', resource: 'problems' },
      { key: 'services', href: '/services', resource: 'services' },
      { key: 'wall', href: '/wall', resource: 'wall' },
      { key: 'events', href: '/timeline', resource: 'timeline' },
    ],
  },
  {
    key: 'cloud',
    items: [
      { key: 'instances', href: '/instances', resource: 'instances' },
      { key: 'hosts', href: '/hosts', resource: 'hosts' },
      { key: 'devices', href: '/devices', resource: 'hosts' },
      { key: 'networks', href: '/networks', resource: 'instances' },
      { key: 'resources', href: '/resources', resource: 'resources' },
    ],
  },
  {
    key: 'usage',
    items: [
      { key: 'projects', href: '/projects', resource: 'projects' },
      { key: 'users', href: '/users', resource: 'users' },
      { key: 'budgets', href: '/budgets', resource: 'money' },
      { key: 'efficiency', href: '/efficiency', resource: 'money' },
      { key: 'reports', href: '/reports', resource: 'money' },
      { key: 'completeness', href: '/completeness', resource: 'completeness' },
    ],
  },
  {
    key: 'admin',
    items: [
      { key: 'rules', href: '/rules', resource: 'rules' },
      { key: 'notifiers', href: '/notifiers', resource: 'notifiers' },
      { key: 'health', href: '/health', resource: 'health' },
      { key: 'engine', href: '/engine', resource: 'health' },
      { key: 'fatigue', href: '/fatigue', resource: 'health' },
    ],
  },
]

/** What a thumb reaches at once; all else is under More. */
const onPhoneBar = new Set(['problems', 'events', 'instances', 'projects'])

/** Asked for before the style sheet is read, so that text does not jump. */
const fonts = [
  'titillium-web-latin-400-normal.woff2',
  'titillium-web-latin-600-normal.woff2',
  'roboto-mono-latin-400-normal.woff2',
]
const chartWords = ['mean', 'min', 'max', 'last', 'time', 'noData', 'failed', 'summary', 'solo', 'series'] as const

/** What stands around every page. */
export interface Chrome {
  assets: Assets
  csrf: string
  liveVersion: string
  /** When the session ends, epoch ms; null for a guest. */
  sessionEnds: number | null
  /** Model of the number beside Problems. */
  badge: object | null
}

/** The template's root: the page's own model, and all that the layout needs. */
export function rootOf(guest: Guest, page: Pick<Page, 'view' | 'model'> & Partial<Page>, chrome: Chrome): Root {
  const visit = 'viewer' in guest ? (guest as Visit) : null
  const { t, show, now, language, preferences } = guest
  const search = guest.query.toString()
  return {
    view: page.view,
    model: page.model,
    t,
    show,
    now,
    language,
    title: page.title ?? '',
    crumbs: page.crumbs ?? [],
    range: page.range ?? null,
    paused: page.range !== undefined && !page.range.live,
    scripts: (page.scripts ?? []).map((name) => chrome.assets.address(`${name}.js`)),
    theme: page.layout === 'wall' ? themeOf(guest, 'dark') : themeOf(guest, null),
    density: preferences.density,
    zone: guest.zone,
    preferences,
    day: language === 'it' ? 'g' : 'd',
    here: search === '' ? guest.path : `${guest.path}?${search}`,
    csrf: chrome.csrf,
    liveVersion: chrome.liveVersion,
    sessionEnds: chrome.sessionEnds,
    css: chrome.assets.address('app.css'),
    script: chrome.assets.address('page.js'),
    mark: chrome.assets.address('mark.svg'),
    demo: guest.deps.demo,
    version: guest.deps.version,
    account: visit && { name: visit.viewer.name, roleWord: t(`role.${visit.viewer.role}`) },
    fonts: fonts.map((name) => chrome.assets.address(name)),
    chartWords: JSON.stringify(Object.fromEntries(chartWords.map((key) => [key, t(`chart.word.${key}`)]))),
    badge: chrome.badge,
    ...navOf(visit),
    may: visit ? { acknowledge: visit.can('acknowledge', 'problems'), hosts: visit.can('see', 'hosts') } : {},
  }
}

function themeOf(guest: Guest, fallback: string | null): string {
  const asked = guest.query.get('theme')
  if (asked === 'dark' || asked === 'light') return asked
  return fallback ?? guest.preferences.theme ?? 'auto'
}

/** The rail; and whether a phone, whose bar has room for four, must look for this page under More. */
function navOf(visit: Visit | null) {
  const nav = visit ? navigationOf(visit) : []
  const open = nav.flatMap(({ items }) => items).find(({ within }) => within)
  return { nav, navElsewhere: open !== undefined && !onPhoneBar.has(open.key) }
}

function navigationOf(visit: Visit) {
  return navigation
    .map(({ key, items }) => ({
      key,
      title: visit.t(`nav.${key}`),
      items: items
        .filter(({ resource, key }) => visit.can('see', resource) && (key !== 'devices' || (visit.deps.devices ?? []).length > 0))
        .map((item) => ({
          ...item,
          title: visit.t(`nav.${item.key}`),
          here: visit.path === item.href,
          within: within(visit.path, item),
          badge: item.key === 'problems',
          near: onPhoneBar.has(item.key),
        })),
    }))
    .filter(({ items }) => items.length > 0)
}

const within = (path: string, { href, key }: NavigationItem) =>
  path === href ||
  path.startsWith(`${href}/`) ||
  (key === 'problems' && path.startsWith('/checks/')) ||
  (key === 'events' && /^\/events(\/|$)/.test(path))

/** The table's key of a route. */
export const routeKey = (method: string, path: string) => `${method.toUpperCase()} ${path}`

/** Looks a route up; one that nobody decided about is a mistake of ours and stops the start. */
export function accessOf(method: string, path: string) {
  const access = routeAccess[routeKey(method, path)]
  if (access === undefined) throw new Error(`${routeKey(method, path)} has no line in ui/access.ts`)
  return access
}
