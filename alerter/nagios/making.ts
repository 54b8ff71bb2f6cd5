/** What the making of devices from Nagios' objects has at hand. */
import type { People } from './import-people.ts'
import type { MacroWorld } from './macros.ts'
import type { NagiosObjects } from './objects.ts'
import type { Complaint } from './read-definitions.ts'

/** What the main file says of event handlers. */
export interface HandlerSettings {
  /** `enable_event_handlers`. */
  eventHandlers: boolean
  /** Seconds. */
  eventHandlerTimeout: number
  globalHostHandler: MainLine | null
  globalServiceHandler: MainLine | null
}

/** A line of the main file. */
export interface MainLine {
  text: string
  file: string
  line: number
}

/** What the main file says of all checks. */
export interface CheckSettings extends HandlerSettings {
  /** Seconds of one unit of the intervals. */
  intervalLength: number
  /** Seconds. */
  hostTimeout: number
  serviceTimeout: number
  timeoutState: 'ok' | 'warning' | 'critical' | 'unknown'
  aggressive: boolean
  /** Percent; null = flapping is not looked for. */
  hostFlapping: { low: number; high: number } | null
  serviceFlapping: { low: number; high: number } | null
  /** Commands that need a shell get one. */
  shell: boolean
}

export interface Making {
  objects: NagiosObjects
  world: MacroWorld
  people: People
  settings: CheckSettings
  complaints: Complaint[]
}
