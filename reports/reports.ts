/** Everything that pages, mails and the command line need of reports. */
import type { Reports } from '../model/contract.ts'
import type { Report, ReportFormat, ReportSummary } from '../model/report.ts'
import { composeReport } from './compose.ts'
import { csvOf } from './csv.ts'
import { jsonOf } from './json.ts'
import { fileName, mediaTypes } from './mailing.ts'
import type { ReportDeps } from './sources.ts'
import type { Language } from './words.ts'

/** The same report in the asked form, in pieces as they are made. */
export function renderReport(report: Report, format: ReportFormat, language: Language): AsyncIterable<Uint8Array | string> {
  switch (format) {
    case 'csv':
      return csvOf(report)
    case 'json':
      return jsonOf(report)
    case 'xlsx':
      return lazily(async () => (await import('./xlsx.ts')).xlsxOf(report, language))
    case 'pdf':
      return lazily(async () => (await import('./pdf/document.ts')).pdfOf(report, language))
  }
}

/** Their libraries are loaded with the first such report: a process that makes none has the memory for other things. */
async function* lazily(render: () => Promise<AsyncIterable<Uint8Array | string>>): AsyncIterable<Uint8Array | string> {
  yield* await render()
}

export const reportFile = (report: ReportSummary, format: ReportFormat) => ({
  name: fileName(report, format),
  type: mediaTypes[format],
})

export const reports = (deps: ReportDeps): Reports<Report> => ({
  report: (scope, query) => composeReport(deps, scope, query),
  render: renderReport,
  file: reportFile,
  closedMonths: () => deps.months.months(),
  closedTotals: (scope) => deps.months.totals(scope),
  adjustments: (scope, query) => deps.months.adjustments(scope, query),
})
