import { describe, expect, it } from 'vitest'
import { readServerFacts } from '../../../electron/wizards/sqlserver/read-server.ts'
import { planReader } from '../../support/plan-reader.ts'
import { fakeServer, freshState } from './fake-server.ts'

/** A server that shows no row of anything, and says of one right whether the login has it. */
const emptyServer = (asked: string, sees: number | null) => ({
  ...fakeServer(freshState([])),
  query: async (sql: string) =>
    sql.includes('AS sees_all') ? [{ sees_all: sql.includes(asked) ? sees : 1 }] : [],
})
const readWith = async (asked: string, sees: number | null) => {
  const server = emptyServer(asked, sees)
  return readServerFacts(
    server,
    planReader(() => server),
  )
}

describe('no row of a view that hides rows without an error', () => {
  it.each([
    ["'VIEW DEFINITION'", 'masterKey', 'VIEW DEFINITION on master'],
    ["'VIEW DEFINITION'", 'certificates', 'VIEW DEFINITION on master'],
    ["'VIEW ANY DATABASE'", 'databases', 'VIEW ANY DATABASE'],
    ["'IsHadrEnabled'", 'replicas', 'VIEW ANY DEFINITION'],
    ["'CREATE ANY DATABASE'", 'volumes', 'VIEW ANY DEFINITION'],
    ["'VIEW SERVER STATE'", 'runningBackups', 'VIEW SERVER STATE'],
  ] as const)('asks for %s: only with it is the answer "none" of %s', async (asked, part, permission) => {
    for (const sees of [0, null]) {
      expect((await readWith(asked, sees))[part]).toMatchObject({
        read: false,
        because: `not visible with this login: ${permission} is missing`,
      })
    }
    expect((await readWith(asked, 1))[part]).toMatchObject({
      read: true,
      value: part === 'masterKey' ? null : [],
    })
  })
})
