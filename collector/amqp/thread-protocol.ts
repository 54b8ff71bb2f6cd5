/** What the bus collectors' thread and the main thread tell each other. Everything here can be cloned. */
import type { Intake, ListeningLog, RecordCounts } from '../../model/contract.ts'
import type { HealthBoard } from '../../model/health.ts'
import type { MessageTexts } from '../../model/message-texts.ts'
import type { AmqpSource } from './section.ts'

/** A source whose secret can travel to a thread of the same process. */
export type ThreadSource = Omit<AmqpSource, 'password'> & { password?: string }

/** What the thread asks the main thread to do, and waits for. */
export interface Calls extends Pick<Intake, 'park'>, ListeningLog {
  /** `events` as in ReadBatch: cheaper than cloning what is in it. */
  record(events: Uint8Array, texts: MessageTexts): Promise<RecordCounts>
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type FromThread =
  | { kind: 'call'; id: number; name: keyof Calls; args: readonly unknown[] }
  | { kind: 'log'; level: LogLevel; message: string; fields: Readonly<Record<string, unknown>> }
  | { kind: 'health'; report: Parameters<HealthBoard['report']>[0] }

export type ToThread =
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failure'; id: number; message: string }
  | { kind: 'stop' }
