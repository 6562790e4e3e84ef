import { Request, TYPES } from 'tedious'
import type { Connection } from 'tedious'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BatchSink, ServerError } from '../../../../sandbox/sqlserver/tds/contract.ts'
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

const message = (number: number, severity: number, text: string): ServerError => ({
  number,
  state: 3,
  severity,
  message: text,
  line: 4,
  procedure: 'p',
})

async function numbers(sink: BatchSink, name: string, values: number[]): Promise<void> {
  await sink.columns([{ name, type: { t: 'int' } }])
  for (const value of values) await sink.row([value])
  await sink.done(values.length)
}

describe('batches', () => {
  it('two result sets and an error between them', async () => {
    rig.engine.onBatch = async (_sql, sink) => {
      await numbers(sink, 'a', [1, 2])
      await sink.error(message(50000, 16, 'boom'))
      await sink.done(null)
      await numbers(sink, 'b', [3])
    }
    const answer = await ask(connection, 'x')
    expect(answer.sets).toEqual([
      { columns: ['a'], rows: [[1], [2]] },
      { columns: ['b'], rows: [[3]] },
    ])
    expect(answer.error).toMatchObject({
      message: 'boom',
      number: 50000,
      state: 3,
      class: 16,
      lineNumber: 4,
      procName: 'p',
      serverName: 'KTR-TOY',
    })
    expect(answer.events).toEqual(['done 2 true', 'done - true', 'done 1 false'])
  })

  it.each([
    ['nothing at all', async () => {}, ['done - false']],
    ['one statement', (sink: BatchSink) => sink.done(3), ['done 3 false']],
    [
      'a message after the last statement',
      async (sink: BatchSink) => {
        await sink.done(3)
        await sink.info(message(3014, 0, 'later'))
      },
      ['done 3 true', 'done - false'],
    ],
    [
      'a procedure called in the batch',
      async (sink: BatchSink) => {
        await sink.returnStatus(5)
        await sink.done(null)
        await sink.done(1)
      },
      ['doneProc - true 5', 'done 1 false'],
    ],
  ])('more results are announced rightly: %s', async (_name, push, events) => {
    rig.engine.onBatch = (_sql, sink) => push(sink)
    expect((await ask(connection, 'x')).events).toEqual(events)
  })

  it('a batch of 400 KB arrives whole', async () => {
    const sql = `-- ${'ž😀'.repeat(70_000)}`
    await ask(connection, sql)
    expect(rig.engine.batches[0] === sql).toBe(true)
  })

  it('messages arrive while the statement runs', async () => {
    let release = (): void => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    rig.engine.onBatch = async (_sql, sink) => {
      await sink.info(message(3211, 0, '10 percent processed.'))
      await released
      await sink.done(null)
    }
    const seen: string[] = []
    connection.on('infoMessage', (info) => {
      seen.push(info.message)
      release()
    })
    const answer = await ask(connection, 'backup')
    expect(answer.error).toBeNull()
    expect(seen).toEqual(['10 percent processed.'])
  })

  it('severity 20 ends the answer and the connection', async () => {
    rig.engine.onBatch = async (_sql, sink) => {
      await sink.error(message(823, 24, 'disk gone'))
      await numbers(sink, 'late', [1])
    }
    const ended = new Promise((resolve) => connection.on('end', () => resolve(null)))
    const answer = await ask(connection, 'x')
    expect(answer.error).toMatchObject({ number: 823, class: 24 })
    expect(answer.sets).toEqual([])
    await ended
    await until(() => rig.engine.closed === 1)
  })

  it('a failing engine costs one connection, and its words are not logged', async () => {
    rig.engine.onBatch = () => Promise.reject(new Error('quotes canary-secret'))
    const answer = await ask(connection, 'x')
    expect(answer.error).toMatchObject({ number: 50000, class: 20 })
    expect(rig.log.join('\n')).toContain('the engine failed: Error')
    expect(rig.log.join('\n')).not.toContain('canary-secret')
    const next = await connect(rig)
    next.close()
  })

  it('an engine may answer with a value its column can not hold: the client sees an error, no torn row', async () => {
    rig.engine.onBatch = async (_sql, sink) => {
      await sink.columns([{ name: 't', type: { t: 'nvarchar', max: 3 } }])
      await sink.row(['four'])
    }
    const answer = await ask(connection, 'x')
    expect(answer.sets).toEqual([{ columns: ['t'], rows: [] }])
    expect(answer.error).toMatchObject({ class: 20 })
  })
})

describe('cancel', () => {
  it('in the middle of rows', async () => {
    let stopped = false
    rig.engine.onBatch = async (_sql, sink, signal) => {
      await endlessRows(sink, signal)
      stopped = true
    }
    let rows = 0
    const answer = await ask(connection, 'x', {
      prepare: (request: Request) => {
        request.on('row', () => {
          if (++rows === 50) connection.cancel()
        })
      },
    })
    expect(answer.error).toMatchObject({ code: 'ECANCEL' })
    expect(stopped).toBe(true)
    rig.engine.onBatch = (_sql, sink) => numbers(sink, 'n', [5])
    expect((await ask(connection, 'y')).sets[0]?.rows).toEqual([[5]])
  })

  it('of an engine that rejects when aborted', async () => {
    rig.engine.onBatch = async (_sql, _sink, signal) => {
      setImmediate(() => connection.cancel())
      await aborted(signal)
      throw new Error('stopped')
    }
    expect((await ask(connection, 'x')).error).toMatchObject({ code: 'ECANCEL' })
    rig.engine.onBatch = (_sql, sink) => sink.done(1)
    expect((await ask(connection, 'y')).error).toBeNull()
  })

  it('of an engine that never looks at its signal', async () => {
    rig.engine.onBatch = async (_sql, sink) => {
      await sink.columns([{ name: 'n', type: { t: 'int' } }])
      for (let i = 0; i < 50_000; i++) await sink.row([i])
      await sink.done(50_000)
    }
    const answer = await ask(connection, 'x', { started: () => connection.cancel() })
    expect(answer.error).toMatchObject({ code: 'ECANCEL' })
    rig.engine.onBatch = (_sql, sink) => sink.done(1)
    expect((await ask(connection, 'y')).error).toBeNull()
  })

  it('while a long request is still being sent', async () => {
    const answer = await ask(connection, 'x'.repeat(3_000_000), { started: () => connection.cancel() })
    expect(answer.error).toMatchObject({ code: 'ECANCEL' })
    rig.engine.onBatch = (_sql, sink) => sink.done(1)
    expect((await ask(connection, 'y')).error).toBeNull()
  })

  it('by the request timeout', async () => {
    connection.close()
    connection = await connect(rig, { requestTimeout: 100 })
    rig.engine.onBatch = (_sql, _sink, signal) => aborted(signal)
    expect((await ask(connection, 'x')).error).toMatchObject({ code: 'ETIMEOUT' })
    rig.engine.onBatch = (_sql, sink) => sink.done(1)
    expect((await ask(connection, 'y')).error).toBeNull()
  })
})

describe('procedure calls', () => {
  it('sp_executesql with its parameters', async () => {
    rig.engine.onRpc = (_procedure, _params, sink) => numbers(sink, 'n', [1])
    const answer = await ask(connection, 'select @a, @b', {
      how: 'sql',
      prepare: (request) => {
        request.addParameter('a', TYPES.Int, 41)
        request.addParameter('b', TYPES.NVarChar, 'žlutý 😀')
      },
    })
    expect(answer.error).toBeNull()
    expect(answer.events).toEqual(['doneInProc 1 true', 'doneProc - false 0'])
    const [call] = rig.engine.calls
    expect(call?.procedure).toBe('sp_executesql')
    expect(call?.params.map((param) => [param.name, param.value])).toEqual([
      ['@statement', 'select @a, @b'],
      ['@params', '@a int, @b nvarchar(8)'],
      ['@a', 41],
      ['@b', 'žlutý 😀'],
    ])
  })

  it('output values and the return status, in whatever order the engine pushes them', async () => {
    rig.engine.onRpc = async (_procedure, params, sink) => {
      await sink.returnValue('@twice', { t: 'int' }, Number(params[0]?.value) * 2)
      await sink.returnStatus(9)
      await sink.done(null)
    }
    const answer = await ask(connection, '[master].[dbo].[ktr_double]', {
      how: 'procedure',
      prepare: (request) => {
        request.addParameter('n', TYPES.Int, 21)
        request.addOutputParameter('twice', TYPES.Int)
      },
    })
    expect(answer.returned).toEqual({ twice: 42 })
    expect(answer.events).toEqual(['doneInProc - true', 'doneProc - false 9'])
    expect(rig.engine.calls[0]?.procedure).toBe('ktr_double')
    expect(rig.engine.calls[0]?.params[1]).toMatchObject({ name: '@twice', output: true, value: null })
  })

  it('an error in a call, with the status 0 replaced by its number', async () => {
    rig.engine.onRpc = async (_procedure, _params, sink) => {
      await sink.error(message(208, 16, 'no such object'))
      await sink.done(null)
    }
    const answer = await ask(connection, 'x', { how: 'sql' })
    expect(answer.error).toMatchObject({ number: 208 })
    expect(answer.events).toEqual(['doneInProc - true', 'doneProc - false 208'])
  })

  it('prepare, execute, unprepare', async () => {
    const executed: unknown[] = []
    rig.engine.onRpc = async (procedure, params, sink) => {
      if (procedure === 'sp_prepare') await sink.returnValue('@handle', { t: 'int' }, 17)
      if (procedure === 'sp_execute') executed.push(params.map((param) => param.value))
      await sink.done(null)
    }
    await new Promise<void>((resolve, reject) => {
      const request = new Request('select @a', (error) => error && reject(error))
      request.addParameter('a', TYPES.Int)
      let completed = 0
      request.on('prepared', () => connection.execute(request, { a: 7 }))
      request.on('requestCompleted', () => {
        completed++
        if (completed === 1) connection.unprepare(request)
        else resolve()
      })
      connection.prepare(request)
    })
    expect(rig.engine.calls.map((call) => call.procedure)).toEqual([
      'sp_prepare',
      'sp_execute',
      'sp_unprepare',
    ])
    expect(executed).toEqual([[17, 7]])
  })

  it('a parameter type that is not simulated gives an error and nothing else', async () => {
    const answer = await ask(connection, 'x', {
      how: 'sql',
      prepare: (request) => request.addParameter('t', TYPES.Time, new Date(0)),
    })
    expect(answer.error?.message).toMatch(/data type 0x29: not simulated/)
    expect(rig.engine.calls).toEqual([])
    expect((await ask(connection, 'y')).error).toBeNull()
  })
})
