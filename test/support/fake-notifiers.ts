/** The notifier desk over the real plugins, with addresses of nobody: nothing is listening on them. */
import { notifierDesk } from '../../alerter/notifier-desk.ts'
import { alerterSection } from '../../alerter/section.ts'
import { createRender } from '../../cli/render.ts'
import type { Clock } from '../../model/clock.ts'
import type { NotifierDesk, Plugin } from '../../model/contract.ts'
import { plugin as command } from '../../plugins/notify-command/plugin.ts'
import { plugin as email } from '../../plugins/notify-email/plugin.ts'
import { plugin as sms } from '../../plugins/notify-sms/plugin.ts'
import { plugin as telegram } from '../../plugins/notify-telegram/plugin.ts'
import { plugin as webhook } from '../../plugins/notify-webhook/plugin.ts'
import { checked } from './alerting.ts'

const section = `
email: { host: 127.0.0.1, port: 1, tls: none, from: specola@example.org, timeout: 1s }
webhook: { endpoints: { cmdb: { url: "http://127.0.0.1:1/hook", timeout: 1s } } }
command: { commands: { tell: { run: [/bin/echo, "$NOTIFICATIONTYPE$ $HOSTNAME$", "$CONTACTPAGER$"] } } }
publicUrl: https://specola.example.org
contacts:
  - { name: noc, email: noc@example.org, webhook: cmdb, command: "tell:+390612345678" }
  - { name: reperibile, email: reperibile@example.org, language: it }
`

export function fakeNotifiers(clock: Clock, text = section): NotifierDesk {
  const plugins = [command, email, sms, telegram, webhook] as readonly Plugin[]
  const config = checked(text, alerterSection(plugins))
  return notifierDesk(config, { plugins, clock, render: createRender() })
}
