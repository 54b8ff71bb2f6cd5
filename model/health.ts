/** What each part of Specola says of itself. Shown on the Health page, in /healthz and /metrics, and read by the connection check. */

export interface ComponentHealth {
  /** `amqp region-one`, `libvirt hv-07`, `store`, `journal`, `alerter`, `notify-email` … unique. */
  component: string
  kind:
    | 'amqp'
    | 'queue'
    | 'completeness'
    | 'libvirt'
    | 'qemu'
    | 'ganglia'
    | 'openstack'
    | 'store'
    | 'journal'
    | 'alerter'
    | 'notifier'
    | 'on-call'
    | 'reports'
    | 'ui'
    | 'demo'
  /** The host, for a hypervisor connection. */
  host?: string
  /** The component that tells of this one: while that is away nothing is known. */
  through?: string
  state: 'starting' | 'ok' | 'degraded' | 'down' | 'stopped'
  /** One sentence a person can act on, without secrets. */
  detail: string
  /** When `state` last changed, and when the component last spoke; epoch ms. */
  since: number
  at: number
  numbers: Readonly<Record<string, number>>
}

export interface HealthReport {
  component: string
  kind: ComponentHealth['kind']
  host?: string
  through?: string
  state: ComponentHealth['state']
  detail: string
  numbers?: Readonly<Record<string, number>>
}

export interface HealthBoard {
  report(report: HealthReport): void
  all(): readonly ComponentHealth[]
  /** Called at each change of state; returns the way to stop. */
  watch(listener: (health: ComponentHealth) => void): () => void
}
