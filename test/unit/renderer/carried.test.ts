import { describe, expect, it } from 'vitest'
import type { NextStep } from '../../../shared/forms/form.ts'
import type { RunView } from '../../../shared/model/plan.ts'
import { answersCarried } from '../../../renderer/wizard/run/carried.ts'

const viewWith = (data: Record<string, string>, kind = 'azure'): RunView =>
  ({
    plan: { targets: [{ ref: { id: 't-azure', kind, name: 'x', environment: 'production' } }] },
    steps: [{ evidence: [{ statement: 'Key imported', value: '1', source: 'x', at: '', data }] }],
  }) as unknown as RunView

const read = { vaultKey: 'KTR-OWN', vaultHost: 'ktr-there.vault.azure.net' }

const next = (to: NextStep['to'], carries: NextStep['carries'] = 'vault-key'): NextStep => ({
  text: 'x',
  label: 'x',
  to,
  ...(carries === undefined ? {} : { carries }),
})

describe('what a run hands on to the next job', () => {
  it('is its vault key, as another key of the vault', () => {
    expect(answersCarried(next('vault-key-rotation'), viewWith(read))).toEqual({
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
    expect(answersCarried(next(to), view)).toBeNull()
  })
})

describe('what a run with transfer files hands on to the import', () => {
  const wrapped = (...hosts: string[]): RunView =>
    ({
      plan: {
        targets: [{ ref: { id: 't-hsm', kind: 'hsm', name: 'x', environment: 'production' } }],
        steps: [
          { kind: 'make-hsm-key', params: { label: 'K' } },
          { kind: 'wrap-hsm-key', params: { place: 'p-files' } },
        ],
      },
      steps: hosts.map((vaultHost) => ({
        evidence: [{ data: { file: `${vaultHost}.byok`, vaultHost, hsmKey: 'K', hsmKeyId: 'aa' } }, {}],
      })),
    }) as unknown as RunView
  const one = {
    task: 'transfer',
    vault: 'v1.vault.azure.net',
    keyName: 'K',
    place: 'p-files',
    file: 'v1.vault.azure.net.byok',
    origin: 'token',
    hsm: 't-hsm',
    tokenKey: 'aa',
  }
  const handOn = next('key-import', 'transfer-files')

  it('is the file of each vault, two at most, with the token to compare with', () => {
    expect(answersCarried(handOn, wrapped('v1.vault.azure.net'))).toEqual(one)
    expect(
      answersCarried(handOn, wrapped('v1.vault.azure.net', 'v2.vault.azure.net', 'v3.vault.azure.net')),
    ).toEqual({
      ...one,
      second: true,
      secondVault: 'v2.vault.azure.net',
      secondFile: 'v2.vault.azure.net.byok',
    })
  })

  it('is nothing where no file was written, or the job takes none', () => {
    expect(answersCarried(handOn, wrapped())).toBeNull()
    expect(answersCarried(next('vault', 'transfer-files'), wrapped('v1.vault.azure.net'))).toBeNull()
  })
})
