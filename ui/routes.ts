import type { Express } from 'express'
import { openapi } from './api/openapi.ts'
import { healthz } from './api/probes.ts'
import { seriesApi, seriesTopic } from './api/series.ts'
import { accessOf } from './chrome.ts'
import { type Edge, identify } from './edge.ts'
import type { Fragment } from './fragment.ts'
import { accessibilityPage } from './pages/accessibility.ts'
import { acknowledge, unacknowledge } from './pages/acknowledge.ts'
import { budgetsPage } from './pages/budgets.ts'
import { checkDetail, checkPage } from './pages/check.ts'
import { completenessBoard, completenessPage } from './pages/completeness.ts'
import { deviceList, devicesPage } from './pages/devices.ts'
import { cancelDowntime, scheduleDowntime } from './pages/downtime.ts'
import { efficiencyPage } from './pages/efficiency.ts'
import { enginePage } from './pages/engine.ts'
import { eventList, eventPage, eventsPage } from './pages/events.ts'
import { fatiguePage } from './pages/fatigue.ts'
import { guestAgentsPage } from './pages/guest-agents.ts'
import { healthBoard, healthPage } from './pages/health.ts'
import { hostInside, hostInstances, hostNow, hostPage } from './pages/host.ts'
import { hostList, hostsPage } from './pages/hosts.ts'
import { instanceActivity, instanceFacts, instanceInside, instancePage } from './pages/instance.ts'
import { instanceList, instancesPage } from './pages/instances.ts'
import { networksPage, networkTraffic } from './pages/networks.ts'
import { notifierPreview, notifierPreviewHtml, notifiersPage, testNotifier } from './pages/notifiers.ts'
import { home, logout, passwordForm, preferences, sessionState, setPassword } from './pages/own-account.ts'
import { problemBadge, problemList, problemsPage } from './pages/problems.ts'
import { reportDownload, reportsPage } from './pages/reports.ts'
import { resourcePage } from './pages/resource.ts'
import { resourceList, resourcesPage } from './pages/resources.ts'
import { previewPage, previewRules } from './pages/rule-preview.ts'
import { ruleList, rulesPage } from './pages/rules.ts'
import { servicesPage } from './pages/services.ts'
import { signInRoutes } from './pages/sign-in.ts'
import { actionList, actionPage, timelinePage } from './pages/timeline.ts'
import { projectPage, userPage } from './pages/usage-detail.ts'
import { projectsPage, usersPage } from './pages/usage-overview.ts'
import { wallContent, wallPage } from './pages/wall.ts'
import type { PublicRoute, Route } from './route.ts'
import { signedIn } from './visit.ts'

/** Parts of pages that keep themselves up to date, by name. */
export const fragments: ReadonlyMap<string, Fragment> = new Map(
  [
    problemList,
    problemBadge,
    checkDetail,
    wallContent,
    eventList,
    actionList,
    completenessBoard,
    instanceList,
    resourceList,
    instanceFacts,
    instanceActivity,
    instanceInside,
    hostList,
    deviceList,
    networkTraffic,
    hostNow,
    hostInstances,
    hostInside,
    healthBoard,
    ruleList,
    seriesTopic,
  ].map((fragment) => [fragment.name, fragment]),
)

export function publicRoutes({ deps }: Edge): PublicRoute[] {
  return [healthz, openapi, accessibilityPage, ...signInRoutes(() => deps.clock.now())]
}

export function routes({ deps }: Pick<Edge, 'deps'>): Route[] {
  return [
    home,
    logout,
    sessionState,
    passwordForm,
    setPassword,
    preferences,
    problemsPage,
    checkPage,
    acknowledge,
    unacknowledge,
    scheduleDowntime,
    cancelDowntime,
    wallPage,
    timelinePage,
    actionPage,
    eventsPage,
    eventPage,
    completenessPage,
    instancesPage,
    instancePage,
    hostsPage,
    devicesPage,
    hostPage,
    guestAgentsPage,
    networksPage,
    resourcesPage,
    resourcePage,
    projectsPage,
    projectPage,
    usersPage,
    userPage,
    budgetsPage,
    efficiencyPage,
    reportsPage,
    reportDownload,
    healthPage,
    enginePage,
    fatiguePage,
    rulesPage,
    previewPage,
    previewRules,
    servicesPage,
    notifiersPage,
    notifierPreview,
    notifierPreviewHtml,
    testNotifier(() => deps.clock.now()),
    seriesApi,
  ]
}

/** The stream is not a reply: it stays open. */
export function liveRoute(app: Express, edge: Edge): void {
  accessOf('get', '/live')
  app.get('/live', async (req, res) => {
    const { visit, ticket } = await identify(edge, req, res)
    if (!visit) {
      res.status(401).json({ error: 'signed out' })
      return
    }
    const accepted = edge.hub.connect({
      visit,
      response: res,
      topics: visit.query.getAll('topics'),
      since: typeof req.headers['last-event-id'] === 'string' ? req.headers['last-event-id'] : visit.query.get('since'),
      async refresh() {
        const account = await edge.sessions.holder(ticket)
        return account && signedIn(visit, account)
      },
    })
    if (!accepted) res.status(503).json({ error: 'too many live streams' })
  })
}
