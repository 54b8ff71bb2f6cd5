/** Our own drawings on a 16 × 16 grid. States are filled shapes that differ in outline; everything else is a line. */
const shapes: Readonly<Record<string, string>> = {
  critical: '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z"/>',
  warning: '<path d="M8 1.2 15.6 14.6H.4z"/>',
  unknown: '<path d="M8 .6 15.4 8 8 15.4.6 8z"/>',
  nodata: '<path d="M2 2h12v12H2zM4.5 7v2h7V7z"/>',
  dot: '<circle cx="8" cy="8" r="4"/>',
}

const lines: Readonly<Record<string, string>> = {
  ok: '<path stroke-width="2.4" d="m2.2 8.6 3.6 3.8 8-9"/>',
  pending: '<circle cx="8" cy="8" r="6" stroke-width="2" stroke-dasharray="2.6 2.1"/>',
  stopped: '<rect x="3" y="3" width="10" height="10" rx="1" stroke-width="1.8"/>',
  problems:
    '<path d="M8 1.8a4.4 4.4 0 0 0-4.4 4.4c0 4-1.6 5-1.6 5h12s-1.6-1-1.6-5A4.4 4.4 0 0 0 8 1.8zM6.6 13.6a1.6 1.6 0 0 0 2.8 0"/>',
  wall: '<rect x="1.5" y="2.5" width="13" height="8.5" rx="1"/><path d="M5 14h6M8 11v3"/>',
  events: '<path d="M5.5 3.5h9M5.5 8h9M5.5 12.5h9M1.8 3.5h.4M1.8 8h.4M1.8 12.5h.4"/>',
  instances:
    '<rect x="2" y="2" width="12" height="5" rx="1"/><rect x="2" y="9" width="12" height="5" rx="1"/><path d="M4.6 4.5h.4M4.6 11.5h.4"/>',
  hosts: '<rect x="3" y="1.5" width="10" height="13" rx="1"/><path d="M5.4 4.4h5.2M5.4 7.2h5.2M8 11.6h.01"/>',
  devices:
    '<rect x="1.5" y="8.5" width="13" height="5" rx="1"/><path d="M4 11h.01M6.4 11h.01M11.5 8.5V5M9 4.2a3.6 3.6 0 0 1 5 0M7 2.2a6.4 6.4 0 0 1 9 0"/>',
  networks:
    '<rect x="6" y="1.5" width="4" height="4" rx=".6"/><rect x="1.5" y="10.5" width="4" height="4" rx=".6"/><rect x="10.5" y="10.5" width="4" height="4" rx=".6"/><path d="M8 5.5V8M3.5 10.5V8h9v2.5"/>',
  resources:
    '<ellipse cx="8" cy="3.6" rx="6" ry="2.2"/><path d="M2 3.6v8.8c0 1.2 2.7 2.2 6 2.2s6-1 6-2.2V3.6M2 8c0 1.2 2.7 2.2 6 2.2s6-1 6-2.2"/>',
  projects: '<path d="M1.8 13V3.2h4.4l1.6 2h6.4V13z"/>',
  users: '<circle cx="8" cy="5" r="3"/><path d="M2.2 14.2c.6-3 2.8-4.4 5.8-4.4s5.2 1.4 5.8 4.4"/>',
  budgets:
    '<ellipse cx="8" cy="4" rx="5.6" ry="2.2"/><path d="M2.4 4v4c0 1.200 2.500 2.200 5.600 2.200s5.600-1 5.600-2.200V4M2.400 8v4c0 1.200 2.500 2.200 5.600 2.200s5.600-1 5.600-2.200V8"/>',
  efficiency: '<path d="M2 12.600a6.400 6.400 0 1 1 12 0M8 10.800l3-4.400"/>',
  reports: '<path d="M3.200 1.800h6.400l3.200 3.200v9.200H3.200zM9.400 1.800v3.400h3.400M5.600 8.400h4.800M5.600 11h4.800"/>',
  rules:
    '<path d="M2 4h6M11 4h3M2 8h2M7 8h7M2 12h7M12 12h2"/><circle cx="9.5" cy="4" r="1.5"/><circle cx="5.5" cy="8" r="1.5"/><circle cx="10.5" cy="12" r="1.5"/>',
  services:
    '<circle cx="8" cy="3.4" r="1.9"/><circle cx="3.2" cy="12.4" r="1.9"/><circle cx="12.8" cy="12.4" r="1.9"/><path d="M7.2 5.2 4.200 10.700M8.800 5.200l3 5.500M5.200 12.400h5.600"/>',
  notifiers: '<path d="M14.200 1.800 1.600 6.800l4.800 2.600 2.600 4.800zM6.400 9.400l7.800-7.600"/>',
  health: '<path d="M1 8.4h3l2-5.6 3.4 10.4 2-4.8H15"/>',
  engine:
    '<circle cx="8" cy="8" r="2.2"/><path d="M8 1.600v2.600M8 11.800v2.600M1.600 8h2.600M11.800 8h2.600M3.500 3.500l1.800 1.800M10.700 10.700l1.800 1.800M12.500 3.500l-1.800 1.800M5.300 10.700l-1.800 1.800"/>',
  fatigue: '<path d="M13.400 9.800A6 6 0 0 1 6.200 2.600a6 6 0 1 0 7.200 7.200zM10.400 2.400h3.200l-3.200 3.800h3.200"/>',
  completeness:
    '<path d="M2 2h3v3H2zM6.5 2h3v3h-3zM11 2h3v3h-3zM2 6.5h3v3H2zM11 6.5h3v3h-3zM2 11h3v3H2zM6.5 11h3v3h-3zM11 11h3v3h-3z"/>',
  oncall:
    '<path d="M3.400 2.200l2.400-.4 1.400 3.200-1.600 1.400a8 8 0 0 0 3.800 3.800l1.400-1.600 3.200 1.400-.4 2.400c-.2.8-.8 1.200-1.600 1.200C7.400 13.400 2.600 8.600 2.200 3.800c0-.8.4-1.400 1.200-1.600z"/>',
  notifications: '<rect x="1.500" y="3.200" width="13" height="9.600" rx="1"/><path d="M1.800 4l6.200 5 6.200-5"/>',
  more: '<path d="M2 4h12M2 8h12M2 12h12"/>',
  clock: '<circle cx="8" cy="8" r="6.2"/><path d="M8 4.4V8l2.6 1.8"/>',
  pause: '<path stroke-width="2.2" d="M5.4 3.4v9.2M10.6 3.4v9.2"/>',
  play: '<path fill="currentColor" d="M4.6 2.8v10.4L13 8z"/>',
  account: '<circle cx="8" cy="8" r="6.4"/><circle cx="8" cy="6.4" r="2.1"/><path d="M4 12.8c.6-2 2-2.9 4-2.9s3.4.9 4 2.9"/>',
  copy: '<rect x="5.5" y="5.5" width="8.5" height="8.5" rx="1"/><path d="M10.5 5.5V2H2v8.5h3.5"/>',
  download: '<path d="M8 2v8M4.6 6.8 8 10.2l3.4-3.4M2.4 13.6h11.2"/>',
  print: '<path d="M4.4 6V2h7.2v4M4.4 11.6H2V6h12v5.6h-2.4M4.4 9.6h7.2V14H4.4z"/>',
  search: '<circle cx="7" cy="7" r="4.6"/><path d="m10.4 10.4 3.8 3.8"/>',
  down: '<path d="m4 6 4 4 4-4"/>',
  left: '<path d="m10 3.6-4.4 4.4 4.4 4.4"/>',
  right: '<path d="m6 3.6 4.4 4.4L6 12.4"/>',
  hand: '<path d="M2 9.6 5.4 13 14 4"/>',
  edit: '<path d="M2.4 13.6v-2.8l8.2-8.2 2.8 2.8-8.2 8.2z"/>',
  move: '<path d="M1.6 8h12M10 4.4 13.6 8 10 11.6"/>',
  create: '<path d="M8 2.4v11.2M2.4 8h11.2"/>',
  remove: '<path d="m3.4 3.4 9.2 9.2M12.6 3.4l-9.2 9.2"/>',
  power: '<path d="M8 1.8v6M4.4 4A5.6 5.6 0 1 0 11.6 4"/>',
  restart: '<path d="M13.4 8A5.4 5.4 0 1 1 11 3.4M11.2.8v3h-3"/>',
  attach: '<path d="M6 10 10 6M7 4.6l2-2a3 3 0 0 1 4.3 4.3l-2 2M9 11.4l-2 2a3 3 0 0 1-4.3-4.3l2-2"/>',
  demo: '<path d="M6 1.6h4M6.8 1.6v4L2.6 13a1 1 0 0 0 .9 1.4h9a1 1 0 0 0 .9-1.4L9.2 5.6v-4"/>',
}

/** Inline SVG: hidden from screen readers, because a word always stands beside it. */
export function icon(name: string, extra = ''): string {
  const open = `<svg class="icon${extra === '' ? '' : ` ${extra}`}" viewBox="0 0 16 16" aria-hidden="true" focusable="false"`
  const shape = shapes[name]
  if (shape) return `${open} fill="currentColor">${shape}</svg>`
  return `${open} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">${lines[name] ?? ''}</svg>`
}
