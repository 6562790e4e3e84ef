import { expect, onTestFinished, test } from 'vitest'
import {
  readLock,
  readLockHolder,
  readRunSessions,
  readSessionRight,
  takeLock,
} from '../../../electron/engine/server-lock-sql.ts'
import { displayScript, type Script } from '../../../shared/model/script.ts'
import { testServer, type Client } from '../sandbox/engine/harness.ts'

/** The engine's own texts on the simulated server: what its fake answers is what a server answers. */
const ask = async (client: Client, text: Script | string): Promise<Record<string, unknown>[]> => {
  const answer = await client.run(typeof text === 'string' ? text : displayScript(text))
  expect(answer.errors).toEqual([])
  const set = answer.sets.at(-1)
  return (set?.rows ?? []).map((row) =>
    Object.fromEntries(set?.columns.map((column, at) => [column.name, row[at]]) ?? []),
  )
}

const server = async () => {
  const made = await testServer()
  onTestFinished(() => made.dispose())
  return made
}

test('one session gets the lock, the other is told so without waiting, and the end of a session frees it', async () => {
  const { connect } = await server()
  const one = await connect()
  const other = await connect()
  expect(await ask(one, takeLock)).toEqual([{ mode: 'Exclusive' }])
  expect(await ask(other, takeLock)).toEqual([{ mode: 'NoLock' }])
  expect(await ask(one, readLock)).toEqual([{ mode: 'Exclusive' }])
  one.close()
  expect(await ask(other, takeLock)).toEqual([{ mode: 'Exclusive' }])
})

test('the holder is read from the lock view; a login without the right gets an error, not nobody', async () => {
  const { connect } = await server()
  const one = await connect()
  await ask(one, takeLock)
  expect(await ask(one, readLockHolder)).toEqual([expect.objectContaining({ login_name: 'sa' })])
  const answer = await (await connect('reader')).run(readLockHolder)
  expect(answer.errors).not.toEqual([])
})

test('the sessions of runs are told by their program name, and the right to see them is asked for', async () => {
  const { connect } = await server()
  const one = await connect()
  expect(await ask(one, readRunSessions)).toEqual([])
  expect(await ask(one, readSessionRight)).toEqual([{ sees_all: 1 }])
  expect(await ask(await connect('reader'), readSessionRight)).toEqual([{ sees_all: 0 }])
})
