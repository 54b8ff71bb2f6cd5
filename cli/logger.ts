import pino from 'pino'
import type { Logger } from '../model/contract.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Marks that turn the writing direction: whoever reads a line of the log is to see what is in it. */
const turning = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
const escaped = (mark: string) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`

/** JSON lines on stderr; stdout belongs to the answer of the command. */
export function jsonLogger(level: LogLevel): Logger {
  const out = pino.destination(2)
  return wrap(
    pino(
      { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
      { write: (line) => void out.write(line.replace(turning, escaped)) },
    ),
  )
}

function wrap(logger: pino.Logger): Logger {
  return {
    debug: (message, fields) => logger.debug(plain(fields), message),
    info: (message, fields) => logger.info(plain(fields), message),
    warn: (message, fields) => logger.warn(plain(fields), message),
    error: (message, fields) => logger.error(plain(fields), message),
    child: (fields) => wrap(logger.child(fields)),
  }
}

/** pino knows an error only under `err`. */
function plain(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const { error, ...rest } = fields
  return error instanceof Error ? { ...rest, err: error } : fields
}
