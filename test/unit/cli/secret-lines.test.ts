import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { secretLines } from '../../../electron/cli/secret-lines.ts'
import type { SecretBytes } from '../../../electron/platform/secret-bytes.ts'

const textOf = (line: SecretBytes | null): string | null =>
  line && line.use((bytes) => bytes.toString('utf8'))

/** Input as of a terminal, or of a pipe; what happens to both sides in its order. */
const stage = (isTTY: boolean) => {
  const input = new PassThrough()
  const events: string[] = []
  const output = new PassThrough()
  output.on('data', (chunk: Buffer) => events.push(chunk.toString()))
  const setRawMode = (raw: boolean): void => void events.push(raw ? 'hidden' : 'shown')
  const lines = secretLines(
    Object.assign(input, { isTTY, setRawMode }) as unknown as NodeJS.ReadStream,
    {
      write: (text: string) => events.push(text) > 0,
    } as unknown as NodeJS.WritableStream,
  )
  return { input, events, lines }
}

test('a terminal hides from before the first question until the end, also between two of them', async () => {
  const { input, events, lines } = stage(true)
  input.write('one\rtwo\r')
  expect(textOf(await lines.ask('First: '))).toBe('one')
  expect(textOf(await lines.ask('Second: '))).toBe('two')
  lines.close()
  expect(events).toEqual(['hidden', 'First: ', '\n', 'hidden', 'Second: ', '\n', 'shown'])
})

test('lines come in any pieces, with any line ends, and the last one may have none', async () => {
  const { input, lines } = stage(false)
  for (const piece of ['on', 'e\r', '\ntw', 'o\n', '\n', 'thr', 'ee']) input.write(piece)
  input.end()
  const read: (string | null)[] = []
  for (let count = 0; count < 5; count += 1) read.push(textOf(await lines.ask('')))
  expect(read).toEqual(['one', 'two', '', 'three', null])
  lines.close()
})

test('what was typed wrong is taken back, and a line ends at its limit', async () => {
  const { input, lines } = stage(true)
  input.write(`ab\x7fc\x08\x08\x08\x08d\r${'x'.repeat(5_000)}\r`)
  expect(textOf(await lines.ask(''))).toBe('d')
  expect(textOf(await lines.ask(''))).toHaveLength(4_096)
  lines.close()
})
