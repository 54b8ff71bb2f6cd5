export interface StreamMessage {
  event: string
  id: string
  data: unknown
}

/** Reads server-sent events off a response, for as long as a test wants. */
export async function readStream(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  const messages: StreamMessage[] = []
  let rest = ''
  let ended = false
  const pump = async () => {
    const { value, done } = await reader.read()
    ended = done
    rest += decoder.decode(value, { stream: true })
    const blocks = rest.split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2)
      const data = field('data')
      if (data !== undefined) messages.push({ event: field('event') ?? 'message', id: field('id') ?? '', data: JSON.parse(data) })
    }
  }
  return {
    messages,
    /** Reads until the messages so far are enough, or the stream ends. The test's own timeout bounds it. */
    async until(enough: (messages: readonly StreamMessage[]) => boolean): Promise<StreamMessage[]> {
      while (!enough(messages) && !ended) await pump()
      return messages
    },
    ended: () => ended,
    close: () => reader.cancel(),
  }
}
