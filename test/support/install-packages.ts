/** Installs the Debian packages that the real-component tests need; says so first. Without root or sudo those tests are skipped. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Debian package → a file that it brings. */
const wanted: Record<string, string> = {
  'rabbitmq-server': '/usr/sbin/rabbitmq-server',
  influxdb: '/usr/bin/influxd',
  'libvirt-daemon': '/usr/sbin/libvirtd',
  'libvirt-daemon-driver-qemu': '/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so',
  'libvirt-clients': '/usr/bin/virsh',
  'ganglia-monitor': '/usr/sbin/gmond',
  gmetad: '/usr/sbin/gmetad',
  'qemu-system-x86': '/usr/bin/qemu-system-x86_64',
  'libvirt-daemon-driver-lxc': '/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_lxc.so',
  'prometheus-libvirt-exporter': '/usr/bin/prometheus-libvirt-exporter',
  'openssh-server': '/usr/sbin/sshd',
  'netcat-openbsd': '/usr/bin/nc.openbsd',
  'libsasl2-modules': '/usr/lib/x86_64-linux-gnu/sasl2/libscram.so',
  'sasl2-bin': '/usr/sbin/saslpasswd2',
  iproute2: '/usr/bin/ip',
  openssl: '/usr/bin/openssl',
  chromium: '/usr/bin/chromium',
  postgresql: '/usr/lib/postgresql/15/bin/postgres',
  prometheus: '/usr/bin/promtool',
  'poppler-utils': '/usr/bin/pdftotext',
  'monitoring-plugins-standard': '/usr/lib/nagios/plugins/check_pgsql',
  'nagios-nrpe-server': '/usr/sbin/nrpe',
  'nagios-nrpe-plugin': '/usr/lib/nagios/plugins/check_nrpe',
  'nagios4-core': '/usr/sbin/nagios4',
  'prometheus-alertmanager': '/usr/bin/prometheus-alertmanager',
}

/** As root. Daemons are not started by their packages: the tests start their own, on loopback, and end them. */
const script = `
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\\nexit 101\\n' > $policy && chmod 755 $policy
  trap 'rm -f $policy' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"`

const missing = Object.keys(wanted).filter((name) => !existsSync(wanted[name] as string))
if (missing.length > 0) install(missing)

function install(packages: readonly string[]): void {
  const root = process.getuid?.() === 0
  const sudo = !root && spawnSync('sudo', ['-n', 'true']).status === 0
  if (!existsSync('/usr/bin/apt-get') || (!root && !sudo)) {
    console.log(`These Debian packages are missing, and this user may not install them: ${packages.join(' ')}`)
    console.log(`The tests that need them will be skipped. To run them: sudo apt-get install ${packages.join(' ')}`)
    return
  }
  console.log(`Installing the Debian packages that the tests run against: ${packages.join(' ')}`)
  const shell = ['sh', '-c', script, 'install', ...packages]
  const [program, ...args] = (root ? shell : ['sudo', '-n', ...shell]) as [string, ...string[]]
  if (spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0) return
  console.error('apt-get failed: see above; the tests that need these packages will be skipped')
  if (process.env.CI) process.exit(1)
}
