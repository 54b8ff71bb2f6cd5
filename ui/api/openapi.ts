import type { PublicRoute } from '../route.ts'

const text = (name: string, description: string, required = false) => ({
  name,
  in: 'query',
  required,
  description,
  schema: { type: 'string' },
})
const many = (name: string, description: string, required = false) => ({
  name,
  in: 'query',
  required,
  description,
  explode: true,
  schema: { type: 'array', items: { type: 'string' } },
})
const range = [
  text('from', 'Start: now-6h, now/d, an ISO date or time, or epoch milliseconds'),
  text('to', 'End, exclusive; the same forms'),
]
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
const rows = {
  type: 'object',
  required: ['total', 'rows'],
  properties: { total: { type: 'integer' }, rows: { type: 'array', items: { type: 'object' } } },
}
const answers = (schema: object) => ({
  '200': { description: 'What was asked for, as far as the account may see it', content: { 'application/json': { schema } } },
  '400': { description: 'A parameter cannot be understood' },
  '401': { description: 'Not signed in' },
  '403': { description: 'The role may not see this' },
  '404': { description: 'Not there, or not in scope' },
})
const list = (summary: string, parameters: readonly object[]) => ({ get: { summary, parameters, responses: answers(rows) } })

const series = {
  type: 'object',
  properties: {
    t: { type: 'array', items: { type: 'integer' }, description: 'Start of each step, epoch ms' },
    step: { type: 'integer', description: 'Milliseconds' },
    series: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          field: { type: 'string' },
          aggregate: { type: 'string', enum: ['mean', 'min', 'max'] },
          unit: { type: 'string' },
          title: { type: 'string' },
          v: { type: 'array', items: { type: ['number', 'null'] }, description: 'One value per step; null = no data' },
        },
      },
    },
    marks: { type: 'array', items: { type: 'object' } },
  },
}

const usageParameters = [...range, text('view', 'ledger (default) or parity')]

const document = (version: string) => ({
  openapi: '3.1.0',
  info: { title: 'Specola', version, license: { name: 'Apache-2.0' } },
  security: [{ session: [] }],
  components: {
    securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'specola' }, token: { type: 'http', scheme: 'bearer' } },
  },
  paths: {
    '/api/v1/series': {
      get: {
        summary: 'Samples of one instance or hypervisor, decimated for drawing',
        parameters: [
          text(
            'measurement',
            'instance, instance_vcpu, instance_disk, instance_nic, instance_migration, instance_filesystem or hypervisor',
            true,
          ),
          text('id', 'Instance id or host', true),
          many('field', 'Fields to read as means', true),
          many('band', 'Fields to read as minimum and maximum too'),
          text('points', 'At most this many steps (10 to 2000)'),
          text('marks', '1: with the events of the instance'),
          ...range,
        ],
        responses: answers(series),
      },
    },
    '/problems.json': list('Problems', [
      many('state', 'critical, unknown, nodata, warning'),
      text('handled', '0: only those nobody has taken'),
      text('soft', '1: soft ones too'),
      text('project', 'Project id'),
      text('host', 'Host'),
      text('q', 'Part of a name or output'),
    ]),
    '/events.json': list('Events', [
      ...range,
      text('type', 'Canonical type, or a prefix that ends in a dot'),
      text('project', 'Project id'),
      text('resource', 'Instance id'),
      text('actor', 'User id'),
    ]),
    '/instances.json': list('Instances', [
      text('q', 'Part of a name, id or address'),
      text('project', 'Project id'),
      text('state', 'State as Nova calls it'),
      text('deleted', '1: those that are gone'),
    ]),
    '/resources.json': list('Volumes, images, networks and everything else that is no instance', [
      text(
        'kind',
        'volume (default), snapshot, backup, image, floatingip, network, subnet, port, router, security_group or flavor',
      ),
      text('q', 'Part of a name, id or address'),
      text('project', 'Project id'),
      text('deleted', '1: those that are gone'),
    ]),
    '/projects.json': list('Usage of projects', usageParameters),
    '/projects/{id}.json': list('Usage within a project', [
      id,
      ...usageParameters,
      text('by', 'instance, user, flavor or host'),
      text('of', 'resources: what was held beside instances, one row each'),
    ]),
    '/users.json': list('Usage of users', usageParameters),
    '/users/{id}.json': list('Usage of a user', [id, ...usageParameters, text('by', 'instance, project, flavor or host')]),
    '/api/v1/results': {
      post: {
        summary: 'Results of checks that others make, for rules that take them',
        security: [{ token: [] }],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                properties: {
                  target: { type: 'string', description: 'Id, or a name that only one has' },
                  rule: { type: 'string' },
                  state: { enum: ['ok', 'warning', 'critical', 'unknown'] },
                  exit: { type: 'integer', description: 'A plugin’s exit code, instead of the state' },
                  output: { type: 'string', description: 'As a plugin prints it: text, |, perfdata, further lines' },
                  results: { type: 'array', description: 'Up to 1000 of them at once, instead' },
                },
              },
            },
          },
        },
        responses: {
          '200': { description: 'How many were taken, and why others were not' },
          '400': { description: 'It cannot be understood' },
          '401': { description: 'No token, or a wrong one' },
          '422': { description: 'None was taken' },
        },
      },
    },
    '/healthz': {
      get: {
        summary: 'Whether this process works',
        security: [],
        responses: { '200': { description: 'It does' }, '503': { description: 'A part of it is down' } },
      },
    },
    '/metrics': {
      get: { summary: 'Own numbers, Prometheus text', security: [], responses: { '200': { description: 'Metrics' } } },
    },
  },
})

/** The machine-readable description of what programs may ask for. */
export const openapi: PublicRoute = {
  method: 'get',
  path: '/api/v1/openapi.json',
  handleGuest: async ({ deps }) => ({ kind: 'json', body: document(deps.version) }),
}
