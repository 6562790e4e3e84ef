import { describe, expect, it } from 'vitest'
import type { RunView } from '../../../shared/model/plan.ts'
import { answersCarried } from '../../../renderer/wizard/run/carried.ts'

const viewWith = (data: Record<string, string>, kind = 'azure'): RunView =>
  ({
    plan: { targets: [{ ref: { id: 't-azure', kind, name: 'x', environment: 'production' } }] },
    steps: [{ evidence: [{ statement: 'Key imported', value: '1', source: 'x', at: '', data }] }],
  }) as unknown as RunView

const read = { vaultKey: 'KTR-OWN', vaultHost: 'ktr-there.vault.azure.net' }

describe('what a run hands on to the next job', () => {
  it('is its vault key, as another key of the vault', () => {
    expect(answersCarried('vault-key-rotation', viewWith(read))).toEqual({
      azure: 't-azure',
      vault: 'ktr-there.vault.azure.net',
      to: 'other-key',
      otherKey: 'KTR-OWN',
    })
  })

  it.each([
    ['a run that read none', 'vault-key-rotation', viewWith({})],
    ['a run without a subscription', 'vault-key-rotation', viewWith(read, 'sqlserver')],
    ['a job that takes none', 'vault', viewWith(read)],
  ] as const)('is nothing for %s', (_, to, view) => {
    expect(answersCarried(to, view)).toBeNull()
  })
})
