import assert from 'node:assert/strict'
import { decode } from '../../../collector/amqp/decode.ts'
import { readRecorded } from '../../../collector/amqp/read.ts'
import { scrub } from '../../../collector/amqp/scrub.ts'
import type { CloudEvent } from '../../../model/event.ts'

const time = '2026-11-22 16:05:20.123456'
const told = (event_type: string, payload: unknown, more: Record<string, unknown> = {}, exchange = '') => {
  const message = { message_id: 'm1', event_type, publisher_id: 'x.host', priority: 'INFO', timestamp: time, payload, ...more }
  return decode(message, '', exchange === '' ? {} : { exchange })
}
function event(...args: Parameters<typeof told>): CloudEvent {
  const decoded = told(...args)
  assert.ok(decoded.ok && !('ignored' in decoded), JSON.stringify(decoded))
  return decoded.event
}
const context = { _context_user_id: 'asker', _context_project_id: 'his project', _context_request_id: 'req-1' }

describe("Cinder's notifications", () => {
  const volume = {
    volume_id: 'v1',
    tenant_id: 'p1',
    user_id: 'u1',
    size: 10,
    volume_type: 't1',
    status: 'in-use',
    display_name: 'data',
    created_at: '2026-11-22T16:05:01+00:00',
  }

  it('name the owner from the payload and the actor from the context', () => {
    const {
      project,
      user,
      actor,
      actorProject,
      request,
      about,
      time: at,
    } = event('volume.attach.end', volume, context, 'openstack')
    assert.deepEqual([project, user, actor, actorProject, request], ['p1', 'u1', 'asker', 'his project', 'req-1'])
    assert.equal(about?.sizeGib, 10)
    assert.equal(about?.createdAt, Date.UTC(2026, 10, 22, 16, 5, 1))
    assert.equal(at, Date.UTC(2026, 10, 22, 16, 5, 20, 123))
  })

  const attached = (title: string, more: Record<string, unknown>, want: readonly string[] | undefined) =>
    it(title, () => assert.deepEqual(event('volume.attach.end', { ...volume, ...more }).about?.instances, want))
  attached(
    'count what is attached, once for each instance',
    {
      volume_attachment: [
        { instance_uuid: 'b', attach_status: 'attached' },
        { instance_uuid: 'a', attach_status: 'attached' },
        { instance_uuid: 'a', attach_status: 'attached' },
      ],
    },
    ['a', 'b'],
  )
  attached(
    'do not count what is only reserved, or detached already',
    {
      volume_attachment: [
        { instance_uuid: 'a', attach_status: 'reserved' },
        { instance_uuid: 'b', attach_status: 'attached', detach_time: '2026-11-22T16:00:00' },
        { instance_uuid: 'c', attach_status: 'attached', detach_time: null },
      ],
    },
    ['c'],
  )
  attached('of older releases say server_id', { volume_attachment: [{ server_id: 'a', attachment_id: 'x' }] }, ['a'])
  attached('or one instance_uuid beside the rest', { instance_uuid: 'a' }, ['a'])
  attached('or nothing', {}, undefined)

  it('of snapshots have the size of the volume, of backups their own', () => {
    const snapshot = event('snapshot.create.end', {
      snapshot_id: 's1',
      volume_id: 'v1',
      volume_size: 6,
      tenant_id: 'p1',
      status: 'available',
      deleted: '',
    })
    assert.deepEqual([snapshot.about?.sizeGib, snapshot.about?.parent], [6, { kind: 'volume', id: 'v1' }])
    const backup = event('backup.create.end', {
      backup_id: 'b1',
      volume_id: 'v1',
      size: 8,
      project_id: 'p1',
      tenant_id: 'p1',
      status: 'available',
    })
    assert.deepEqual([backup.resource, backup.about?.sizeGib], [{ kind: 'backup', id: 'b1' }, 8])
    assert.equal(
      event('snapshot.exists', { snapshot_id: 's1', volume_size: 6, deleted: 'True', status: 'available' }).about?.status,
      'deleted',
    )
  })

  for (const [type, payload, kind, id] of [
    ['group.create.end', { group_id: 'g1', name: 'g', tenant_id: 'p' }, 'volume_group', 'g1'],
    ['group_snapshot.create.end', { group_snapshot_id: 'gs1', tenant_id: 'p' }, 'group_snapshot', 'gs1'],
    ['consistencygroup.create.end', { consistencygroup_id: 'c1', tenant_id: 'p' }, 'consistencygroup', 'c1'],
    ['volume_type.create', { volume_types: { id: 't1', name: 'fast', is_public: true } }, 'volume_type', 't1'],
    ['volume_type_extra_specs.create', { type_id: 't1', specs: ['a'] }, 'volume_type', 't1'],
    ['qos_specs.create', { name: 'q', id: 'q1' }, 'qos_specs', 'q1'],
    ['image_volume_cache.hit', { image_id: 'i1', host: 'h' }, 'image', 'i1'],
    ['capacity.pool', { name_to_id: 'h@b#p', total: 5, free: 3 }, 'storage_pool', 'h@b#p'],
    [
      'scheduler.create_volume',
      { volume_id: 'v1', request_spec: { volume_id: 'v1' }, reason: 'No valid backend' },
      'volume',
      'v1',
    ],
    ['volume.transfer.accept.end', volume, 'volume', 'v1'],
  ] as const)
    it(`${type} is about the ${kind} ${id}`, () => assert.deepEqual(event(type, payload, {}, 'cinder').resource, { kind, id }))
})

describe("Glance's notifications", () => {
  const image = {
    id: 'i1',
    owner: 'p1',
    name: 'img',
    status: 'queued',
    size: null,
    created_at: '2026-11-22T16:04:40Z',
    deleted_at: null,
  }
  it('have no size until the image is uploaded, and no user', () => {
    const created = event('image.create', image)
    assert.deepEqual([created.about?.sizeGib, created.project, created.user, created.phase], [null, 'p1', null, null])
    assert.equal(event('image.upload', { ...image, size: 1024 ** 3 / 4 }).about?.sizeGib, 0.25)
  })
  it('say when it was deleted', () =>
    assert.equal(
      event('image.delete', { ...image, deleted_at: '2026-11-22T16:05:19Z' }).about?.deletedAt,
      Date.UTC(2026, 10, 22, 16, 5, 19),
    ))
  it('of members and of sending tell nothing of the image itself', () => {
    assert.equal(event('image.member.create', { image_id: 'i1', member_id: 'p2', status: 'pending', id: 6 }).about, undefined)
    const sent = event('image.send', {
      image_id: 'i1',
      owner_id: 'p1',
      bytes_sent: 7,
      receiver_user_id: 'u',
      receiver_tenant_id: 'p2',
    })
    assert.deepEqual(
      [sent.resource?.id, sent.actor, sent.actorProject, sent.facts?.bytes_sent, sent.about],
      ['i1', 'u', 'p2', 7, undefined],
    )
  })
  it('of failures are a text', () =>
    assert.equal(event('image.upload', 'Disk full', { priority: 'ERROR' }).facts?.message, 'Disk full'))
})

describe("Neutron's notifications", () => {
  it('tell of each thing that one request made, as an event of its own', () => {
    const port = (id: string) => ({
      id,
      project_id: `p-${id}`,
      network_id: 'n',
      fixed_ips: [{ ip_address: `10.0.0.${id}` }],
      status: 'DOWN',
    })
    const decoded = told('port.create.end', { ports: [port('1'), port('2'), port('3')] }, context)
    assert.ok(decoded.ok && !('ignored' in decoded))
    const all = [decoded.event, ...(decoded.more ?? [])]
    assert.deepEqual(
      all.map(({ id, resource, project, about }) => [id, resource?.id, project, about?.address]),
      [
        ['m1', '1', 'p-1', '10.0.0.1'],
        ['m1#2', '2', 'p-2', '10.0.0.2'],
        ['m1#3', '3', 'p-3', '10.0.0.3'],
      ],
    )
  })
  it('of policies are plural in their own way', () => {
    const decoded = told('qos_policy.create.end', { qos_policies: [{ id: 'a' }, { id: 'b' }] }, {}, 'neutron')
    assert.equal(decoded.ok && 'more' in decoded && decoded.more?.[0]?.resource?.id, 'b')
  })

  const floatingIp = { id: 'f1', project_id: 'p1', floating_ip_address: '192.0.2.7', created_at: '2026-11-22T16:04:47Z' }
  it('of floating IPs say which port is served, or that none is', () => {
    const serving = { ...floatingIp, port_id: 'port1', port_details: { device_owner: 'compute:nova', device_id: 'vm1' } }
    const { about } = event('floatingip.update.end', { floatingip: serving }, context)
    assert.deepEqual([about?.parent, about?.instances], [{ kind: 'port', id: 'port1' }, ['vm1']])
    assert.equal(event('floatingip.update.end', { floatingip: { ...floatingIp, port_id: null } }).about?.parent, null)
  })
  it('belong to whoever created them; who changes them is an actor only', () => {
    assert.equal(event('floatingip.create.end', { floatingip: floatingIp }, context).user, 'asker')
    const updated = event('floatingip.update.end', { floatingip: floatingIp }, context)
    assert.deepEqual([updated.user, updated.actor], [null, 'asker'])
  })
  it('that ask for something state nothing', () => {
    assert.equal(event('floatingip.update.start', { floatingip: { port_id: 'x' }, id: 'f1' }).about, undefined)
    assert.deepEqual(event('floatingip.delete.start', { floatingip_id: 'f1' }, {}, 'neutron').resource, {
      kind: 'floatingip',
      id: 'f1',
    })
  })
  it('of older releases end with an id only', () => {
    const gone = event('port.delete.end', { port_id: 'port1' }, {}, 'neutron')
    assert.deepEqual([gone.resource, gone.about], [{ kind: 'port', id: 'port1' }, undefined])
  })
  it("a port is an instance's once it has an owner", () => {
    const port = { id: 'port1', network_id: 'n', device_id: 'vm1' }
    assert.equal(event('port.create.end', { port: { ...port, device_owner: '' } }).about?.instances, undefined)
    assert.deepEqual(event('port.update.end', { port: { ...port, device_owner: 'compute:nova' } }).about?.instances, ['vm1'])
    assert.deepEqual(event('port.update.end', { port: { ...port, device_owner: 'network:dhcp' } }).about?.instances, [])
  })
  for (const [type, payload, kind, id] of [
    [
      'router.interface.create',
      { router_interface: { id: 'r1', project_id: 'p', port_id: 'x', subnet_id: 's' } },
      'router',
      'r1',
    ],
    ['l3_agent.router.add', { agent: { id: 'a1', router_id: 'r1' } }, 'router', 'r1'],
    ['dhcp_agent.network.add', { agent: { id: 'a1', network_id: 'n1' } }, 'network', 'n1'],
    ['tag.create.end', { parent_resource: 'security_groups', parent_resource_id: 'sg1', tags: ['a'] }, 'security_group', 'sg1'],
    ['l3.meter', { label_id: 'l1', bytes: 5, project_id: 'p' }, 'metering_label', 'l1'],
    ['l3.meter.3600', { label_id: 'l1', bytes: 5, project_id: 'p' }, 'metering_label', 'l1'],
    ['floatingip.exists', { floatingip: floatingIp }, 'floatingip', 'f1'],
    ['trunk.create.end', { trunk: { id: 't1', project_id: 'p' } }, 'trunk', 't1'],
  ] as const)
    it(`${type} is about the ${kind} ${id}`, () => assert.deepEqual(event(type, payload, {}, 'neutron').resource, { kind, id }))
  it('of a VPN lose its shared key', () =>
    assert.doesNotMatch(JSON.stringify(scrub({ ipsec_site_connection: { id: 'c', psk: 'very secret' } })), /very secret/))
})

describe("Keystone's notifications", () => {
  const cadf = (more: Record<string, unknown>) => ({
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    outcome: 'success',
    initiator: {
      id: 'admin1',
      user_id: 'admin1',
      username: 'sara',
      project_id: 'p0',
      request_id: 'req-9',
      host: { address: '192.0.2.1', agent: 'curl' },
    },
    target: { id: 'target1' },
    ...more,
  })
  it('of a project created say who did it, from where', () => {
    const created = event('identity.project.created', cadf({ resource_info: 'p1' }))
    assert.deepEqual(
      [created.type, created.resource, created.project, created.actor, created.request],
      ['project.create', { kind: 'project', id: 'p1' }, 'p1', 'admin1', 'req-9'],
    )
    assert.deepEqual([created.facts?.address, created.names, created.about], ['192.0.2.1', { actor: 'sara' }, { owner: 'p1' }])
  })
  it('in the basic format have an id only', () =>
    assert.deepEqual(event('identity.user.deleted', { resource_info: 'u1' }).resource, { kind: 'user', id: 'u1' }))
  it('of a role assignment say to whom, where and which', () => {
    const assigned = event(
      'identity.role_assignment.created',
      cadf({ role: 'r1', user: 'u1', project: 'p1', inherited_to_projects: false }),
    )
    assert.deepEqual(
      [assigned.type, assigned.resource, assigned.project, assigned.user, assigned.facts?.inherited_to_projects],
      ['role_assignment.create', { kind: 'role_assignment', id: 'r1' }, 'p1', 'u1', false],
    )
    assert.equal(assigned.about, undefined)
  })
  it('of a refused sign-in say why, and believe no name', () => {
    const refused = event(
      'identity.authenticate',
      cadf({ outcome: 'failure', reason: { reasonCode: 401, reasonType: 'The account is locked' } }),
    )
    assert.deepEqual(
      [refused.facts?.outcome, refused.facts?.reasonCode, refused.facts?.reason, refused.names],
      ['failure', '401', 'The account is locked', undefined],
    )
  })
  for (const [type, canonical, kind] of [
    ['identity.OS-TRUST:trust.created', 'trust.create', 'trust'],
    ['identity.application_credential.deleted', 'application_credential.delete', 'application_credential'],
    ['identity.service.created', 'service.create', 'catalog_service'],
    ['identity.group.updated', 'group.update', 'group'],
    ['identity.domain.disabled', 'domain.disable', 'domain'],
  ] as const)
    it(`${type} is ${canonical} of a ${kind}`, () => {
      const { type: found, resource } = event(type, cadf({ resource_info: 'x1' }))
      assert.deepEqual([found, resource], [canonical, { kind, id: 'x1' }])
    })
})

describe('requests that a service told of', () => {
  const server = '975eb195-e57a-4c4f-88f4-b7aa12c1a8c1'
  const audited = (more: Record<string, unknown>) => ({
    action: 'update/reboot',
    outcome: 'success',
    requestPath: `/v2.1/servers/${server}/action`,
    reason: { reasonCode: '202', reasonType: 'HTTP' },
    initiator: {
      id: 'u1',
      name: 'sara',
      project_id: 'p1',
      host: { address: '192.0.2.9', agent: 'curl' },
      credential: { token: '***', identity_status: 'Confirmed' },
    },
    target: { id: 'nova', name: 'nova', typeURI: 'service/compute/servers/action' },
    tags: ['correlation_id?value=corr-1'],
    ...more,
  })
  it('an audit says who asked what of which instance, and the answer', () => {
    const asked = event('audit.http.response', audited({}), {}, 'nova')
    assert.deepEqual(
      [asked.service, asked.resource, asked.project, asked.actor, asked.request],
      ['nova', { kind: 'instance', id: server }, 'p1', 'u1', 'corr-1'],
    )
    const { path, action, reasonCode, address, outcome, username } = asked.facts ?? {}
    assert.deepEqual(
      [path, action, reasonCode, address, outcome, username],
      [`/v2.1/servers/${server}/action`, 'update/reboot', '202', '192.0.2.9', 'success', 'sara'],
    )
  })
  it('whichever exchange it comes by, and whatever the path', () => {
    assert.equal(
      event('audit.http.request', audited({ requestPath: '/v2.1/servers/detail?all_tenants=1' }), {}, 'cinder').resource?.kind,
      'catalog_service',
    )
    const volume = event(
      'audit.http.request',
      audited({
        requestPath: `/v3/0123456789abcdef0123456789abcdef/volumes/${server}`,
        target: { typeURI: 'service/storage/block/volumes' },
      }),
    )
    assert.deepEqual([volume.service, volume.resource], ['cinder', { kind: 'volume', id: server }])
    for (const requestPath of [null, '', '/', '//', '/servers/', '/servers/../../etc'])
      event('audit.http.request', audited({ requestPath }))
  })
  it('the object store says what was moved', () => {
    const request = event('objectstore.http.request', {
      outcome: 'success',
      initiator: { id: 'u1', project_id: 'p1' },
      target: { id: 'p1', action: 'put', metadata: { container: 'c', object: 'o', path: '/v1/x/c/o' } },
      measurements: [
        { metric: { name: 'storage.objects.incoming.bytes', unit: 'B' }, result: 4096 },
        { metric: { name: 'storage.api.request', unit: 'request' }, result: 1 },
      ],
    })
    assert.deepEqual(
      [request.facts?.bytesIn, request.facts?.bytesOut, request.facts?.container, request.facts?.action, request.actor],
      [4096, undefined, 'c', 'put', 'u1'],
    )
  })
})

describe('messages with strange payloads', () => {
  for (const payload of [
    null,
    7,
    'text',
    [],
    [{}],
    { volume_attachment: 'x', port: [], ports: {}, volume_types: 3, initiator: 5, target: [], tags: [1] },
  ])
    for (const type of [
      'volume.create.end',
      'snapshot.exists',
      'image.update',
      'port.create.end',
      'router.interface.delete',
      'tag.update.end',
      'l3.meter',
      'identity.project.created',
      'identity.authenticate',
      'objectstore.http.request',
      'audit.http.request',
      'flavor.create',
      'aggregate.create.end',
      'service.update',
    ])
      it(`${type} with ${JSON.stringify(payload)} is read all the same`, () => assert.ok(told(type, payload).ok))
  it('of unknown types are kept with the reason', () => {
    const read = readRecorded({
      exchange: 'heat',
      routing_key: 'notifications.info',
      properties: {},
      body: JSON.stringify({ message_id: 'x', event_type: 'orchestration.stack.create.end', timestamp: time, payload: {} }),
    })
    assert.ok(read.ok && read.recorded.ignored && read.recorded.raw)
    const decoded = told('orchestration.stack.create.end', {})
    assert.match(decoded.ok && 'ignored' in decoded ? decoded.reason : '', /Heat's/)
  })
})
