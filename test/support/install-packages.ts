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
  'qemu-system-x86': '/usr/bin/qemu-system-x86_64',
  iproute2: '/usr/bin/ip',
  chromium: '/usr/bin/chromium',
}

const missing = Object.keys(wanted).filter((name) => !existsSync(wanted[name] as string))
if (missing.length > 0) {
  const root = process.getuid?.() === 0
  const sudo = !root && spawnSync('sudo', ['-n', 'true']).status === 0
  if (!existsSync('/usr/bin/apt-get') || (!root && !sudo)) {
    console.log(`These Debian packages are missing, and this user may not install them: ${missing.join(' ')}`)
    console.log(`The tests that need them will be skipped. To run them: sudo apt-get install ${missing.join(' ')}`)
  } else {
    console.log(`Installing the Debian packages that the tests run against: ${missing.join(' ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    // No daemon may be started by its package: the tests start their own, on loopback.
    const apt = (...args: string[]) =>
      spawnSync(root ? 'apt-get' : 'sudo', [...(root ? [] : ['--preserve-env=DEBIAN_FRONTEND', 'apt-get']), ...args], {
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
      }).status
    if (apt('update', '-qq') !== 0 || apt('install', '-y', '-qq', '--no-install-recommends', ...missing) !== 0) {
      console.error('apt-get failed: see above')
      if (process.env.CI) process.exit(1)
    }
  }
}
