/** Guests without an operating system: a boot sector that reads and writes its disk at every tick, for ever. */

export interface Guest {
  name: string
  uuid: string
  vcpus?: number
  tap?: string
  /** Its firmware asks the network for an address first, and so sends and receives; it gives up after a minute and goes on with the disk. */
  networkBoot?: boolean
  /** Kept by the daemon when it stops. */
  define?: boolean
  /** Timer ticks (55 ms) between two disk requests; 0 = never rests. */
  restTicks?: number
  /** Writes 14 MiB of its memory over and over and leaves the disk alone: a guest that is hard to migrate. */
  dirtiesMemory?: boolean
  nova?: { name: string; project: string; user: string; flavor: string }
}

const sectorSize = 512

/** 1 MiB of disk whose boot sector loops: read sector 2, write sector 3, sleep `restTicks` timer ticks. */
export function guestImage({ restTicks = 4, dirtiesMemory }: Guest): Buffer {
  const image = Buffer.alloc(1024 * 1024)
  if (dirtiesMemory) return bootable(image, memoryLoop)
  const setup = [0x31, 0xc0, 0x8e, 0xc0, 0xfb] // xor ax,ax; mov es,ax; sti
  const disk = (operation: number, sector: number) => [
    ...[0xb8, 0x01, operation], // mov ax, operation << 8 | one sector
    ...[0xbb, 0x00, 0x7e], // mov bx, 0x7e00: the buffer
    ...[0xb9, sector, 0x00], // mov cx, sector
    ...[0xba, 0x80, 0x00], // mov dx, the first disk
    ...[0xcd, 0x13], // int 0x13
  ]
  const rest = Array.from({ length: restTicks }, () => 0xf4) // hlt: until the next tick
  const loop = [...disk(2, 2), ...disk(3, 3), ...rest]
  const back = [0xeb, 256 - (loop.length + 2)] // jmp to the start of the loop
  return bootable(image, [...setup, ...loop, ...back])
}

function bootable(image: Buffer, code: readonly number[]): Buffer {
  Buffer.from(code).copy(image)
  image.writeUInt16LE(0xaa55, sectorSize - 2)
  return image
}

/** Where the boot sector is loaded. */
const origin = 0x7c00
const tableAt = 0x30

/** In "unreal" mode, which reaches beyond the first megabyte: fills memory from 1 to 15 MiB with a number, then with the next. */
const memoryLoop = (() => {
  const setup = [
    0xfa, // cli
    ...[0x0f, 0x01, 0x16, (origin + tableAt + 16) & 0xff, origin >> 8], // lgdt
    ...[0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0], // protected mode on
    ...[0xbb, 0x08, 0x00, 0x8e, 0xc3], // mov bx, 8; mov es, bx: a segment of 4 GiB
    ...[0x24, 0xfe, 0x0f, 0x22, 0xc0], // and off: the segment stays
  ]
  const fill = [
    ...[0x66, 0xbf, 0x00, 0x00, 0x10, 0x00], // mov edi, 1 MiB
    ...[0x66, 0xb9, 0x00, 0x00, 0x38, 0x00], // mov ecx, 14 MiB / 4
    ...[0xf3, 0x66, 0x67, 0xab, 0x40], // rep stosd; inc ax
  ]
  const code = [...setup, ...fill, 0xeb, 256 - (fill.length + 2)]
  const gap = Array.from({ length: tableAt - code.length }, () => 0)
  const table = [...Array.from({ length: 8 }, () => 0), ...[0xff, 0xff, 0x00, 0x00, 0x00, 0x92, 0xcf, 0x00]]
  return [...code, ...gap, ...table, ...[0x0f, 0x00, (origin + tableAt) & 0xff, origin >> 8, 0x00, 0x00]]
})()

/** As Nova would write it, in short. */
export function guestXml({ name, uuid, vcpus = 1, tap, networkBoot, nova }: Guest, image: string): string {
  const metadata = nova
    ? `<metadata><nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:name>${nova.name}</nova:name>
        <nova:creationTime>2026-11-22 14:00:00</nova:creationTime>
        <nova:flavor name="${nova.flavor}"><nova:memory>16</nova:memory><nova:disk>1</nova:disk><nova:swap>0</nova:swap>
        <nova:ephemeral>0</nova:ephemeral><nova:vcpus>${vcpus}</nova:vcpus></nova:flavor>
        <nova:owner><nova:user uuid="${nova.user}">giulia</nova:user><nova:project uuid="${nova.project}">web</nova:project></nova:owner>
        </nova:instance></metadata>`
    : ''
  const nic = tap
    ? `<interface type='ethernet'><target dev='${tap}'/><model type='virtio'/>${networkBoot ? '' : "<rom enabled='no'/>"}</interface>`
    : ''
  return `<domain type='qemu'><name>${name}</name><uuid>${uuid}</uuid>${metadata}
    <memory unit='MiB'>16</memory><vcpu>${vcpus}</vcpu><os><type arch='x86_64' machine='pc'>hvm</type>${networkBoot ? "<boot dev='network'/>" : ''}<boot dev='hd'/></os>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${image}'/><target dev='vda' bus='virtio'/></disk>
    ${nic}<memballoon model='virtio'><stats period='10'/></memballoon><video><model type='none'/></video>
    <controller type='usb' model='none'/><controller type='scsi' model='virtio-scsi'/></devices></domain>`
}
