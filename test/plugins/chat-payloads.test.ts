import assert from 'node:assert/strict'
import { alertsOf } from '../../plugins/notify-alertmanager/alerts.ts'
import { contentOf } from '../../plugins/notify-matrix/content.ts'
import { callOf } from '../../plugins/notify-opsgenie/alert.ts'
import { actionOf, eventOf } from '../../plugins/notify-pagerduty/event.ts'
import { cardOf } from '../../plugins/notify-teams/card.ts'
import { htmlOf, payloadOf } from '../../plugins/notify-telegram/payload.ts'
import { documentOf } from '../../plugins/notify-webhook/request.ts'
import { type Summary, summaryOf } from '../../plugins/notifying/summary.ts'
import { hostileNames, stringsIn, unprintable } from '../support/hostile.ts'
import { notification } from '../support/sample-notification.ts'

const acknowledgement = { author: 'olga', comment: 'on it', time: 0, sticky: false }
const kinds = ['problem', 'recovery', 'acknowledgement'] as const

/** Every hostile name in every place that somebody outside can fill, for every kind of message. */
const everywhere = function* (): Generator<Summary> {
  for (const name of hostileNames)
    for (const kind of kinds)
      yield summaryOf(
        notification(
          { kind, acknowledgement: { ...acknowledgement, author: name, comment: name } },
          {
            ...{ targetName: name, target: { kind: name, id: name }, project: name, host: name, output: name },
            ...{ longOutput: `${name}\n`.repeat(50), rule: 'cpu', state: kind === 'recovery' ? 'ok' : 'critical' },
            perfdata: [{ label: name, value: 1, unit: '%' }],
          },
        ),
        'to',
      )
}

const clean = (value: unknown) => {
  for (const text of stringsIn(JSON.parse(JSON.stringify(value)))) {
    assert.doesNotMatch(text, unprintable)
    assert.ok(text.isWellFormed())
  }
}

/** Tags that are there, apart from those that we write. */
const foreignTags = (html: string, own: RegExp) => (html.match(/<[^>]*>?/g) ?? []).filter((tag) => !own.test(tag))

describe('hostile names and outputs', () => {
  it('stay text in a Teams card of at most 28 KB, in which nothing is Markdown', () => {
    for (const summary of everywhere()) {
      const card = cardOf(summary)
      clean(card)
      assert.ok(Buffer.byteLength(JSON.stringify(card)) <= 28 * 1024)
      const { body } = (
        card.attachments as { content: { body: { type: string; inlines: { type: string; text: string }[] }[] } }[]
      )[0]?.content ?? { body: [] }
      for (const { type, inlines } of body) {
        assert.equal(type, 'RichTextBlock')
        for (const run of inlines) assert.ok(run.type === 'TextRun' && run.text.length > 0)
      }
    }
  })

  it('stay text for Telegram, within 4,096 characters', () => {
    for (const summary of everywhere()) {
      const html = htmlOf(summary)
      assert.deepEqual(foreignTags(html, /^<(\/?(b|pre|a)|a href="https:\/\/specola\.example\/checks\/c1")>$/), [])
      assert.doesNotMatch(html.replace(/&(amp|lt|gt|quot);/g, ''), /&/)
      const read = html.replace(/<[^>]*>/g, '').replace(/&(amp|lt|gt|quot);/g, '?')
      assert.ok(read.length <= 4096 && read.length > 0, String(read.length))
      clean(payloadOf(summary, '-1', '42'))
    }
  })

  it('stay text in a Matrix event of at most 64 KiB that mentions nobody', () => {
    for (const summary of everywhere()) {
      const content = contentOf(summary, '$first')
      clean(content)
      assert.ok(Buffer.byteLength(JSON.stringify(content)) < 60 * 1024)
      const own =
        /^<(\/?(p|strong|font|ul|li|pre|code|a)|font data-mx-color="#\w+"|a href="https:\/\/specola\.example\/checks\/c1")>$/
      assert.deepEqual(foreignTags(String(content.formatted_body), own), [])
      assert.deepEqual(content['m.mentions'], {})
    }
  })

  it('keep to the limits of PagerDuty', () => {
    for (const summary of everywhere()) {
      const action = actionOf(summary)
      assert.ok(action)
      const event = eventOf(summary, action) as {
        dedup_key: string
        payload?: { summary: string; source: string; severity: string }
      }
      clean(event)
      assert.ok(event.dedup_key.length <= 255)
      if (action === 'trigger') {
        assert.ok(event.payload && event.payload.summary.length <= 1024 && event.payload.source.length > 0)
        assert.match(event.payload.severity, /^(critical|error|warning|info)$/)
      }
      assert.ok(Buffer.byteLength(JSON.stringify(event)) < 512 * 1024)
    }
  })

  it('keep to the limits of Opsgenie', () => {
    for (const summary of everywhere()) {
      const call = callOf(summary, ['noc'])
      assert.ok(call)
      clean(call.body)
      assert.match(call.path, /^\/v2\/alerts(\/specola-c1\/(close|acknowledge)\?identifierType=alias)?$/)
      const { message, alias, description, entity, tags, details, note, user } = call.body as Record<string, string> & {
        tags?: string[]
        details?: Record<string, string>
      }
      for (const [text, most] of [
        [message, 130],
        [alias, 512],
        [description, 15_000],
        [entity, 512],
        [note, 25_000],
        [user, 100],
      ] as const)
        assert.ok((text?.length ?? 0) <= most)
      for (const tag of tags ?? []) assert.ok(tag.length <= 50)
      assert.ok(JSON.stringify(details ?? {}).length <= 8000)
    }
  })

  it('stay values of Alertmanager’s labels, whose names are ours', () => {
    for (const summary of everywhere()) {
      const alerts = alertsOf(summary, { labels: { region: 'milano' }, lasts: 1000 }, Date.parse(summary.time))
      clean(alerts)
      for (const { labels, annotations, startsAt, endsAt } of alerts ?? []) {
        for (const name of [...Object.keys(labels), ...Object.keys(annotations)]) assert.match(name, /^[a-z_]+$/)
        for (const value of Object.values(labels)) assert.ok(value.length <= 200)
        assert.ok(startsAt <= endsAt)
      }
    }
  })

  it('stay values in the JSON of a webhook', () => {
    for (const summary of everywhere()) clean(JSON.parse(documentOf(summary)))
  })
})

describe('the life of a problem', () => {
  const of = (kind: (typeof kinds)[number], state: 'critical' | 'warning' | 'ok' = 'critical') =>
    summaryOf(notification({ kind }, { state }), 'to')

  it('is one incident of PagerDuty: trigger, acknowledge, resolve', () => {
    const events = kinds.map((kind) => eventOf(of(kind), actionOf({ kind }) ?? 'trigger'))
    assert.deepEqual(
      events.map((event) => event.event_action),
      ['trigger', 'resolve', 'acknowledge'],
    )
    assert.equal(new Set(events.map((event) => event.dedup_key)).size, 1)
    assert.equal(actionOf({ kind: 'flapping-start' }), null)
  })

  it('is one alert of Opsgenie: create, close, acknowledge', () => {
    assert.deepEqual(
      kinds.map((kind) => callOf(of(kind), [])?.path.replace(/\?.*/, '')),
      ['/v2/alerts', '/v2/alerts/specola-c1/close', '/v2/alerts/specola-c1/acknowledge'],
    )
  })

  it('is one firing alert of Alertmanager: a new severity ends the old one, a recovery ends all', () => {
    const now = Date.UTC(2026, 10, 22, 12)
    const firing = (summary: Summary) =>
      alertsOf(summary, { labels: {}, lasts: 60_000 }, now)
        ?.filter(({ endsAt }) => Date.parse(endsAt) > now)
        .map(({ labels }) => labels.severity)
    assert.deepEqual(firing(of('problem', 'warning')), ['warning'])
    assert.deepEqual(firing(of('problem')), ['critical'])
    assert.deepEqual(firing(of('acknowledgement')), ['critical'])
    assert.deepEqual(firing(of('recovery', 'ok')), [])
    assert.equal(alertsOf(summaryOf(notification({ kind: 'downtime-start' }), 'to'), { labels: {}, lasts: 1 }, now), null)
  })
})
