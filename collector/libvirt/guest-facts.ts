/** What a guest says of itself. All of it is the tenant's own word: bounded here, escaped wherever it is shown. */
import type { Params } from './procedures.ts'

export interface Filesystem {
  mountpoint: string
  totalBytes: number
  usedBytes: number
}

export interface GuestFacts {
  hostname: string | null
  filesystems: readonly Filesystem[]
  addresses: readonly { address: string; mac: string | null }[]
}

/** More than a sane guest has; a series is made of each mount point. */
const filesystemsAtMost = 16
const interfacesAtMost = 32
const addressesAtMost = 64
const nameAtMost = 128

/** Typed parameters of DOMAIN_GET_GUEST_INFO → facts. File systems without a size (proc, sys …) are left out. */
export function guestFacts(params: Params): GuestFacts {
  const text = (field: string) => {
    const value = params.get(field)
    // A control character in a name can only be meant for a terminal.
    return typeof value === 'string' && value !== '' && value.length <= nameAtMost && !/\p{Cc}/u.test(value) ? value : null
  }
  const number = (field: string) => {
    const value = params.get(field)
    return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null
  }
  const each = <T>(group: string, most: number, read: (at: string) => T[]) =>
    Array.from({ length: Math.min(most, number(`${group}.count`) ?? 0) }, (_, n) => read(`${group}.${n}`)).flat()
  const filesystems = each('fs', filesystemsAtMost * 4, (at): Filesystem[] => {
    const mountpoint = text(`${at}.mountpoint`)
    const totalBytes = number(`${at}.total-bytes`)
    const usedBytes = number(`${at}.used-bytes`)
    if (mountpoint === null || !totalBytes || usedBytes === null || usedBytes > totalBytes) return []
    return [{ mountpoint, totalBytes, usedBytes }]
  })
  const addresses = each('if', interfacesAtMost, (at) =>
    each(`${at}.addr`, addressesAtMost, (addr) => {
      const address = text(`${addr}.addr`)
      return address === null || isLocal(address) ? [] : [{ address, mac: text(`${at}.hwaddr`) }]
    }),
  )
  return {
    hostname: text('hostname'),
    filesystems: filesystems.slice(0, filesystemsAtMost),
    addresses: addresses.slice(0, addressesAtMost),
  }
}

/** Means nothing outside the guest. */
const isLocal = (address: string) => !/^[0-9a-f.:]+$/i.test(address) || /^(127\.|169\.254\.|::1$|fe[89ab])/i.test(address)
