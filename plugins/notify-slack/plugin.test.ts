import assert from 'node:assert/strict'
import { render } from '../../test/support/alerting.ts'
import { hostileNames, stringsIn, unprintable } from '../../test/support/hostile.ts'
import { httpStage, type Stage } from '../../test/support/http-stage.ts'
import { notification } from '../../test/support/sample-notification.ts'
import { summaryOf } from '../notifying/summary.ts'
import { payloadOf } from './payload.ts'
import { plugin } from './plugin.ts'

interface Block {
  type: string
  text?: { type: string; text: string }
  fields?: { type: string; text: string }[]
}

/** Slack's published limits. */
function holdsTo(payload: ReturnType<typeof payloadOf>): void {
  const { blocks } = (payload.attachments as { blocks: Block[] }[])[0] as { blocks: Block[] }
  assert.ok(blocks.length <= 50)
  for (const { type, text, fields } of blocks) {
    if (type === 'header') assert.ok(text && text.type === 'plain_text' && text.text.length <= 150 && text.text.length > 0)
    if (type === 'section' && text) assert.ok(text.text.length <= 3000 && text.text.length > 0)
    assert.ok((fields?.length ?? 0) <= 10)
    for (const field of fields ?? []) assert.ok(field.text.length <= 2000)
  }
  assert.ok(JSON.stringify(blocks).length < 13_000)
}

describe('notify slack', () => {
  let stage: Stage
  afterEach(() => stage?.close())

  it('keeps to the limits, and lets no name call anybody', () => {
    for (const name of hostileNames) {
      const payload = payloadOf(
        summaryOf(notification({}, { targetName: name, output: name, longOutput: `${name}\n\`\`\`${name}`, project: name }), 'x'),
      )
      holdsTo(payload)
      const ours = /^(?:<https:\/\/specola\.example\/checks\/c1\|Open this problem>|plain_text|mrkdwn)$/
      for (const text of stringsIn(payload)) {
        assert.doesNotMatch(text, unprintable)
        assert.ok(text.isWellFormed())
        if (!ours.test(text) && !text.includes(': ')) assert.doesNotMatch(text, /<[!@#]|<https?:/, text)
      }
    }
  })

  const bot = (extra: object = {}) => {
    process.env.SPECOLA_TEST_SLACK = 'xoxb-secret'
    return plugin.config.parse({ token: { env: 'SPECOLA_TEST_SLACK' }, api: stage.url, timeout: '1s', ...extra })
  }
  const send = (kind: 'problem' | 'recovery', thread: string | null) =>
    plugin.send(notification({ kind }), {
      ...{ config: bot(), to: 'C0123ABCD', render, signal: new AbortController().signal, conversation: async () => thread },
    })

  it('keeps what belongs to a problem in its thread, and shows repeats and the end in the channel', async () => {
    stage = await httpStage({ status: 200, body: '{"ok":true,"ts":"1.2"}' })
    const first = await send('problem', null)
    assert.ok(first.ok && first.id === '1.2')
    await send('recovery', '1.2')
    const [one, two] = stage.asked.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    assert.equal(one?.thread_ts, undefined)
    assert.deepEqual([two?.thread_ts, two?.reply_broadcast], ['1.2', true])
    assert.equal(stage.asked[0]?.headers.authorization, 'Bearer xoxb-secret')
    assert.equal(stage.asked[0]?.path, '/chat.postMessage')
  })

  it('begins anew when the thread is gone', async () => {
    stage = await httpStage({ status: 200, body: '{"ok":true,"ts":"9.9"}' })
    stage.next = [{ status: 200, body: '{"ok":false,"error":"thread_not_found"}' }]
    const delivery = await send('recovery', '1.2')
    assert.ok(delivery.ok && delivery.id === '9.9')
    assert.equal((JSON.parse(stage.asked[1]?.body ?? '{}') as { thread_ts?: string }).thread_ts, undefined)
  })

  const says = (error: string, retry: boolean) =>
    it(`${retry ? 'tries again' : 'gives up'} when Slack says ${error} with a 200`, async () => {
      stage = await httpStage({ status: 200, body: JSON.stringify({ ok: false, error }) })
      const delivery = await send('problem', null)
      assert.deepEqual(delivery, {
        ok: false,
        retry,
        reason: `Slack C0123ABCD (${new URL(stage.url).host}): Slack says ${error}`,
      })
    })
  for (const error of ['ratelimited', 'internal_error', 'invalid_auth', 'channel_not_found', 'not_in_channel', 'token_revoked'])
    says(error, true)
  for (const error of ['msg_too_long', 'msg_blocks_too_long', 'invalid_blocks', 'no_text']) says(error, false)

  it('wants a token for a channel', () => {
    process.env.SPECOLA_TEST_SLACK_HOOK = 'https://hooks.slack.example/services/T/B/x'
    const config = plugin.config.parse({ webhooks: { noc: { env: 'SPECOLA_TEST_SLACK_HOOK' } } })
    assert.match(plugin.wrongAddress?.('#noc', config) ?? '', /a bot token is needed/)
    assert.equal(plugin.config.safeParse({}).success, false)
  })
})
