/** Why a message whose type no decoder knows is kept raw and counts for nothing. */

const reasons: readonly [RegExp, string][] = [
  [/^dns\./, "Designate's: Specola does not follow DNS"],
  [/^orchestration\./, "Heat's: the resources of a stack are told by their own services"],
  [/^(telemetry|full)\.|^test\./, "telemetry's own, no service of the cloud"],
  [/^http\.(request|response)$/, "a middleware's of before CADF: audit.http.* tells the same and more"],
  [/^compute\.instance\.exists\.verified/, "StackTach's own copy of an `exists`"],
  [/^(baremetal|ironic)\./, "Ironic's: Specola does not follow bare metal"],
  [
    /^(trove|magnum|sahara|manila|share|octavia|zaqar|murano|mistral|watcher|alarm)\./,
    'of a service that Specola does not follow',
  ],
]

export const whyIgnored = (eventType: string): string =>
  reasons.find(([pattern]) => pattern.test(eventType))?.[1] ?? 'no service that Specola follows documents this type'
