import pino from 'pino'
import type { Logger } from '../model/contract.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** JSON lines on stderr; stdout belongs to the answer of the command. */
export function jsonLogger(level: LogLevel): Logger {
  return wrap(
    pino(
      { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
      pino.destination(2),
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
