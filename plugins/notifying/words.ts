/** The words of a notification in the reader's language. */
import type { State } from '../../model/check.ts'
import type { Message } from '../../model/contract.ts'

type Language = 'it' | 'en'

export const kindWords: Record<Language, Record<Message['kind'], string>> = {
  en: {
    ...{ problem: 'PROBLEM', recovery: 'RECOVERY', acknowledgement: 'ACKNOWLEDGED', custom: 'MESSAGE', test: 'TEST' },
    ...{ 'flapping-start': 'CHANGES TOO OFTEN', 'flapping-stop': 'STEADY AGAIN', 'flapping-disabled': 'CHANGES NOT WATCHED' },
    ...{ 'downtime-start': 'DOWNTIME BEGINS', 'downtime-end': 'DOWNTIME OVER', 'downtime-cancelled': 'DOWNTIME CANCELLED' },
  },
  it: {
    ...{ problem: 'PROBLEMA', recovery: 'RIENTRATO', acknowledgement: 'PRESO IN CARICO', custom: 'MESSAGGIO', test: 'PROVA' },
    ...{
      'flapping-start': 'CAMBIA TROPPO SPESSO',
      'flapping-stop': 'DI NUOVO STABILE',
      'flapping-disabled': 'CAMBI NON OSSERVATI',
    },
    ...{ 'downtime-start': 'INIZIO FERMO', 'downtime-end': 'FINE FERMO', 'downtime-cancelled': 'FERMO ANNULLATO' },
  },
}

export const stateWords: Record<Language, Record<State, string>> = {
  en: { ok: 'ok', warning: 'warning', critical: 'critical', unknown: 'unknown', nodata: 'no data' },
  it: { ok: 'ok', warning: 'attenzione', critical: 'critico', unknown: 'sconosciuto', nodata: 'nessun dato' },
}

export const labels = {
  en: {
    state: 'State',
    target: {
      ...{ instance: 'Instance', hypervisor: 'Hypervisor', connection: 'Connection', project: 'Project', other: 'Target' },
      ...{ region: 'Region', zone: 'Availability zone', router: 'Router', network: 'Network' },
      ...{ source: 'Source of results', impact: 'Project' },
    },
    project: 'Project',
    host: 'Host',
    rule: 'Rule',
    since: 'Since',
    carries: 'Carries',
    changes: 'Just before',
    by: 'Taken by',
    comment: 'Comment',
    open: 'Open this problem',
    sent: 'Sent by Specola',
    take: 'I take it',
    escalated: 'Nobody took it: chain',
    digest: 'Digest',
    rest: 'And more',
  },
  it: {
    state: 'Stato',
    target: {
      ...{ instance: 'Istanza', hypervisor: 'Hypervisor', connection: 'Connessione', project: 'Progetto', other: 'Oggetto' },
      ...{ region: 'Regione', zone: 'Zona di disponibilità', router: 'Router', network: 'Rete' },
      ...{ source: 'Fonte dei risultati', impact: 'Progetto' },
    },
    project: 'Progetto',
    host: 'Host',
    rule: 'Regola',
    since: 'Dal',
    carries: 'Porta',
    changes: 'Poco prima',
    by: 'Preso in carico da',
    comment: 'Commento',
    open: 'Apri il problema',
    sent: 'Inviato da Specola',
    take: 'Lo prendo in carico',
    escalated: 'Nessuno in carico: catena',
    digest: 'Riepilogo',
    rest: 'E altro',
  },
} as const satisfies Record<Language, unknown>
