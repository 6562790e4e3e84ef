import { describe, expect, test } from 'vitest'
import { copiesByHandle } from '../../../electron/inventory/kept-copies.ts'
import type { RunWithSteps, StoredStep } from '../../../electron/record/runs.ts'
import * as certificate from '../../../electron/scripts/tsql/certificate.ts'
import * as masterKey from '../../../electron/scripts/tsql/master-key.ts'
import type { KeyCopyProof } from '../../../shared/model/evidence.ts'
import { asHandleId, asRunId } from '../../../shared/model/ids.ts'
import type { SecretUse } from '../../../shared/model/plan.ts'
import type { Script } from '../../../shared/model/script.ts'
import { sampleRun } from '../../bench/sample-run.ts'

const at = '2026-11-22T08:00:00.000Z'
const files = { certificate: 'D:\\Keys\\c.cer', privateKey: 'D:\\Keys\\c.pvk' }
const base = sampleRun(1)
const [plannedBase] = base.run.plan.steps
const [stepBase] = base.steps
if (!plannedBase || !stepBase) throw new Error('the sample has no step')
const { target } = plannedBase

const use = (hole: string, purpose: SecretUse['purpose'], handle: string, generation = 1): SecretUse => ({
  hole,
  purpose,
  target,
  handle: asHandleId(handle),
  generation,
  label: hole,
})
const uses = [
  use('certificate_file_password', 'sql.key-file-password', 'h-cert'),
  use('dmk_file_password', 'sql.key-file-password', 'h-dmk-file'),
  use('smk_file_password', 'sql.smk-file-password', 'h-smk-file'),
  use('dmk_password', 'sql.dmk-password', 'h-dmk', 3),
]

const proof = (kind: KeyCopyProof['kind'], location: string, level: KeyCopyProof['level']): KeyCopyProof => ({
  key: `key of ${location}`,
  kind,
  location,
  level,
  by: 'server',
  at,
  thumbprint: null,
  note: '',
})

interface Part {
  scripts: Script[]
  proofs?: KeyCopyProof[]
  state?: StoredStep['state']
  effect?: StoredStep['effect']
}

const runOf = (id: string, parts: Part[]): RunWithSteps => ({
  run: {
    ...base.run,
    id: asRunId(id),
    plan: {
      ...base.run.plan,
      secrets: uses,
      steps: parts.map(({ scripts }, index) => ({ ...plannedBase, id: `s0${index}`, scripts })),
    },
  },
  steps: parts.map(({ proofs = [], state = 'verified', effect = 'ours' }, index) => ({
    ...stepBase,
    id: `s0${index}`,
    state,
    effect,
    proofs,
    endedAt: at,
  })),
})

const exportCertificate = certificate.backupCertificate('C', files)
const exportMasterKey = masterKey.backupMasterKey('D:\\Keys\\m.key')
const certificateCopy = proof('certificate', 'S: c.cer, c.pvk', 'recorded')
const masterKeyCopy = proof('database-master-key', 'S: m.key', 'recorded')

const short = (runs: RunWithSteps[]): Record<string, string[]> =>
  Object.fromEntries(
    [...copiesByHandle(runs)].map(([handle, copies]) => [
      handle,
      copies.map(({ location, level, run, generation }) => `${location} ${level} ${run} g${generation}`),
    ]),
  )

describe('the copies that a kept password opens', () => {
  test('are those of the step whose script names it; a later proof of the same place raises the level of the right one', () => {
    const both = [
      { ...certificateCopy, level: 'opened' as const },
      { ...masterKeyCopy, level: 'opened' as const },
    ]
    const scratch = [
      certificate.importCertificateInto('scratch', 'imported', files),
      masterKey.restoreMasterKeyInto('scratch', 'D:\\Keys\\m.key'),
    ]
    const run = runOf('r1', [
      { scripts: [exportMasterKey], proofs: [masterKeyCopy] },
      { scripts: [exportCertificate], proofs: [certificateCopy] },
      { scripts: scratch, proofs: both },
      { scripts: [certificate.fetchKeyPair('C')], proofs: [proof('certificate', 'here: c.cer', 'opened')] },
    ])
    expect(short([run])).toEqual({
      'h-cert': ['S: c.cer, c.pvk opened r1 g1', 'here: c.cer opened r1 g1'],
      'h-dmk-file': ['S: m.key opened r1 g1'],
    })
  })

  test('a master key’s own password opens it in the database, with the generation that was used', () => {
    const run = runOf('r1', [{ scripts: [masterKey.createMasterKey()] }])
    expect(short([run])).toEqual({ 'h-dmk': [`${target.name}: in the database itself recorded r1 g3`] })
  })

  test('what did not come to its end or was undone opens nothing; several runs are all named', () => {
    const part = { scripts: [exportCertificate], proofs: [certificateCopy] }
    expect(
      short([runOf('r1', [{ ...part, state: 'failed' }]), runOf('r2', [{ ...part, effect: 'undone' }])]),
    ).toEqual({})
    expect(short([runOf('r1', [part]), runOf('r2', [part])])['h-cert']).toEqual([
      'S: c.cer, c.pvk recorded r1 g1',
      'S: c.cer, c.pvk recorded r2 g1',
    ])
  })
})
