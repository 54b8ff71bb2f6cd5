/** Names and outputs that somebody may choose to do harm, and what no service may see of them. */
export const hostileNames: readonly string[] = [
  `"><script>alert(1)</script>`,
  `$(reboot)`,
  '`reboot`',
  `; reboot #`,
  `=cmd|' /C calc'!A0`,
  `x\r\nBcc: eve@evil.example\r\n\r\nhello`,
  `\u202egnp.exe\u2066\u200b`,
  `nul\0byte\u0007bell\u001b[31mred`,
  `half \ud83d surrogate \udc00`,
  `<!channel> <https://evil.example|click> <@U123>`,
  `[click](https://evil.example) **bold** _it_ \`code\``,
  `{{constructor.constructor('return process')()}} \${7*7} %s %n`,
  `-oProxyCommand=reboot`,
  `@/etc/passwd`,
  `</pre></code><img src=x onerror=alert(1)>`,
  '🇮🇹👩‍🚒'.repeat(900),
  'x'.repeat(10_000),
  `$HOSTNAME$ $USER1$ $$ $`,
  '',
]

/** Control characters but tab and line feed, marks of direction, halves of characters. */
export const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

/** Every string anywhere in a value. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => [key, ...stringsIn(one)])
}
