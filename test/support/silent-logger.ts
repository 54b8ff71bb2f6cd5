import type { Logger } from '../../model/contract.ts'

export interface KeptLogger extends Logger {
  lines: { level: string; message: string }[]
}

/** Keeps what was logged, prints nothing. */
export function silentLogger(lines: KeptLogger['lines'] = []): KeptLogger {
  const at = (level: string) => (message: string) => void lines.push({ level, message })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => silentLogger(lines) }
}
