import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode } from '../../../collector/amqp/decode.ts'
import { canonicalNova } from '../../../collector/amqp/nova-names.ts'
import { readRecorded } from '../../../collector/amqp/read.ts'
import type { CloudEvent } from '../../../model/event.ts'
import type { Fields } from '../../../model/fields.ts'
import { messagesOf, recordings } from '../../support/recordings.ts'
import { sharedPath } from '../../support/shared-vectors.ts'

describe("Nova's event types have one canonical name", () => {
  const means = (eventType: string, type: string, phase: string | null) =>
    it(`${eventType} is ${type} ${phase ?? ''}`, () => assert.deepEqual(canonicalNova(eventType), { type, phase }))
  for (const [legacy, versioned, type] of [
    ['compute.instance.create.start', 'instance.create.start', 'instance.create'],
    ['compute.instance.finish_resize.start', 'instance.resize_finish.start', 'instance.resize_finish'],
    ['compute.instance.resize.prep.start', 'instance.resize_prep.start', 'instance.resize_prep'],
    ['compute.instance.resize.confirm.start', 'instance.resize_confirm.start', 'instance.resize_confirm'],
    ['compute.instance.resize.revert.start', 'instance.resize_revert.start', 'instance.resize_revert'],
    ['compute.instance.live_migration._post.start', 'instance.live_migration_post.start', 'instance.live_migration_post'],
    [
      'compute.instance.live_migration.post.dest.start',
      'instance.live_migration_post_dest.start',
      'instance.live_migration_post_dest',
    ],
    [
      'compute.instance.live_migration._rollback.start',
      'instance.live_migration_rollback.start',
      'instance.live_migration_rollback',
    ],
    [
      'compute.instance.live_migration.rollback.dest.start',
      'instance.live_migration_rollback_dest.start',
      'instance.live_migration_rollback_dest',
    ],
    ['compute.instance.live.migration.abort.start', 'instance.live_migration_abort.start', 'instance.live_migration_abort'],
    ['compute.instance.shelve_offload.start', 'instance.shelve_offload.start', 'instance.shelve_offload'],
    ['compute.instance.soft_delete.start', 'instance.soft_delete.start', 'instance.soft_delete'],
    ['aggregate.addhost.start', 'aggregate.add_host.start', 'aggregate.add_host'],
  ] as const) {
    means(legacy, type, 'start')
    means(versioned, type, 'start')
  }
  means('compute.instance.rebuild.scheduled', 'instance.rebuild_scheduled', null)
  means('instance.rebuild_scheduled', 'instance.rebuild_scheduled', null)
  means('compute.instance.volume.attach', 'instance.volume_attach', null)
  means('instance.volume_attach.error', 'instance.volume_attach', 'error')
  means('compute.instance.exists', 'instance.exists', null)
  means('servergroup.create', 'server_group.create', null)
  means('compute.libvirt.error', 'libvirt.connect', 'error')
})

for (const recording of recordings) {
  describe(`messages of the recorded run ${recording.name}`, () => {
    const events: CloudEvent[] = []
    it('are all understood', () => {
      for (const message of messagesOf(recording)) {
        const read = readRecorded(message)
        assert.ok(read.ok && !read.recorded.ignored, message.body.slice(0, 300))
        events.push(read.recorded.event)
      }
    })

    it('name the resource, its project and who asked, where the service tells', () => {
      for (const event of events) {
        const where = `${event.service} ${event.type} ${event.id}`
        // Neutron has no id yet when a create starts
        assert.ok(
          event.resource || event.type === 'compute.exception' || (event.service === 'neutron' && event.phase === 'start'),
          where,
        )
        if (event.type.startsWith('instance.') && event.type !== 'instance.evacuate') {
          assert.ok(event.project && event.user && event.instance, where)
          assert.ok(event.instance?.flavor && event.instance.state, where)
        }
      }
    })

    it('tell the same in both formats', () => {
      const facts = (event: CloudEvent) => ({
        project: event.project,
        user: event.user,
        flavor: event.instance?.flavor && { ...event.instance.flavor, swapMb: 0, extraSpecs: {} },
        state: event.instance?.state,
        launched: event.instance?.launchedAt ? Math.floor(event.instance.launchedAt / 1000) : null,
        terminated: event.instance?.terminatedAt ? Math.floor(event.instance.terminatedAt / 1000) : null,
        // before a rebuild, legacy `exists` names the image that was, in a field of its own
        image: event.type === 'instance.exists' ? null : event.instance?.image,
      })
      const key = (event: CloudEvent) => `${event.type} ${event.phase} ${event.resource?.id} ${event.request}`
      const legacy = Map.groupBy(
        events.filter((event) => event.service === 'nova' && event.format === 'legacy'),
        key,
      )
      let compared = 0
      for (const event of events) {
        if (event.format !== 'versioned' || !event.type.startsWith('instance.') || event.type === 'instance.resize_prep') continue
        const twins = legacy.get(key(event))
        if (twins?.length !== 1) continue
        assert.deepEqual(facts(event), facts(twins[0] as CloudEvent), key(event))
        compared++
      }
      assert.ok(compared > 500, `${compared} compared`)
    })
  })
}

describe('published samples of other projects', () => {
  const folder = sharedPath('notification-samples')

  interface Sample {
    file: string
    message: Fields & { event_type: string; payload: Fields }
  }
  function samples(): Sample[] {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.json') && !file.startsWith('nova-common-payloads'))
      .flatMap((file) => {
        const content = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Sample['message'] | Sample['message'][]
        return (Array.isArray(content) ? content : [content]).map((message) => ({ file, message }))
      })
  }

  it('fill every field of an instance that the payload has', () => {
    let instances = 0
    for (const { file, message } of samples()) {
      const decoded = decode(message, '')
      if (!decoded.ok || 'ignored' in decoded || !decoded.event.type.startsWith('instance.')) continue
      const { event } = decoded
      const object = message.payload['nova_object.data']
      const data = (object ?? message.payload) as Fields
      const where = `${file} ${message.event_type}`
      const has = (key: string) => data[key] !== undefined && data[key] !== null && data[key] !== ''
      assert.ok(event.resource, where)
      if (has('tenant_id')) assert.equal(event.project, data.tenant_id, where)
      if (has('user_id')) assert.equal(event.user, data.user_id, where)
      if (has('host')) assert.equal(event.host, data.host, where)
      if (has('display_name')) assert.equal(event.instance?.name, data.display_name, where)
      if (has('launched_at')) assert.ok(event.instance?.launchedAt, where)
      if (has('memory_mb') || has('flavor')) assert.ok(event.instance?.flavor && event.instance.flavor.memoryMb > 0, where)
      if (has('state')) assert.equal(event.instance?.state, data.state, where)
      if (data.state_update) assert.ok(event.instance && 'oldState' in event.instance, where)
      instances++
    }
    assert.ok(instances > 200, `${instances} instance messages`)
  })

  it('are known types, or ignored with the reason why', () => {
    const ignored: string[] = []
    for (const { file, message } of samples()) {
      const decoded = decode(message, '')
      if (decoded.ok && !('ignored' in decoded)) {
        assert.notEqual(decoded.event.service, 'other', `${file} ${message.event_type}`)
        continue
      }
      assert.ok(decoded.reason.length > 5)
      ignored.push(`${file.split('/')[0]} ${message.event_type}: ${decoded.reason}`)
    }
    const expected =
      /^(\S+ (dns|orchestration)\.|ceilometer-legacy (telemetry\.api|full\.sample|http\.(request|response)|test\.create):|notigen-sequences compute.instance.exists.verified:|keystone-docs null: no event_type)/
    assert.deepEqual(
      ignored.filter((line) => !expected.test(line)),
      [],
    )
    assert.equal(ignored.filter((line) => line.includes('no service that Specola follows')).length, 0)
  })

  it('name a resource, and state facts of it where the payload holds the whole object', () => {
    const silent: string[] = []
    let told = 0
    // an empty payload, the documentation's own placeholder, and a message that was documented inside another
    const nothing = /notification_empty_payload|_resource_type_|port\.update\.end__doc/
    for (const { file, message } of samples()) {
      const decoded = decode(message, '')
      if (!decoded.ok || 'ignored' in decoded) continue
      const { event } = decoded
      if (event.about) told++
      if (!event.resource && !nothing.test(file)) silent.push(message.event_type)
      const { payload } = message
      const object = Object.values(payload).find(
        (value) => typeof value === 'object' && value !== null && 'id' in value && 'tenant_id' in value,
      )
      if (event.service === 'neutron' && event.phase === 'end' && object)
        assert.ok(event.about && event.project === (object as unknown as Fields).tenant_id, `${file} ${message.event_type}`)
      if (event.service === 'cinder' && /^(volume|snapshot)\./.test(event.type))
        assert.equal(event.about?.sizeGib, Number(payload.size ?? payload.volume_size), file)
    }
    assert.ok(told > 130, `${told} with facts`)
    // what names no thing: requests that have none yet, and failures of something that is nobody's
    assert.deepEqual(
      [...new Set(silent)].filter(
        (type) =>
          !/\.(create|run_instance)\.start$|^(scheduler\.|compute\.exception|[a-z]+_instance$|aggregate\.)|exists$/.test(type),
      ),
      [],
    )
  })
})
