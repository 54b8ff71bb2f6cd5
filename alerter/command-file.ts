/** Nagios' external command file: a named pipe that scripts write lines into. */
import { execFileSync } from 'node:child_process'
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { AppError, type Logger } from '../model/contract.ts'

const longestLine = 64 * 1024

/**
 * Reads lines until the signal is aborted; makes the pipe (mode 0660) if it is not there. A line that is too long, or that
 * cannot be done, is logged and passed over. AppError('config') when the path is something else than a pipe.
 */
export async function readCommandFile(
  path: string,
  take: (line: string) => Promise<string | null>,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const pipe = openPipe(path)
  const stop = () => pipe.destroy()
  signal.addEventListener('abort', stop, { once: true })
  let rest = ''
  try {
    for await (const chunk of pipe.setEncoding('utf8')) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > longestLine) {
        logger.warn(`command file: a line of more than ${longestLine} characters is passed over`)
        rest = ''
      }
      for (const line of lines) {
        if (line.trim() === '') continue
        const reason = await take(line).catch((error: Error) => error.message)
        if (reason !== null) logger.warn(`command file: not done: ${reason}`, { line: line.slice(0, 200) })
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    pipe.destroy()
  }
}

/** Open for writing too, so that it does not end when the last script closes it. */
function openPipe(path: string): Socket {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new AppError('config', `alerter.commandFile: ${path}: ${(error as Error).message}`, { cause: error })
    execFileSync('mkfifo', ['-m', '0660', path])
    fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  }
  if (fstatSync(fd).isFIFO()) return new Socket({ fd, readable: true, writable: false })
  closeSync(fd)
  throw new AppError('config', `alerter.commandFile: ${path} is there already and is no named pipe`)
}
