import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { startFramedUtility, type Utility } from '../../../electron/shell/electron/utility-child.ts'

class FakeUtility extends EventEmitter implements Utility {
  pid: number | undefined = 4711
  sent: unknown[] = []
  postMessage(message: unknown): void {
    this.sent.push(structuredClone(message))
  }
  kill(): boolean {
    return true
  }
}

const started = async () => {
  const utility = new FakeUtility()
  const forks: { entry: string; args: string[]; env: Record<string, string> | undefined; stdio: unknown }[] =
    []
  const ended: number[] = []
  const frames: string[] = []
  const starting = startFramedUtility(
    {
      fork: (entry, args, { env, stdio }) => {
        forks.push({ entry, args, env: env as Record<string, string>, stdio })
        return utility
      },
    },
    (pid) => {
      ended.push(pid)
      utility.emit('exit', 9)
    },
  )({
    entry: '/app/hsm.js',
    environment: { SOFTHSM2_CONF: '/c' },
    onFrame: (frame) => frames.push(frame.toString()),
  })
  utility.emit('spawn')
  return { utility, forks, ended, frames, child: await starting }
}

test('a utility process gets no arguments, an allow-listed environment and no output', async () => {
  process.env['KEYTURN_CANARY'] = 'canary'
  const { forks } = await started()
  delete process.env['KEYTURN_CANARY']
  expect(forks).toMatchObject([
    { entry: '/app/hsm.js', args: [], stdio: 'ignore', env: { SOFTHSM2_CONF: '/c' } },
  ])
  expect(forks[0]?.env).not.toHaveProperty('KEYTURN_CANARY')
})

test('payloads go as messages and are wiped here; answers come as frames', async () => {
  const { utility, child, frames } = await started()
  const payload = Buffer.from('pin')
  child.send(payload)
  expect(payload).toEqual(Buffer.alloc(3))
  expect(utility.sent).toEqual([Uint8Array.from(Buffer.from('pin'))])
  utility.emit('message', Uint8Array.from(Buffer.from('answer')))
  expect(frames).toEqual(['answer'])
})

test('it is ended by force, once; nothing is sent or taken afterwards', async () => {
  const { utility, child, ended, frames } = await started()
  expect(await child.kill()).toEqual({ code: 9, signal: null })
  await child.kill()
  expect(ended).toEqual([4711])
  child.send(Buffer.from('late'))
  utility.emit('message', Uint8Array.from([1]))
  expect([utility.sent, frames]).toEqual([[], []])
})

test.each([
  ['text', 'hello'],
  ['no bytes', new Uint8Array(0)],
  ['an object', {}],
])('a message that is no frame ends it: %s', async (_, message) => {
  const { utility, ended, frames } = await started()
  utility.emit('message', message)
  expect([ended, frames]).toEqual([[4711], []])
})

test('one that ends before it began is an error', async () => {
  const utility = new FakeUtility()
  const starting = startFramedUtility({ fork: () => utility })({
    entry: 'x',
    environment: {},
    onFrame: () => undefined,
  })
  utility.emit('exit', 1)
  await expect(starting).rejects.toThrow('ended before it began')
})
