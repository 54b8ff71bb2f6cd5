/** Debian's Nagios 4 on objects of our own, all its files under one directory. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../model/clock.ts'

export const nagiosProgram = '/usr/sbin/nagios4'

export interface Nagios {
  /** One line a service check: time of the result, latency and execution time in seconds, state, host, service, output; tabs between. */
  results(): string[][]
  /** Processor time of the daemon, its workers and their plugins, ms. */
  cpuMs(): number
  stop(): Promise<void>
}

const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** What Nagios insists on: a period, somebody to tell, and templates `h` and `s` that name both. */
const basics = `define timeperiod {
 timeperiod_name 24x7
 alias always
${days.map((day) => ` ${day} 00:00-24:00`).join('\n')}
}
define command {
 command_name nobody
 command_line /bin/true
}
define contact {
 contact_name amy
 host_notification_period 24x7
 service_notification_period 24x7
 host_notification_commands nobody
 service_notification_commands nobody
}
define host {
 name h
 register 0
 address 127.0.0.1
 max_check_attempts 3
 check_period 24x7
 notification_period 24x7
 contacts amy
}
define service {
 name s
 register 0
 max_check_attempts 3
 check_period 24x7
 notification_period 24x7
 contacts amy
}
`

/** `objects`: text of an object file; `settings`: lines for the main file. Rejects with what Nagios says when it does not start. */
export async function startNagios(directory: string, objects: string, settings: readonly string[] = []): Promise<Nagios> {
  const path = (file: string) => join(directory, file)
  const root = process.getuid?.() === 0
  const user = root && !settings.includes('nagios_user=root') ? 'nagios' : userInfo().username
  const id = (flag: string) => execFileSync('id', [flag, user], { encoding: 'utf8' }).trim()
  mkdirSync(path('results'), { recursive: true })
  writeFileSync(path('objects.cfg'), basics + objects)
  writeFileSync(
    path('nagios.cfg'),
    [
      ...[`cfg_file=${path('objects.cfg')}`, `log_file=${path('nagios.log')}`, `object_cache_file=${path('objects.cache')}`],
      ...[`status_file=${path('status.dat')}`, `check_result_path=${path('results')}`, `temp_file=${path('tmp')}`],
      ...[`temp_path=${directory}`, `lock_file=${path('nagios.lock')}`, `state_retention_file=${path('retention.dat')}`],
      ...[`command_file=${path('nagios.cmd')}`, `query_socket=${path('nagios.qh')}`, 'check_external_commands=0'],
      ...[`nagios_user=${user}`, `nagios_group=${id('-gn')}`, 'retain_state_information=0', 'enable_notifications=0'],
      ...['process_performance_data=1', `service_perfdata_file=${path('perf')}`, 'service_perfdata_file_mode=a'],
      'service_perfdata_file_template=$TIMET$\\t$SERVICELATENCY$\\t$SERVICEEXECUTIONTIME$\\t$SERVICESTATE$\\t$HOSTNAME$\\t$SERVICEDESC$\\t$SERVICEOUTPUT$',
      ...['use_syslog=0', 'log_initial_states=0', 'check_for_updates=0', 'status_update_interval=60', ...settings],
    ].join('\n'),
  )
  if (root) for (const one of [directory, path('results')]) chownSync(one, Number(id('-u')), Number(id('-g')))
  chmodSync(directory, 0o755)
  const child: ChildProcess = spawn(nagiosProgram, [path('nagios.cfg')], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-4000)
    })
  const running = () =>
    existsSync(path('nagios.log')) && readFileSync(path('nagios.log'), 'utf8').includes('Successfully launched')
  for (let waited = 0; !running(); waited += 50) {
    if (child.exitCode !== null || waited > 20_000) throw new Error(`nagios4 did not start: ${said}`)
    await systemClock.sleep(50)
  }
  return {
    results: () =>
      existsSync(path('perf'))
        ? readFileSync(path('perf'), 'utf8')
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => line.split('\t'))
        : [],
    cpuMs: () => familyOf(child.pid as number).reduce((sum, pid) => sum + processorMs(pid), 0),
    stop: () =>
      new Promise((stopped) => {
        if (child.exitCode !== null) return stopped()
        child.once('exit', () => stopped())
        child.kill('SIGTERM')
      }),
  }
}

/** A process and all that descend from it. */
function familyOf(pid: number): number[] {
  const parents = readdirSync('/proc').flatMap((name): [number, number][] => {
    if (!/^\d+$/.test(name)) return []
    const fields = statOf(Number(name))
    return fields ? [[Number(name), Number(fields[1])]] : []
  })
  const family = [pid]
  for (const member of family) family.push(...parents.filter(([, parent]) => parent === member).map(([child]) => child))
  return family
}

/** Own time and that of children that have ended, in the kernel's ticks of 10 ms. */
export function processorMs(pid: number): number {
  const fields = statOf(pid)
  return fields ? [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) * 10 : 0
}

function statOf(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return null
  }
}
