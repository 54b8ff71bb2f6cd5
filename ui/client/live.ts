import { counted } from './acknowledge.ts'
import { clockText, serverNow, showAges } from './ages.ts'
import { openFolds, reopen } from './folds.ts'

const silentMs = 45_000
const hiddenMs = 60_000
const root = document.documentElement
const wall = document.body.classList.contains('wall')

let source: EventSource | null = null
let heardAt = serverNow()
let lastId = root.dataset.live ?? ''
let lostAt: number | null = null
let announcedAt = 0
/** Fragments that wait until the pointer or the focus is elsewhere. */
const waiting = new Map<HTMLElement, { html: string; count: number }>()

/** Opens the stream for what this page shows, and keeps it open while somebody looks. */
export function startLive(): void {
  if (root.dataset.signedIn === undefined) return
  connect()
  startPause()
  startHiding()
  setInterval(watch, 1000)
  for (const type of ['pointerout', 'focusout'])
    document.addEventListener(type, () => setTimeout(() => [...waiting.keys()].forEach(settle), 250))
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('.updates button') : null
    if (button) for (const element of [...waiting.keys()]) apply(element)
  })
  if (wall) shiftPixels()
}

function topics(): string[] {
  const parts = [...document.querySelectorAll<HTMLElement>('[data-topic]')].map(({ dataset }) => dataset.topic ?? '')
  const charts =
    root.dataset.history === undefined
      ? [...document.querySelectorAll<HTMLElement>('[data-live-charts]')].map(
          ({ dataset }) => `series?measurement=${dataset.measurement}`,
        )
      : []
  return [...new Set([...parts, ...charts])].filter((topic) => topic !== '')
}

function connect() {
  source?.close()
  const query = new URLSearchParams([['since', lastId], ...topics().map((topic) => ['topics', topic])])
  source = new EventSource(`/live?${query}`)
  const on = (type: string, act: (data: Message) => void) =>
    source?.addEventListener(type, (event) => {
      heard(event as MessageEvent)
      act(JSON.parse((event as MessageEvent<string>).data) as Message)
    })
  on('beat', () => undefined)
  on('state', ({ topic, html }) => receive(topic, html ?? ''))
  on('sample', ({ topic }) => dispatchEvent(new CustomEvent('specola:sample', { detail: topic })))
  on('failed', ({ topic }) => fragment(topic)?.classList.add('is-stale'))
  on('bye', () => location.reload())
  source.onerror = () => {
    if (source?.readyState !== EventSource.CLOSED) return
    // Refused for good: signed out, or too many streams. The page itself knows which.
    setTimeout(() => {
      if (root.dataset.paused === undefined && source?.readyState === EventSource.CLOSED) checkSession()
    }, 5000)
  }
}

interface Message {
  topic: string
  html?: string
}

function checkSession() {
  fetch('/session')
    .then(({ status }) => (status === 401 ? location.reload() : connect()))
    .catch(() => connect())
}

function heard(event: MessageEvent) {
  heardAt = serverNow()
  if (event.lastEventId !== '') lastId = event.lastEventId
}

const fragment = (topic: string) =>
  [...document.querySelectorAll<HTMLElement>('[data-topic]')].find(({ dataset }) => dataset.topic === topic)

function receive(topic: string, html: string) {
  const element = fragment(topic)
  if (!element) return
  waiting.set(element, { html, count: (waiting.get(element)?.count ?? 0) + 1 })
  settle(element)
}

/** Draws what waits, unless somebody is about to click or type there: a row never moves under the pointer or the focus. */
function settle(element: HTMLElement) {
  const busy =
    element.dataset.hold !== undefined &&
    ((matchMedia('(hover: hover)').matches && element.matches(':hover')) ||
      element.contains(document.activeElement) ||
      element.querySelector('.pick input:checked') !== null ||
      document.querySelector('dialog[open]') !== null)
  if (busy) offer(element)
  else apply(element)
}

function offer(element: HTMLElement) {
  const place = element.previousElementSibling
  const entry = waiting.get(element)
  if (!(place instanceof HTMLElement) || !place.matches('.updates') || !entry) return
  place.hidden = false
  const button = place.querySelector('button')
  if (button) button.textContent = counted(element.dataset.updates ?? '', entry.count)
}

function apply(element: HTMLElement) {
  const entry = waiting.get(element)
  if (!entry) return
  waiting.delete(element)
  const before = criticals(element)
  const open = openFolds(element)
  element.innerHTML = entry.html
  reopen(element, open)
  element.classList.remove('is-stale')
  const place = element.previousElementSibling
  if (place instanceof HTMLElement && place.matches('.updates')) place.hidden = true
  announce([...criticals(element)].filter(([check]) => !before.has(check)).map(([, name]) => name))
  showAges()
}

const criticals = (element: HTMLElement) =>
  new Map(
    [
      ...element.querySelectorAll<HTMLElement>('.problem.is-critical[data-hard]:not(.is-handled, .problem-explains .problem)'),
    ].map(({ dataset }) => [dataset.check ?? '', dataset.name ?? '']),
  )

/** Only new hard criticals are spoken, and not more than one in ten seconds. */
function announce(names: readonly string[]) {
  const place = document.getElementById('announce')
  if (!place || names.length === 0 || serverNow() - announcedAt < 10_000) return
  announcedAt = serverNow()
  place.textContent = (place.dataset.text ?? '').replace('—', names.join(', '))
}

function watch() {
  const paused = root.dataset.paused !== undefined
  const lost = !paused && source !== null && serverNow() - heardAt > (source.readyState === EventSource.OPEN ? silentMs : 5000)
  if (lost && lostAt === null) lostAt = heardAt
  if (!lost) lostAt = null
  const banner = document.getElementById('not-live')
  if (banner && banner.hidden === lost) {
    banner.hidden = !lost
    banner.textContent = lost ? (banner.dataset.text ?? '').replace('—', clockText(lostAt ?? heardAt)) : ''
    root.classList.toggle('not-live', lost)
  }
  showStatus(paused ? 'paused' : lost ? 'off' : source?.readyState === EventSource.OPEN ? 'on' : null)
}

function showStatus(state: 'on' | 'off' | 'paused' | null) {
  const live = document.getElementById('live')
  const word = live?.querySelector('.live-word')
  if (!live || !word || state === null || root.dataset.history !== undefined) return
  live.classList.toggle('is-on', state === 'on')
  live.classList.toggle('is-off', state === 'off')
  const text = live.dataset[state] ?? ''
  if (word.textContent !== text) word.textContent = text
}

function startPause() {
  const button = document.getElementById('pause')
  button?.addEventListener('click', () => {
    const pausing = root.dataset.paused === undefined
    button.setAttribute('aria-pressed', String(pausing))
    if (pausing) {
      root.dataset.paused = ''
      source?.close()
    } else {
      delete root.dataset.paused
      heardAt = serverNow()
      connect()
      showAges()
    }
    watch()
  })
}

/** A tab nobody sees costs the server nothing; a wall is always seen. */
function startHiding() {
  if (wall) return
  let timer = 0
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer)
    if (document.hidden) timer = window.setTimeout(() => source?.close(), hiddenMs)
    else if (source?.readyState === EventSource.CLOSED && root.dataset.paused === undefined) {
      heardAt = serverNow()
      connect()
    }
  })
}

/** Against burn-in. */
function shiftPixels() {
  let step = 0
  setInterval(() => {
    step = (step + 1) % 4
    document.body.style.translate = `${[0, 2, 0, -2][step]}px ${[0, 2, -2, 0][step]}px`
  }, 600_000)
}
