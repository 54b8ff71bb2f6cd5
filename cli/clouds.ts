/** The clouds of a configuration, opened for a command. */
import { systemClock } from '../model/clock.ts'
import { AppError } from '../model/contract.ts'
import { type Cloud, openCloud } from '../openstack/client.ts'
import type { Configuration } from './configuration.ts'
import { jsonLogger } from './logger.ts'

/** Throws AppError('config') when the configuration names none. */
export function openClouds(config: Configuration, signal?: AbortSignal): Cloud[] {
  if (config.collector.openstack.length === 0)
    throw new AppError('config', 'collector.openstack is empty: say there how to sign in to the cloud (see config/example.yaml)')
  const logger = jsonLogger(config.log)
  return config.collector.openstack.map((source) =>
    openCloud({ ...source, clock: systemClock, logger, ...(signal && { signal }) }),
  )
}
