import { ISOLATION_LEVEL } from 'tedious'
import type { Connection } from 'tedious'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aborted, ask, connect, endlessRows, startRig, until } from './client.ts'
import type { Rig } from './client.ts'

let rig: Rig
let connection: Connection

beforeEach(async () => {
  rig = await startRig()
  connection = await connect(rig)
})

afterEach(async () => {
  connection.close()
  await rig.server.close()
})

describe('transactions', () => {
  const step = (run: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => run((error) => (error ? reject(error) : resolve())))

  it('begin, save, commit; begin, roll back', async () => {
    await step((done) => connection.beginTransaction(done, 'müde', ISOLATION_LEVEL.SERIALIZABLE))
    expect(connection.inTransaction).toBe(true)
    await step((done) => connection.saveTransaction(done, 'point'))
    await step((done) => connection.commitTransaction(done))
    expect(connection.inTransaction).toBe(false)
    await step((done) => connection.beginTransaction(done))
    await step((done) => connection.rollbackTransaction(done))
    expect(connection.inTransaction).toBe(false)
    expect(rig.engine.transactions).toEqual([
      { kind: 'begin', name: 'müde' },
      { kind: 'save', name: 'point' },
      { kind: 'commit', name: '' },
      { kind: 'begin', name: '' },
      { kind: 'rollback', name: '' },
    ])
  })

  it('commit without begin is an error', async () => {
    await expect(step((done) => connection.commitTransaction(done))).rejects.toMatchObject({ number: 3902 })
  })

  it('a transaction begun in a batch', async () => {
    rig.engine.onBatch = async (_sql, sink) => {
      await sink.transaction('begin', Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1))
      await sink.done(null)
    }
    await ask(connection, 'begin tran')
    expect(connection.inTransaction).toBe(true)
  })
})

describe('the connection', () => {
  it('is reset before the next request', async () => {
    await new Promise<void>((resolve, reject) =>
      connection.reset((error) => (error ? reject(error) : resolve())),
    )
    expect(rig.engine.resets).toEqual([false])
    expect((await ask(connection, 'x')).error).toBeNull()
    expect(rig.engine.resets).toEqual([false])
  })

  it('dropped by the client during a request aborts it and closes the session once', async () => {
    let signal: AbortSignal | undefined
    rig.engine.onBatch = async (_sql, sink, given) => {
      signal = given
      await endlessRows(sink, given)
    }
    const answer = ask(connection, 'x')
    await until(() => signal !== undefined)
    connection.close()
    await answer
    await until(() => rig.engine.closed === 1)
    expect(signal?.aborted).toBe(true)
  })

  it('dropped by the server during a request', async () => {
    rig.engine.onBatch = async (_sql, _sink, signal) => {
      rig.server.connections()[0]?.destroy()
      await aborted(signal)
    }
    expect((await ask(connection, 'x')).error).toMatchObject({ code: 'ECONNRESET' })
    await until(() => rig.engine.closed === 1)
    expect(rig.server.connections()).toEqual([])
  })

  it('may be closed by an engine that fails at it', async () => {
    rig.engine.onClosed = () => {
      throw new Error('fault')
    }
    connection.close()
    await until(() => rig.engine.closed === 1)
    expect(rig.server.connections()).toEqual([])
    expect(rig.log.join('\n')).toContain('the engine failed: Error')
  })

  it('whose login outlives its socket still closes the session', async () => {
    let answer = (): void => {}
    const asked = new Promise<void>((resolve) => {
      rig.engine.beforeLogin = () =>
        new Promise((release) => {
          answer = release
          resolve()
        })
    })
    const late = connect(rig).catch((error: unknown) => error)
    await asked
    rig.server.connections().at(-1)?.destroy()
    expect(await late).toBeInstanceOf(Error)
    await until(() => rig.server.connections().length === 1)
    answer()
    await until(() => rig.engine.closed === 1)
  })

  it('dropped under strict TLS closes the session once too', async () => {
    const other = await connect(rig, { encrypt: 'strict' })
    other.close()
    await until(() => rig.engine.closed === 1)
    const third = await connect(rig, { encrypt: 'strict' })
    const ended = new Promise((resolve) => third.on('end', () => resolve(null)))
    rig.server.connections().at(-1)?.destroy()
    await ended
    await until(() => rig.engine.closed === 2)
  })
})
