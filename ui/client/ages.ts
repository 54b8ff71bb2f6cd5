import { durationText } from '../duration.ts'

const root = document.documentElement
/** Server time minus ours, so that a wrong clock in the browser shows no wrong ages. */
const skew = Number(root.dataset.now ?? Date.now()) - Date.now()

/** Now, as the server would say. */
export const serverNow = () => Date.now() + skew

/** Hours, minutes and seconds of a moment in the configured zone. */
export function clockText(at: number): string {
  const options = {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone: root.dataset.zone,
  } as const
  return new Intl.DateTimeFormat(root.lang === 'it' ? 'it-IT' : 'en-GB', options).format(at)
}

/** Writes all ages and the wall's clock anew. */
export function showAges(): void {
  const now = serverNow()
  for (const element of document.querySelectorAll<HTMLElement>('time[data-since]')) {
    const text = durationText(now - Number(element.dataset.since), root.dataset.day ?? 'd')
    if (element.textContent !== text) element.textContent = text
  }
  const clock = document.getElementById('clock')
  if (clock) clock.textContent = clockText(now)
}

export function startAges(): void {
  setInterval(() => {
    if (!document.hidden && root.dataset.paused === undefined) showAges()
  }, 1000)
}
