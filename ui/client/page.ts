/** What every page runs: live fragments, ages that count, forms that need a dialog. Everything works without it too. */
import { startAcknowledging } from './acknowledge.ts'
import { startAges } from './ages.ts'
import { startHeatStrips } from './heat-strip.ts'
import { startHistogram } from './histogram.ts'
import { startLive } from './live.ts'
import { startMenus } from './menus.ts'
import { startSession } from './session.ts'

startAges()
startMenus()
startAcknowledging()
startHistogram()
startHeatStrips()
startSession()
startLive()
