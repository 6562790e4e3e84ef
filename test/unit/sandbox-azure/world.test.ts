import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Refusal } from '../../../sandbox/azure/http.ts'
import { authorise } from '../../../sandbox/azure/keyvault/authorise.ts'
import type { AuditEntry } from '../../../sandbox/azure/state/model.ts'
import type { World } from '../../../sandbox/azure/world.ts'
import { openEstate, vaultOf } from './estate.ts'

let end: () => void
let world: World
beforeEach(() => {
  ;({ world, end } = openEstate())
})

const entry = (key: string): Omit<AuditEntry, 'id'> => ({
  time: world.now('vault'),
  operation: 'KeyGet',
  holder: 'ktr-vault-weu',
  key,
  callerObjectId: null,
  callerAppId: null,
  callerAddress: '203.0.113.10',
  status: 200,
  requestId: '1',
})

describe('the log of the data plane', () => {
  afterEach(() => vi.useRealTimers())

  it('has ids in the order of its entries, also where the clock went back', () => {
    world.set({ clockOffsetMs: 86_400_000 })
    world.note(entry('a'))
    world.note(entry('b'))
    world.set({ clockOffsetMs: 0 })
    world.note(entry('c'))
    const entries = world.auditEntries()
    expect(entries.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
    expect(entries.map(({ id }) => id)).toEqual(entries.map(({ id }) => id).sort())
    end()
  })

  it('takes nothing after the end, so that a request that outlives it harms nobody', () => {
    vi.useFakeTimers()
    end()
    world.note(entry('late'))
    expect(() => vi.advanceTimersByTime(5_000)).not.toThrow()
  })
})

describe('access policies', () => {
  afterEach(() => end())

  it('all is every right but purge, which has to be named', () => {
    const may = (name: string, operation: 'delete' | 'purge'): boolean => {
      const principal = world.principals.all().find(({ displayName }) => displayName === name)
      if (principal === undefined) throw new Error(`the estate has no ${name}`)
      const caller = { principal, objectId: principal.id, appId: principal.appId ?? '' }
      try {
        authorise(world, vaultOf(world, 'ktr-vault-old'), caller, operation, 'k')
        return true
      } catch (thrown) {
        if (thrown instanceof Refusal) return false
        throw thrown
      }
    }
    expect([may('ktr DBA', 'delete'), may('ktr DBA', 'purge')]).toEqual([true, false])
    expect([may('ktr-ekm-sql01', 'delete'), may('ktr-ekm-sql01', 'purge')]).toEqual([true, true])
  })
})
