/** The words of reports and of the mails that carry them. */
import type { PriceItem } from '../model/price-book.ts'
import type { RatedKind, RatedRow } from '../model/rating.ts'
import type { Report } from '../model/report.ts'
import type { UsageBy } from '../model/usage.ts'

export type Language = 'it' | 'en'

interface Words {
  report: string
  cloud: string
  status: Record<Report['status'], string>
  closedOn: string
  period: string
  project: string
  user: string
  instance: string
  flavor: string
  host: string
  subject: Record<Report['subject']['kind'], string>
  toPay: string
  used: string
  net: string
  vat: string
  gross: string
  novat: string
  byDay: string
  byItem: string
  by: Record<UsageBy, string>
  item: string
  quantity: string
  unitPrice: string
  amount: string
  sumOfLines: string
  adjustments: string
  adjustmentOf: string
  causes: Record<'prices' | 'events', string>
  total: string
  state: string
  resources: string
  hours: string
  share: string
  unknown: string
  further: string
  items: Record<PriceItem, string>
  states: Record<Exclude<RatedRow['state'], null>, string>
  kinds: Record<RatedKind, string>
  how: string
  howRated: string
  howNothing: string
  prices: string
  nova: string
  novaText: string
  complete: string
  completeNone: string
  completeUnknown: string
  completeGaps: string
  unpriced: string
  made: string
  page: string
  details: string
  summary: string
  mailSubject: string
  mailText: string
  mailDraft: string
}

export const words: Record<Language, Words> = {
  en: {
    report: 'Usage report',
    cloud: 'Whole cloud',
    status: { open: 'in progress', draft: 'draft', closed: 'closed' },
    closedOn: 'Closed on {at}',
    period: 'Period',
    project: 'Project',
    user: 'User',
    instance: 'Instance',
    flavor: 'Flavor',
    host: 'Host',
    subject: { project: 'Project', user: 'User', instance: 'Instance', flavor: 'Flavor', host: 'Host', cloud: 'Cloud' },
    toPay: 'To pay',
    used: 'Used',
    net: 'Net',
    vat: 'VAT {percent} %',
    gross: 'Total with VAT',
    novat: 'no VAT',
    byDay: 'Day by day',
    byItem: 'What was charged',
    by: { project: 'By project', user: 'By user', instance: 'By resource', flavor: 'By flavor and type', host: 'By host' },
    item: 'Item',
    quantity: 'Quantity',
    unitPrice: 'Unit price',
    amount: 'Amount',
    sumOfLines: 'Sum of lines',
    adjustments: 'Adjustments',
    adjustmentOf: 'Adjustment of {at}: {reason}',
    causes: { prices: 'prices changed', events: 'late or corrected facts' },
    total: 'Total',
    state: 'State',
    resources: 'Resources',
    hours: 'Instance hours',
    share: 'Share',
    unknown: 'unknown',
    further: '{count} further',
    items: {
      ...{ flavor: 'Instance', vcpu: 'vCPU', memory: 'Memory', disk: 'Local disk', extra: 'Extra', volume: 'Volume' },
      ...{ snapshot: 'Snapshot', backup: 'Backup', image: 'Image', floatingip: 'Floating IP' },
      ...{ traffic_in: 'Traffic received', traffic_out: 'Traffic sent' },
    },
    states: {
      ...{ building: 'building', running: 'running', stopped: 'stopped', paused: 'paused', suspended: 'suspended' },
      ...{ rescued: 'rescued', shelved: 'shelved', offloaded: 'shelved, offloaded', soft_deleted: 'soft-deleted' },
      ...{ error: 'error', deleted: 'deleted', in_use: 'in use', idle: 'idle' },
    },
    kinds: {
      ...{
        instance: 'instance',
        volume: 'volume',
        snapshot: 'snapshot',
        backup: 'backup',
        image: 'image',
        floatingip: 'floating IP',
      },
    },
    how: 'How this was computed',
    howRated:
      'From the events of each service: every stretch in which flavor, state and owner stayed the same is charged by its exact length. Quantity × unit price is rounded once per line, to {decimals} decimals; every sum adds those lines, and only what is to be paid is rounded to the coin.',
    howNothing: 'No prices are configured: this report has hours and no amounts.',
    prices: 'Price lists: {lists} (fingerprint {fingerprint})',
    nova: "Difference to Nova's figure",
    novaText:
      'Nova’s own report says {nova} instance hours for this period, the ledger {ledger}: {difference}. Nova counts from the newest launch of an instance only, and forgets what was before a resize, rebuild or unshelve.',
    complete: 'Completeness',
    completeNone: 'No gap is known in the messages that this report rests on.',
    completeUnknown: 'Completeness was not watched in this period.',
    completeGaps: 'Known gaps in the messages that this report rests on: {count} ({list}).',
    unpriced: '{hours} instance hours have no price and are not charged.',
    made: 'Made on {at} by {by}',
    page: 'Page {page} of {pages}',
    details: 'Details',
    summary: 'Summary',
    mailSubject: 'Usage report of {name}, {month}',
    mailText: 'The usage report of project {name} for {month} is attached, as a document and as a table for spreadsheets.',
    mailDraft: 'The month is not closed yet: figures may still change.',
  },
  it: {
    report: 'Rendiconto d’uso',
    cloud: 'Intero cloud',
    status: { open: 'in corso', draft: 'provvisorio', closed: 'chiuso' },
    closedOn: 'Chiuso il {at}',
    period: 'Periodo',
    project: 'Progetto',
    user: 'Utente',
    instance: 'Istanza',
    flavor: 'Flavor',
    host: 'Host',
    subject: { project: 'Progetto', user: 'Utente', instance: 'Istanza', flavor: 'Flavor', host: 'Host', cloud: 'Cloud' },
    toPay: 'Da pagare',
    used: 'Usate',
    net: 'Imponibile',
    vat: 'IVA {percent} %',
    gross: 'Totale IVA inclusa',
    novat: 'senza IVA',
    byDay: 'Giorno per giorno',
    byItem: 'Che cosa è stato addebitato',
    by: { project: 'Per progetto', user: 'Per utente', instance: 'Per risorsa', flavor: 'Per flavor e tipo', host: 'Per host' },
    item: 'Voce',
    quantity: 'Quantità',
    unitPrice: 'Prezzo unitario',
    amount: 'Importo',
    sumOfLines: 'Somma delle righe',
    adjustments: 'Rettifiche',
    adjustmentOf: 'Rettifica del {at}: {reason}',
    causes: { prices: 'prezzi cambiati', events: 'fatti tardivi o corretti' },
    total: 'Totale',
    state: 'Stato',
    resources: 'Risorse',
    hours: 'Ore di istanza',
    share: 'Quota',
    unknown: 'sconosciuto',
    further: 'altre {count}',
    items: {
      ...{ flavor: 'Istanza', vcpu: 'vCPU', memory: 'Memoria', disk: 'Disco locale', extra: 'Extra', volume: 'Volume' },
      ...{ snapshot: 'Istantanea', backup: 'Backup', image: 'Immagine', floatingip: 'IP flottante' },
      ...{ traffic_in: 'Traffico ricevuto', traffic_out: 'Traffico inviato' },
    },
    states: {
      ...{ building: 'in creazione', running: 'in esecuzione', stopped: 'ferma', paused: 'in pausa', suspended: 'sospesa' },
      ...{ rescued: 'in ripristino', shelved: 'accantonata', offloaded: 'accantonata, senza host', soft_deleted: 'nel cestino' },
      ...{ error: 'in errore', deleted: 'eliminata', in_use: 'in uso', idle: 'inutilizzato' },
    },
    kinds: {
      ...{
        instance: 'istanza',
        volume: 'volume',
        snapshot: 'istantanea',
        backup: 'backup',
        image: 'immagine',
        floatingip: 'IP flottante',
      },
    },
    how: 'Come è stato calcolato',
    howRated:
      'Dagli eventi di ogni servizio: ogni tratto in cui flavor, stato e titolare restano gli stessi è addebitato per la sua durata esatta. Quantità × prezzo unitario è arrotondato una volta per riga, a {decimals} decimali; ogni somma addiziona quelle righe, e solo il dovuto è arrotondato al centesimo.',
    howNothing: 'Nessun prezzo è configurato: questo rendiconto ha ore e nessun importo.',
    prices: 'Listini: {lists} (impronta {fingerprint})',
    nova: 'Differenza dal dato di Nova',
    novaText:
      'Il rapporto di Nova dice {nova} ore di istanza per questo periodo, il registro {ledger}: {difference}. Nova conta solo dall’ultimo avvio di un’istanza e dimentica ciò che precede un ridimensionamento, una ricostruzione o una ripresa.',
    complete: 'Completezza',
    completeNone: 'Non risultano lacune nei messaggi su cui si basa questo rendiconto.',
    completeUnknown: 'In questo periodo la completezza non era sorvegliata.',
    completeGaps: 'Lacune note nei messaggi su cui si basa questo rendiconto: {count} ({list}).',
    unpriced: '{hours} ore di istanza non hanno prezzo e non sono addebitate.',
    made: 'Prodotto il {at} da {by}',
    page: 'Pagina {page} di {pages}',
    details: 'Dettagli',
    summary: 'Riepilogo',
    mailSubject: 'Rendiconto d’uso di {name}, {month}',
    mailText:
      'In allegato il rendiconto d’uso del progetto {name} per {month}, come documento e come tabella per fogli di calcolo.',
    mailDraft: 'Il mese non è ancora chiuso: i dati possono cambiare.',
  },
}

export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (_all, name: string) => String(values[name] ?? ''))
