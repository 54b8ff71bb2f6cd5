import { durationText } from '../duration.ts'
import { serverNow } from './ages.ts'

const keepAwakeMs = 10 * 60_000
const warnMs = 10 * 60_000

/** An open page keeps its session awake, and says in time when it will end all the same. */
export function startSession(): void {
  const root = document.documentElement
  if (root.dataset.signedIn === undefined) return
  setInterval(() => {
    // A failure shows by itself: the live stream breaks too, and says so.
    if (!document.hidden) fetch('/session').catch(() => undefined)
  }, keepAwakeMs)
  const ends = Number(root.dataset.sessionEnds)
  const banner = document.getElementById('session-ends')
  if (!banner || !ends) return
  setInterval(() => {
    const left = ends - serverNow()
    banner.hidden = left > warnMs
    if (left <= 0) location.reload()
    else if (left <= warnMs)
      banner.textContent = (banner.dataset.text ?? '').replace(
        '—',
        durationText(left - (left % 60_000) + 60_000, root.dataset.day ?? 'd'),
      )
  }, 15_000)
}
