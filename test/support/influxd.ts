import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './free-port.ts'

export interface Influxd {
  url: string
  pid: number
  /** Ends the process the hard way, as a power switch would. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export const influxdProgram = '/usr/bin/influxd'

/** InfluxDB 1.x of its own: on loopback, on a free port, all its files under `directory`. Starts again on what lies there. */
export async function startInfluxd(directory: string, given: { port?: number } = {}): Promise<Influxd> {
  mkdirSync(directory, { recursive: true })
  const port = given.port ?? (await freePort())
  const rpc = await freePort()
  const config = join(directory, 'influxdb.conf')
  writeFileSync(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = ${JSON.stringify(join(directory, 'meta'))}
[data]
  dir = ${JSON.stringify(join(directory, 'data'))}
  wal-dir = ${JSON.stringify(join(directory, 'wal'))}
  index-version = "tsi1"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
[monitor]
  store-enabled = false
`,
  )
  const child = spawn(influxdProgram, ['-config', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr?.on('data', (data: Buffer) => {
    complaint = (complaint + data.toString()).slice(-4000)
  })
  const over = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  while (!(await answers(`${url}/ping`))) {
    if (child.exitCode !== null) throw new Error(`influxd did not start: ${complaint}`)
    await pause(50)
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await over
  }
  return { url, pid: (child as ChildProcess & { pid: number }).pid, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 1000 }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode === 204))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}
