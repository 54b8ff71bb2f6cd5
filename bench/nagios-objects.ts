/** The same checks for Nagios and for Specola: N services that run check_dummy. */
export const dummy = '/usr/lib/nagios/plugins/check_dummy'

const servicesPerHost = 100

export const names = (services: number) =>
  Array.from({ length: services }, (_, n) => ({
    host: `h${Math.floor(n / servicesPerHost)}`,
    service: `s${n % servicesPerHost}`,
  }))

/** `interval` in seconds. */
export function nagiosObjects(services: number, interval: number): string {
  const all = names(services)
  const hosts = [...new Set(all.map(({ host }) => host))]
  return [
    'define command {\n command_name dummy\n command_line /usr/lib/nagios/plugins/check_dummy 0 fine\n}',
    ...hosts.map((host) => `define host {\n use h\n host_name ${host}\n}`),
    ...all.map(
      ({ host, service }) =>
        `define service {\n use s\n host_name ${host}\n service_description ${service}\n check_command dummy\n check_interval ${interval}\n retry_interval ${interval}\n}`,
    ),
  ].join('\n')
}

/** The alerter's section. */
export function devicesOf(services: number, interval: number): unknown {
  const all = names(services)
  return {
    devices: [...Map.groupBy(all, ({ host }) => host)].map(([name, own]) => ({
      name,
      services: own.map(({ service }) => ({
        name: service,
        ...{
          plugin: 'command',
          config: { command: [dummy, '0', 'fine'] },
          interval: `${interval}s`,
          retryInterval: `${interval}s`,
        },
      })),
    })),
  }
}
