/** The words of a notification in the reader's language. */
import type { NotificationRecord, State } from '../../model/check.ts'

type Language = 'it' | 'en'

export const kindWords: Record<Language, Record<NotificationRecord['kind'], string>> = {
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
  en: { ok: 'ok', warning: 'warning', critical: 'critical', unknown: 'unknown' },
  it: { ok: 'ok', warning: 'attenzione', critical: 'critico', unknown: 'sconosciuto' },
}

export const labels = {
  en: {
    state: 'State',
    target: { instance: 'Instance', hypervisor: 'Hypervisor', connection: 'Connection', project: 'Project', other: 'Target' },
    project: 'Project',
    host: 'Host',
    rule: 'Rule',
    since: 'Since',
    instances: 'Instances there',
    by: 'Taken by',
    comment: 'Comment',
    open: 'Open this problem',
    sent: 'Sent by Specola',
  },
  it: {
    state: 'Stato',
    target: { instance: 'Istanza', hypervisor: 'Hypervisor', connection: 'Connessione', project: 'Progetto', other: 'Oggetto' },
    project: 'Progetto',
    host: 'Host',
    rule: 'Regola',
    since: 'Dal',
    instances: 'Istanze su di esso',
    by: 'Preso in carico da',
    comment: 'Commento',
    open: 'Apri il problema',
    sent: 'Inviato da Specola',
  },
} as const satisfies Record<Language, unknown>
