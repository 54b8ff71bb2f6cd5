/** The `collector:` section: what this process reads, and nothing of what it is read for. */
import { z } from 'zod'
import { agentsSection } from '../collector/agent/section.ts'
import { amqpSection } from '../collector/amqp/section.ts'
import { gangliaSection } from '../collector/ganglia/section.ts'
import { atOnceSetting, libvirtSection } from '../collector/libvirt/section.ts'
import { openstackSection } from '../collector/openstack/section.ts'

export const collectorSection = z
  .strictObject({
    ...{ amqp: amqpSection, libvirt: libvirtSection, libvirtAtOnce: atOnceSetting, openstack: openstackSection },
    ...{ ganglia: gangliaSection, agents: agentsSection },
  })
  .prefault({})

export type CollectorConfig = z.output<typeof collectorSection>
