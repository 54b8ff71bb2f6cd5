/** What the view of a broker means. Pure. */
import type { BrokerView } from '../../collector/amqp/inspect.ts'
import type { AmqpSource } from '../../collector/amqp/section.ts'
import { type Finding, ok } from './finding.ts'

/** Messages that wait for nobody: below this it may be a coincidence. */
const piledUp = 100
/** Messages that wait for us. */
const behind = 10_000

export function brokerFindings(source: AmqpSource, view: BrokerView): Finding[] {
  const there = view.exchanges.filter(({ there }) => there).map(({ name }) => name)
  const deaf = there.filter((name) => !source.exchanges.includes(name) && name !== 'openstack')
  const findings: Finding[] = [
    there.some((name) => source.exchanges.includes(name))
      ? ok('broker', `${source.name}: exchanges`, there.join(', '))
      : {
          ...{
            area: 'broker',
            subject: `${source.name}: exchanges`,
            level: 'trouble',
            found: 'none of the configured ones exists',
          },
          costs: 'nothing is heard from this broker',
          advice: `look at vhost ("${source.vhost}") and exchanges; exchanges come into being when a service first publishes`,
        },
    ...deaf.map(
      (name): Finding => ({
        ...{
          area: 'broker',
          subject: `${source.name}: exchange ${name}`,
          level: 'trouble',
          found: 'exists, and is not listened to',
        },
        costs: `what ${name} publishes is not heard`,
        advice: 'add it to exchanges',
      }),
    ),
    ...cinder(source, there),
    own(source, view),
  ]
  for (const { name, messages, consumers } of view.queues)
    if (consumers === 0 && messages >= piledUp)
      findings.push({
        ...{ area: 'broker', subject: `${source.name}: queue ${name}`, level: 'trouble' },
        found: `${messages} messages, and nobody reads them`,
        costs: 'it grows until the broker stops taking messages, and then OpenStack stands still',
        advice:
          'set a length limit on it by policy (max-length), or let whoever it was meant for read it; Specola reads its own queue',
      })
  const read = view.queues.filter(({ consumers }) => consumers > 0)
  if (read.length > 0)
    findings.push(ok('broker', `${source.name}: queues of others`, `${read.map(({ name }) => name).join(', ')} are read`))
  return findings
}

function cinder(source: AmqpSource, there: readonly string[]): Finding[] {
  const subject = `${source.name}: cinder's control_exchange`
  if (there.includes('cinder')) return [ok('broker', subject, 'cinder')]
  if (!there.includes('openstack')) return []
  const heard = source.exchanges.includes('openstack')
  return [
    {
      ...{ area: 'broker', subject, level: heard ? 'note' : 'trouble' },
      found: heard ? 'openstack, its default; it is listened to' : 'openstack, its default, which is not listened to',
      costs: heard ? 'nothing; other programs may not hear it' : 'volumes are not heard',
      advice: heard
        ? 'optional: set control_exchange = cinder in cinder.conf'
        : 'add openstack to exchanges, or set control_exchange = cinder',
    },
  ]
}

function own(source: AmqpSource, { own }: BrokerView): Finding {
  const subject = `${source.name}: our queue ${source.queue}`
  const base = { area: 'broker' as const, subject }
  if (own === null)
    return {
      ...base,
      level: 'trouble',
      found: 'is not there',
      costs: 'nothing is kept for Specola',
      advice: 'start serve once: it declares the queue',
    }
  if (own.consumers === 0)
    return {
      ...base,
      level: 'trouble',
      found: `${own.messages} messages, and serve does not read them`,
      costs: 'figures stand still; the messages are kept',
      advice: 'start serve',
    }
  if (own.messages > behind)
    return {
      ...base,
      level: 'trouble',
      found: `${own.messages} messages behind`,
      costs: 'figures are late',
      advice: 'look at the load of this machine and at the store',
    }
  return ok('broker', subject, `${own.messages} messages wait, ${own.consumers} read`)
}
