/** The config section `collector.openstack`: the clouds whose APIs are read, each with one set of credentials. */
import { z } from 'zod'
import { findCloud } from '../../config/clouds-yaml.ts'
import { duration, secret } from '../../config/fields.ts'
import { accessOf, type CloudAccess, type Credentials } from '../../openstack/access.ts'

const address = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:/.test(text), 'not an address: write https://host:5000/v3')
const word = z.string().min(1)

const entry = z.strictObject({
  /** Shown in logs and on the Health page. */
  name: word.default('openstack'),

  /** Keystone, with or without /v3. */
  authUrl: address.optional(),
  /** The way meant for Specola: bound to one project, can be revoked by itself, may be read-only. */
  applicationCredential: z.strictObject({ id: word, secret }).optional(),
  user: z
    .strictObject({
      name: word,
      /** By name; `domainId` by id. They differ: the first domain's id is `default`, its name `Default`. */
      domain: word.optional(),
      domainId: word.optional(),
      password: secret,
      project: word.optional(),
      projectId: word.optional(),
      projectDomain: word.optional(),
      projectDomainId: word.optional(),
    })
    .optional(),
  /** Instead of these: an entry of a clouds.yaml, or `envvars` for OS_* variables. */
  cloud: word.optional(),
  /** Default: $OS_CLIENT_CONFIG_FILE, ./clouds.yaml, ~/.config/openstack, /etc/openstack. */
  cloudsYaml: word.optional(),

  region: word.optional(),
  interface: z.enum(['public', 'internal', 'admin']).optional(),
  /** PEM file of the authority that signed the APIs' certificates. */
  ca: word.optional(),
  /** Addresses instead of the catalog's, by service: compute, volume, image, network, identity. */
  endpoints: z.record(z.string(), address).prefault({}),

  /** Between two readings of what changed. */
  interval: duration.prefault('5m').refine((ms) => ms >= 10_000, 'at least 10s'),
  /** Between two readings of everything, and the hour of the day (UTC) at which they are made. */
  fullList: z
    .strictObject({
      every: duration.prefault('24h').refine((ms) => ms >= 600_000, 'at least 10m'),
      hour: z.int().min(0).max(23).default(3),
    })
    .prefault({}),
  /** Calls a second to each service. */
  rate: z.number().positive().max(1000).default(20),
})

export interface OpenstackSource {
  name: string
  access: CloudAccess
  interval: number
  fullList: { every: number; hour: number }
  rate: number
}

const source = entry.transform((given, ctx): OpenstackSource => {
  const complain = (message: string, path: (string | number)[] = []) => {
    ctx.addIssue({ code: 'custom', message, path })
    return z.NEVER
  }
  const ways = [given.applicationCredential && 'applicationCredential', given.user && 'user', given.cloud && 'cloud'].filter(
    (way) => way !== undefined,
  )
  if (ways.length !== 1)
    return complain(
      ways.length === 0
        ? 'says not how to sign in: give applicationCredential, or user, or cloud (an entry of a clouds.yaml)'
        : `${ways.join(' and ')}: only one way to sign in`,
    )
  if (given.cloudsYaml !== undefined && given.cloud === undefined) return complain('needs `cloud` beside it', ['cloudsYaml'])
  let access: CloudAccess
  if (given.cloud !== undefined) {
    if (given.authUrl !== undefined) return complain('stands in the clouds.yaml already', ['authUrl'])
    try {
      const found = findCloud(given.cloud, {
        env: process.env,
        ...(given.cloudsYaml !== undefined && { file: given.cloudsYaml }),
      })
      // what is written here wins over the file, also where the file leaves it open
      const read = accessOf(given.region === undefined ? found.entry : { ...found.entry, region_name: given.region }, found.where)
      if (!read.ok) return complain(read.message, ['cloud'])
      access = read.value
    } catch (error) {
      return complain((error as Error).message, ['cloud'])
    }
  } else {
    if (given.authUrl === undefined)
      return complain('is missing: the address of Keystone, such as https://cloud.example.org:5000/v3', ['authUrl'])
    access = {
      authUrl: given.authUrl,
      credentials: credentialsOf(given),
      region: given.region ?? null,
      interface: 'public',
      ca: null,
      verify: true,
      endpoints: {},
    }
  }
  return {
    name: given.name,
    access: {
      ...access,
      interface: given.interface ?? access.interface,
      ca: given.ca ?? access.ca,
      endpoints: { ...access.endpoints, ...given.endpoints },
    },
    interval: given.interval,
    fullList: given.fullList,
    rate: given.rate,
  }
})

function credentialsOf({ applicationCredential, user }: z.output<typeof entry>): Credentials {
  if (applicationCredential) return { method: 'application_credential', ...applicationCredential }
  const its = user as NonNullable<typeof user>
  const domain = (id: string | undefined, name: string | undefined) =>
    id !== undefined ? { id } : name !== undefined ? { name } : { id: 'default' }
  return {
    method: 'password',
    user: { name: its.name, domain: domain(its.domainId, its.domain) },
    password: its.password,
    scope:
      its.projectId !== undefined
        ? { kind: 'project', project: { id: its.projectId } }
        : its.project !== undefined
          ? { kind: 'project', project: { name: its.project, domain: domain(its.projectDomainId, its.projectDomain) } }
          : { kind: 'default' },
  }
}

export const openstackSection = z
  .array(source)
  .superRefine((sources, ctx) => {
    for (const [i, { name }] of sources.entries())
      if (sources.findIndex((other) => other.name === name) < i)
        ctx.addIssue({
          code: 'custom',
          path: [i, 'name'],
          message: `there is a cloud "${name}" already; each needs a name of its own`,
        })
  })
  .prefault([])
