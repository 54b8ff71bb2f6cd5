/** How far a real libvirtd goes for us with a URI of ESX: to the host that it names. There is no ESX here to go further. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { LibvirtClient } from '../../../collector/libvirt/client.ts'
import { systemClock } from '../../../model/clock.ts'
import { type Libvirtd, startLibvirtd } from '../../support/libvirtd.ts'
import { needs } from '../../support/needs.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

describe('a libvirtd that is asked for an ESX host', function () {
  this.timeout(60_000)
  needs('/usr/sbin/libvirtd', 'libvirt-daemon')
  const directory = temporaryDirectory()
  let libvirtd: Libvirtd
  let esx: Server
  const asked: string[] = []

  before(async () => {
    esx = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => asked.push(`${request.method} ${request.url} ${text}`))
      request.on('end', () => response.writeHead(503).end())
    })
    await new Promise<void>((resolve) => esx.listen(0, '127.0.0.1', resolve))
    const credentials = join(directory(), 'auth.conf')
    writeFileSync(credentials, '[credentials-esx]\nusername=root\npassword=secret\n[auth-esx-localhost]\ncredentials=esx\n')
    // on the machine's own loopback, where the stand-in listens
    libvirtd = await startLibvirtd(directory(), { network: 'shared', environment: { LIBVIRT_AUTH_FILE: credentials } })
  })
  after(async () => {
    await libvirtd?.stop()
    esx?.close()
  })

  const open = async (host: string) => {
    const socket = new URLSearchParams(libvirtd.uri.split('?')[1]).get('socket')
    const uri = `esx://${host}:${(esx.address() as AddressInfo).port}/?transport=http&socket=${socket}`
    const client = await LibvirtClient.open({ uri }, { clock: systemClock, timeoutMs: 10_000 })
    client.close()
  }

  it('asks it with the credentials of its own configuration, and says what came of it', async () => {
    await assert.rejects(open('localhost'), /^\S+Error: libvirt refused CONNECT_OPEN: .*503/)
    assert.match(asked[0] ?? '', /^POST \/sdk .*RetrieveServiceContent/s)
  })

  it('says that it has none', async () => {
    await assert.rejects(open('ip6-localhost'), /Missing authentication credentials|lookup for host/)
  })
})
