import { TYPES } from 'tedious'
import type { Connection } from 'tedious'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SqlType, SqlValue } from '../../../../sandbox/sqlserver/tds/contract.ts'
import { ask, connect, startRig } from './client.ts'
import type { Rig } from './client.ts'

let rig: Rig
let connection: Connection

beforeAll(async () => {
  rig = await startRig()
  connection = await connect(rig)
})

afterAll(async () => {
  connection.close()
  await rig.server.close()
})

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => (i * 31) & 0xff))
const date = (text: string): Date => new Date(text)
const GUID = '6F9619FF-8B86-D011-B42D-00C04FC964FF'

/** Type, values as the engine pushes them, values as tedious shows them where these differ. */
const COLUMNS: [string, SqlType, SqlValue[], unknown[]?][] = [
  ['tinyint', { t: 'tinyint' }, [0, 255, null]],
  ['smallint', { t: 'smallint' }, [-32768, 32767, null]],
  ['int', { t: 'int' }, [-2147483648, 2147483647, null]],
  [
    'bigint',
    { t: 'bigint' },
    [-(2n ** 63n), 2n ** 63n - 1n, 5, null],
    ['-9223372036854775808', '9223372036854775807', '5', null],
  ],
  ['bit', { t: 'bit' }, [true, false, null]],
  ['float', { t: 'float' }, [0.1, -1.7976931348623157e308, 5e-324, null]],
  ['nvarchar', { t: 'nvarchar', max: 10 }, ['', 'žluť 漢😀', 'x'.repeat(10), null]],
  ['nvarchar(4000)', { t: 'nvarchar', max: 4000 }, ['Ω'.repeat(4000), null]],
  ['nvarchar(max)', { t: 'nvarchar', max: 'max' }, ['', '😀'.repeat(60_000), null]],
  ['varchar', { t: 'varchar', max: 20 }, ['', 'café € “x”', '漢', null], ['', 'café € “x”', '?', null]],
  ['varchar(max)', { t: 'varchar', max: 'max' }, ['é'.repeat(20_000), null]],
  ['char', { t: 'char', max: 5 }, ['ab', 'abcde', null], ['ab   ', 'abcde', null]],
  ['varbinary', { t: 'varbinary', max: 8000 }, [bytes(0), bytes(8000), null]],
  ['varbinary(max)', { t: 'varbinary', max: 'max' }, [bytes(0), bytes(300_000), null]],
  ['uniqueidentifier', { t: 'uniqueidentifier' }, [GUID, GUID.toLowerCase(), null], [GUID, GUID, null]],
  ['date', { t: 'date' }, [date('0001-01-01'), date('9999-12-31'), date('2024-02-29'), null]],
  [
    'datetime',
    { t: 'datetime' },
    [date('1753-01-01'), date('2026-11-22T10:20:30.123Z'), date('2026-12-31T23:59:59.999Z'), null],
    [date('1753-01-01'), date('2026-11-22T10:20:30.123Z'), date('2027-01-01'), null],
  ],
  [
    'datetime2(7)',
    { t: 'datetime2', scale: 7 },
    [date('0001-01-01'), date('9999-12-31T23:59:59.999Z'), date('1969-12-31T23:59:59.001Z'), null],
  ],
  ['datetime2(3)', { t: 'datetime2', scale: 3 }, [date('2026-11-22T10:20:30.987Z')]],
  [
    'datetime2(0)',
    { t: 'datetime2', scale: 0 },
    [date('2026-11-22T10:20:30.987Z')],
    [date('2026-11-22T10:20:30Z')],
  ],
  [
    'decimal(18,4)',
    { t: 'decimal', precision: 18, scale: 4 },
    ['-12345.6789', 7n, 0.5, null],
    [-12345.6789, 7, 0.5, null],
  ],
  ['decimal(9,0)', { t: 'decimal', precision: 9, scale: 0 }, [999_999_999, -999_999_999]],
  ['decimal(38,0)', { t: 'decimal', precision: 38, scale: 0 }, [`-${'9'.repeat(38)}`], [-1e38]],
  [
    'sql_variant',
    { t: 'sql_variant' },
    ['text 😀', 7, -3_000_000_000n, 1.5, true, bytes(20), date('2026-11-22'), null],
    ['text 😀', 7, '-3000000000', 1.5, true, bytes(20), date('2026-11-22'), null],
  ],
]

/** tedious hands out dates with an extra property and binaries as buffers; compare what they say. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}

describe('columns', () => {
  it.each(COLUMNS)('%s', async (_name, type, values, shown = values) => {
    rig.engine.onBatch = async (_sql, sink) => {
      await sink.columns([
        { name: 'value', type },
        { name: 'guard', type: { t: 'int' }, nullable: false },
      ])
      for (const value of values) await sink.row([value, 42])
      await sink.done(values.length)
    }
    const answer = await ask(connection, 'x')
    expect(answer.error).toBeNull()
    expect(answer.sets[0]?.rows.map((row) => [plain(row[0]), row[1]])).toEqual(
      shown.map((value) => [plain(value), 42]),
    )
  })

  const misfits: [string, SqlType, SqlValue][] = [
    ['int', { t: 'int' }, 2147483648],
    ['int', { t: 'int' }, '1'],
    ['bigint', { t: 'bigint' }, 2n ** 63n],
    ['tinyint', { t: 'tinyint' }, -1],
    ['bit', { t: 'bit' }, 2],
    ['float', { t: 'float' }, Number.NaN],
    ['varbinary', { t: 'varbinary', max: 3 }, bytes(4)],
    ['varbinary as text', { t: 'varbinary', max: 3 }, 'x'],
    ['uniqueidentifier', { t: 'uniqueidentifier' }, 'x'],
    ['decimal', { t: 'decimal', precision: 4, scale: 2 }, '123.45'],
    ['decimal places', { t: 'decimal', precision: 4, scale: 2 }, '1.234'],
    ['datetime', { t: 'datetime' }, date('1752-12-31')],
    ['datetime2', { t: 'datetime2', scale: 7 }, new Date(Number.NaN)],
    ['char(max)', { t: 'char', max: 'max' }, 'x'],
    ['nvarchar(4001)', { t: 'nvarchar', max: 4001 }, 'x'],
    ['sql_variant', { t: 'sql_variant' }, 'x'.repeat(4001)],
  ]
  it.each(misfits)('%s: a value that does not fit is the engine’s fault', async (_name, type, value) => {
    const own = await connect(rig)
    rig.engine.onBatch = async (_sql, sink) => {
      await expect(sink.columns([{ name: 'v', type }]).then(() => sink.row([value]))).rejects.toThrow()
      await sink.done(null)
    }
    const answer = await ask(own, 'x')
    expect(answer.error).toBeNull()
    expect(answer.sets[0]?.rows ?? []).toEqual([])
    own.close()
  })
})

type TediousType = (typeof TYPES)[keyof typeof TYPES]

const PARAMETERS: [string, TediousType, unknown, SqlType, SqlValue, object?][] = [
  ['int', TYPES.Int, -5, { t: 'int' }, -5],
  ['int null', TYPES.Int, null, { t: 'int' }, null],
  ['tinyint', TYPES.TinyInt, 255, { t: 'tinyint' }, 255],
  ['smallint', TYPES.SmallInt, -300, { t: 'smallint' }, -300],
  ['bigint', TYPES.BigInt, '-9007199254740993', { t: 'bigint' }, -9007199254740993n],
  ['bit', TYPES.Bit, true, { t: 'bit' }, true],
  ['float', TYPES.Float, 0.1, { t: 'float' }, 0.1],
  ['real', TYPES.Real, 0.5, { t: 'float' }, 0.5],
  ['nvarchar', TYPES.NVarChar, 'žluť 😀', { t: 'nvarchar', max: 7 }, 'žluť 😀'],
  ['nvarchar empty', TYPES.NVarChar, '', { t: 'nvarchar', max: 1 }, ''],
  ['nvarchar null', TYPES.NVarChar, null, { t: 'nvarchar', max: 4000 }, null],
  ['nvarchar long', TYPES.NVarChar, 'Ω'.repeat(100_000), { t: 'nvarchar', max: 'max' }, 'Ω'.repeat(100_000)],
  ['varchar', TYPES.VarChar, 'café €', { t: 'varchar', max: 6 }, 'café €'],
  ['varbinary', TYPES.VarBinary, bytes(3), { t: 'varbinary', max: 3 }, new Uint8Array(bytes(3))],
  [
    'varbinary long',
    TYPES.VarBinary,
    bytes(300_000),
    { t: 'varbinary', max: 'max' },
    new Uint8Array(bytes(300_000)),
  ],
  ['varbinary null', TYPES.VarBinary, null, { t: 'varbinary', max: 8000 }, null],
  ['uniqueidentifier', TYPES.UniqueIdentifier, GUID, { t: 'uniqueidentifier' }, GUID],
  ['date', TYPES.Date, date('0001-01-01'), { t: 'date' }, date('0001-01-01')],
  [
    'datetime2',
    TYPES.DateTime2,
    date('1969-12-31T23:59:59.987Z'),
    { t: 'datetime2', scale: 7 },
    date('1969-12-31T23:59:59.987Z'),
  ],
  [
    'datetime',
    TYPES.DateTime,
    date('2026-11-22T10:20:30.120Z'),
    { t: 'datetime' },
    date('2026-11-22T10:20:30.120Z'),
  ],
  [
    'smalldatetime',
    TYPES.SmallDateTime,
    date('2026-11-22T10:20:00Z'),
    { t: 'datetime' },
    date('2026-11-22T10:20:00Z'),
  ],
  [
    'decimal',
    TYPES.Decimal,
    -12.34,
    { t: 'decimal', precision: 10, scale: 2 },
    '-12.34',
    { precision: 10, scale: 2 },
  ],
  ['money', TYPES.Money, -1.25, { t: 'decimal', precision: 19, scale: 4 }, '-1.2500'],
  ['smallmoney', TYPES.SmallMoney, 1.25, { t: 'decimal', precision: 19, scale: 4 }, '1.2500'],
]

describe('parameters', () => {
  it.each(PARAMETERS)('%s', async (_name, type, sent, seenType, seen, options = {}) => {
    rig.engine.calls = []
    const answer = await ask(connection, 'x', {
      how: 'procedure',
      prepare: (request) => {
        request.addParameter('v', type, sent, options)
        request.addParameter('guard', TYPES.Int, 42)
      },
    })
    expect(answer.error).toBeNull()
    const params = rig.engine.calls[0]?.params
    expect(params?.[1]?.value).toBe(42)
    expect(params?.[0]?.type).toEqual(seenType)
    expect(plain(params?.[0]?.value)).toEqual(plain(seen))
  })
})

describe('packet sizes', () => {
  it.each([
    [512, {}],
    [4096, {}],
    [32767, {}],
    [512, { encrypt: 'strict' }],
    [32767, { encrypt: 'strict' }],
  ] as const)('%i %j', async (packetSize, options) => {
    const own = await connect(rig, { ...options, packetSize })
    const text = '0123456789ž'.repeat(10_000)
    rig.engine.onBatch = async (sql, sink) => {
      await sink.columns([{ name: 'sql', type: { t: 'nvarchar', max: 'max' } }])
      for (let i = 0; i < 3; i++) await sink.row([sql])
      await sink.done(3)
    }
    const answer = await ask(own, text)
    expect(rig.engine.logins.at(-1)?.packetSize).toBe(packetSize)
    expect(answer.sets[0]?.rows.every(([echo]) => echo === text)).toBe(true)
    expect(answer.sets[0]?.rows.length).toBe(3)
    own.close()
  })
})
